"""An expression tree followed with tensors of a graph in place of the arguments: what it computes becomes operations.

Nothing of the code is run: every call goes through the table, and what the table does not know is refused by name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from kdoctor.bytecode import expression as tree
from kdoctor.bytecode.names import builtin_names
from kdoctor.translate.arrays import ARRAY_METHODS
from kdoctor.translate.attributes import NOTHING, attribute_of
from kdoctor.translate.calling import FOLLOWED, Bound, Function, Method, called_value
from kdoctor.translate.graph import Graph
from kdoctor.translate.names import ALIASES, ALWAYS_MODULES, Module, canonical, imported, member
from kdoctor.translate.python_values import (
    BINARY,
    BUILTINS,
    COMPARISONS,
    arithmetic,
    compared,
    is_symbolic,
    items_of,
    number_by_number,
    truth,
)
from kdoctor.translate.table import call
from kdoctor.translate.values import Dim, MissingName, ShapeOf, Tensor, Untranslatable, Value, tree_size

MOST_STEPS = 20_000
VALUES_A_STEP = 8
GROWING = frozenset({"append", "extend", "insert"})
METHODS = frozenset({"get_shape", "as_list", "items", "keys", "values", "get", "set_shape", "count", "index"})


@dataclass(slots=True)
class Interpreter:
    """Follows one stored function. ``free`` are its captured variables, ``bindings`` the globals that the user supplies.

    doubtful: the input, where the file does not tell in what it came: a list or a tuple, or by itself or as a list of one (Keras 2).
    """

    graph: Graph
    free: Mapping[str, Value]
    bindings: Mapping[str, Value]
    doubtful: Value = None
    steps: int = 0
    depth: int = 0
    made: list[list[Value]] = field(default_factory=list)  # by the code itself: a list from elsewhere would keep what it is given
    handlers: dict[type, Callable[..., Value]] = field(init=False)

    def __post_init__(self) -> None:
        self.handlers = {
            tree.Constant: lambda node, names: node.value,
            tree.Name: self.name,
            tree.Attribute: self.attribute,
            tree.Subscript: lambda node, names: self.item(self.value(node.value, names), self.value(node.index, names)),
            tree.Slice: lambda node, names: slice(*(self.optional(part, names) for part in (node.lower, node.upper, node.step))),
            tree.Call: self.call,
            tree.Unary: self.unary,
            tree.Binary: lambda node, names: self.binary(node.operator, self.value(node.left, names), self.value(node.right, names)),
            tree.Compare: self.compare,
            tree.Boolean: self.boolean,
            tree.Conditional: lambda node, names: self.value(node.then if truth(self.value(node.test, names)) else node.otherwise, names),
            tree.Display: self.display,
            tree.Mapping: self.mapping,
            tree.Comprehension: self.comprehension,
            tree.Function: lambda node, names: Function(node, names),
        }

    def value(self, node: tree.Expression, names: dict[str, Value]) -> Value:
        """What an expression comes to. Raises `Untranslatable`."""
        self.spend()
        handler = self.handlers.get(type(node))
        if handler is None:
            raise Untranslatable(f"a {type(node).__name__} in the code")
        found = handler(node, names)
        if isinstance(found, (list, tuple, dict)):
            self.spend(tree_size(found) // VALUES_A_STEP)
        return found

    def spend(self, steps: int = 1) -> None:
        self.steps += steps
        if self.steps > MOST_STEPS:
            raise Untranslatable("code that goes on for too long")

    def optional(self, node: tree.Expression | None, names: dict[str, Value]) -> Value:
        return None if node is None else self.value(node, names)

    def name(self, node: tree.Name, names: dict[str, Value]) -> Value:
        if node.scope is not tree.Scope.GLOBAL:
            return self.variable(node.name, names, node.scope is tree.Scope.FREE)
        if node.name in self.bindings:
            return self.bindings[node.name]
        if node.name in ALWAYS_MODULES:
            return Module(ALIASES[node.name])
        if node.name in BUILTINS or node.name in FOLLOWED:
            return Module(f"builtins.{node.name}")
        if node.name in builtin_names():
            raise Untranslatable(f"{node.name}() of Python, which is not followed")
        raise MissingName(node.name)

    def owner(self, node: tree.Expression, names: dict[str, Value]) -> Value:
        """What stands before a dot: a global name is a module by custom there, or by what the user says that it was imported from."""
        told = self.bindings.get(node.name) if isinstance(node, tree.Name) and node.scope is not tree.Scope.LOCAL else None
        if isinstance(told, str) and (module := imported(told)) is not None:
            return module
        if isinstance(node, tree.Name) and node.scope is tree.Scope.GLOBAL and told is None and node.name in ALIASES:
            return Module(ALIASES[node.name])
        return self.value(node, names)

    def variable(self, name: str, names: dict[str, Value], captured: bool) -> Value:
        if name in names:
            return _given(names[name], name)
        if captured and name in self.bindings:
            return self.bindings[name]
        found = self.free.get(name) if captured and name in self.free else MissingName(name, "has no value")
        if isinstance(found, Untranslatable):
            raise found
        return found

    def attribute(self, node: tree.Attribute, names: dict[str, Value]) -> Value:
        owner = self.owner(node.value, names)
        if isinstance(owner, Module):
            return member(owner, node.name)
        if (found := attribute_of(owner, node.name)) is not NOTHING:
            return found
        if (
            node.name in METHODS
            or (node.name in ARRAY_METHODS and hasattr(owner, "dtype"))
            or (node.name in GROWING and any(owner is made for made in self.made))
        ):
            return Method(owner, node.name)
        raise Untranslatable(f"the attribute {node.name} of a {type(owner).__name__.lower()}")

    def item(self, owner: Value, key: Value) -> Value:
        if isinstance(owner, Tensor) and owner is self.doubtful and type(key) is int and key in (0, -1):
            raise Untranslatable(f"[{key}] of its input, which may be one of the batch, or the input of a list: the file does not tell")
        return call(self.graph, "op.getitem", (owner, key), {})

    def call(self, node: tree.Call, names: dict[str, Value]) -> Value:
        function = self.value(node.function, names)
        args: list[Value] = []
        for argument in node.arguments:
            if isinstance(argument, tree.Starred):
                args += items_of(self.value(argument.value, names))
            else:
                args.append(self.value(argument, names))
        kwargs: dict[str, Value] = {}
        for keyword in node.keywords:
            value = self.value(keyword.value, names)
            kwargs |= value if keyword.name is None and isinstance(value, dict) else {str(keyword.name): value}
        return called_value(self, function, tuple(args), kwargs)

    def unary(self, node: tree.Unary, names: dict[str, Value]) -> Value:
        operand = self.value(node.operand, names)
        if node.operator == "not":
            return not truth(operand)
        if is_symbolic(operand):
            named = {"-": "op.neg", "~": "op.invert"}.get(node.operator)
            if node.operator == "+":
                return operand
            if named is None or (named == "op.invert" and getattr(operand, "dtype", None) != "bool"):
                raise Untranslatable(f"{node.operator} of a tensor")
            return call(self.graph, named, (operand,), {})
        if isinstance(operand, Dim):
            return operand if node.operator == "+" else Dim()
        if isinstance(operand, bool) or not isinstance(operand, (int, float)) or node.operator not in ("-", "+"):
            raise Untranslatable(f"{node.operator} of a {type(operand).__name__}")
        return -operand if node.operator == "-" else operand

    def binary(self, symbol: str, left: Value, right: Value) -> Value:
        if symbol not in BINARY:
            raise Untranslatable(f"the operator {symbol}")
        left, right = _beside_a_shape(_plain(left), right), _beside_a_shape(_plain(right), left)
        lists = isinstance(left, (list, tuple)) and (isinstance(right, (list, tuple, int, ShapeOf)))
        if is_symbolic(left, right) and not (lists and symbol in "+*" and not isinstance(right, Tensor)):
            return call(self.graph, BINARY[symbol][0], (left, right), {})
        computed = any(isinstance(value, ShapeOf) and value.computed for value in (left, right))
        return number_by_number(symbol, left, right) if computed else arithmetic(symbol, left, right)

    def compare(self, node: tree.Compare, names: dict[str, Value]) -> Value:
        left = self.value(node.left, names)
        if len(node.operators) > 1:
            values = [left, *(self.value(right, names) for right in node.rights)]
            pairs = zip(values, node.operators, values[1:], strict=False)
            return all(compared(symbol, a, b) for a, symbol, b in pairs)
        symbol, right = node.operators[0], self.value(node.rights[0], names)
        if symbol in COMPARISONS and is_symbolic(left, right):
            if symbol in ("==", "!=") and (self.graph.keras_minor is None or self.graph.keras_minor < (2, 4)):
                raise Untranslatable(f"{symbol} of tensors, which meant the very same object in TensorFlow 1")
            return call(self.graph, COMPARISONS[symbol][0], (left, right), {})
        return compared(symbol, left, right)

    def boolean(self, node: tree.Boolean, names: dict[str, Value]) -> Value:
        for part in node.values[:-1]:
            found = self.value(part, names)
            if truth(found) == (node.operator == "or"):
                return found
        return self.value(node.values[-1], names)

    def display(self, node: tree.Display, names: dict[str, Value]) -> Value:
        items: list[Value] = []
        for item in node.items:
            items += items_of(self.value(item.value, names)) if isinstance(item, tree.Starred) else [self.value(item, names)]
        if node.kind not in ("tuple", "list"):
            raise Untranslatable(f"a {node.kind}")
        if node.kind == "list":
            self.made.append(items)
        return tuple(items) if node.kind == "tuple" else items

    def mapping(self, node: tree.Mapping, names: dict[str, Value]) -> Value:
        found: dict[Any, Value] = {}
        for key, value in node.items:
            name = self.optional(key, names)
            if not isinstance(name, (str, int)):
                raise Untranslatable("a dict of other than names")
            found[name] = self.value(value, names)
        return found

    def comprehension(self, node: tree.Comprehension, names: dict[str, Value]) -> Value:
        if node.kind not in ("list", "generator"):
            raise Untranslatable(f"a {node.kind} comprehension")
        found: list[Value] = []
        self.clauses(node, 0, dict(names), found)
        return found

    def clauses(self, node: tree.Comprehension, place: int, names: dict[str, Value], found: list[Value]) -> None:
        if place == len(node.clauses):
            found.append(self.value(node.element, names))
            return
        clause = node.clauses[place]
        if isinstance(clause, tree.If):
            if truth(self.value(clause.test, names)):
                self.clauses(node, place + 1, names, found)
            return
        for item in self.iterated(self.value(clause.iterable, names)):
            inner = dict(names)
            self.assign(clause.target, item, inner)
            self.clauses(node, place + 1, inner, found)

    def iterated(self, value: Value) -> list[Value]:
        return items_of(value)

    def assign(self, target: tree.Expression, value: Value, names: dict[str, Value]) -> None:
        self.spend()
        if isinstance(target, tree.Name):
            names[target.name] = value
            return
        if not isinstance(target, tree.Display):
            raise Untranslatable("a value stored elsewhere than in a variable")
        items = items_of(value)
        if len(items) != len(target.items):
            raise Untranslatable("unpacking into another number of variables")
        for part, item in zip(target.items, items, strict=True):
            self.assign(part, item, names)

    def follow(self, function: tree.Function, names: dict[str, Value]) -> Value:
        """The function's statements, then its result."""
        self.statements(function.statements, names)
        return self.value(function.result, names)

    def statements(self, statements: tuple[tree.Statement, ...], names: dict[str, Value]) -> None:
        for statement in statements:
            if isinstance(statement, tree.Loop):
                for item in self.iterated(self.value(statement.iterable, names)):
                    self.assign(statement.target, item, names)
                    self.statements(statement.body, names)
            elif isinstance(statement, tree.Import):
                path = canonical(statement.module if statement.name is None else f"{statement.module}.{statement.name}")
                self.assign(statement.target, Module(ALIASES.get(path, path)), names)
            else:
                self.assign(statement.target, self.value(statement.value, names), names)


def _given(value: Value, name: str) -> Value:
    if isinstance(value, Bound):
        raise Untranslatable(f"{name}: {value.why}")
    return value


def _plain(value: Value) -> Value:
    return list(value.lengths) if isinstance(value, ShapeOf) and not value.computed else value


def _beside_a_shape(value: Value, other: Value) -> Value:
    """``tf.shape(x)[1:3] * tf.constant([2, 2])``: the numbers beside a shape."""
    beside = isinstance(other, ShapeOf) and other.computed and hasattr(value, "tolist") and not isinstance(value, Tensor)
    return value.tolist() if beside else value
