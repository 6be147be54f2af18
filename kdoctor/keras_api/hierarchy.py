"""Who is who in a wheel: names followed through imports, and the method resolution order of its classes."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from kdoctor.keras_api.wheel import Module, Name

# A class or function by where it is defined: module path, name.
Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """The classes and functions of one wheel and the names that lead to them."""

    modules: dict[str, Module]
    orders: dict[Key, tuple[Key, ...]] = field(default_factory=dict)

    def find(self, module: str, name: str, depth: int = 0) -> Key | None:
        """The class or function that ``vars(module)[name]`` would be, or None when it is neither or lies outside the wheel."""
        source = self.modules.get(module)
        if source is None or depth > 20:
            return None
        if name in source.classes or name in source.functions:
            return (module, name)
        bound = source.names.get(name)
        if bound is not None:
            return self.find(bound.module, bound.attribute, depth + 1) if bound.attribute else None
        found = (self.find(star, name, depth + 1) for star in reversed(source.stars))  # the later import wins
        return next((key for key in found if key is not None), None)

    def namespace(self, module: str, depth: int = 0) -> dict[str, Key]:
        """Every class and function that ``vars(module)`` holds, those of other packages left out."""
        source = self.modules.get(module)
        if source is None or depth > 20:
            return {}
        found: dict[str, Key] = {}
        for star in source.stars:
            found.update({name: key for name, key in self.namespace(star, depth + 1).items() if not name.startswith("_")})
        for name in (*source.names, *source.classes, *source.functions):
            key = self.find(module, name)
            if key is not None:
                found[name] = key
        return found

    def class_node(self, key: Key) -> ast.ClassDef | None:
        return self.modules[key[0]].classes.get(key[1])

    def function_node(self, key: Key) -> ast.FunctionDef | None:
        return self.modules[key[0]].functions.get(key[1])

    def evaluate(self, module: str, expression: ast.expr) -> Key | None:
        """The class or function that a plain expression of ``module`` means: ``Layer``, ``base_optimizer.BaseOptimizer``."""
        if isinstance(expression, ast.Name):
            return self.find(module, expression.id)
        if isinstance(expression, ast.Attribute):
            owner = self.module_meant(module, expression.value)
            return self.find(owner, expression.attr) if owner else None
        return None

    def module_meant(self, module: str, expression: ast.expr) -> str | None:
        """The module inside the wheel that an expression of ``module`` stands for."""
        if isinstance(expression, ast.Name):
            bound = self.modules[module].names.get(expression.id, Name(""))
            path = f"{bound.module}.{bound.attribute}" if bound.attribute else bound.module
        elif isinstance(expression, ast.Attribute):
            path = f"{self.module_meant(module, expression.value)}.{expression.attr}"
        else:
            return None
        if path in self.modules:
            return path
        owner, _, name = path.rpartition(".")
        found = self.modules[owner].names.get(name) if owner in self.modules else None
        return f"{found.module}.{found.attribute}" if found and f"{found.module}.{found.attribute}" in self.modules else None

    def order(self, key: Key) -> tuple[Key, ...]:
        """The method resolution order (C3), classes outside the wheel left out."""
        if key not in self.orders:
            bases = list(self._bases(key))
            self.orders[key] = (key, *_merge([list(self.order(base)) for base in bases] + [bases]))
        return self.orders[key]

    def _bases(self, key: Key) -> Iterator[Key]:
        module, name = key
        node = self.class_node(key)
        for expression in node.bases if node else []:
            base = self.evaluate(module, expression)
            if base == key:  # `from … import Loss`, then `class Loss(Loss)`
                bound = self.modules[module].names.get(name, Name(""))
                base = self.find(bound.module, bound.attribute) if bound.attribute else None
            if base is not None and base != key and self.class_node(base):
                yield base

    def method(self, key: Key, name: str) -> ast.FunctionDef | None:
        """The method as this very class defines it."""
        node = self.class_node(key)
        return next((item for item in (node.body if node else []) if isinstance(item, ast.FunctionDef) and item.name == name), None)

    def defined(self) -> Iterator[Key]:
        """Every class and function defined at a module's top level."""
        for path, module in self.modules.items():
            for name in (*module.classes, *module.functions):
                yield (path, name)


def index_above(order: tuple[Key, ...], index: int, call: ast.Call) -> int:
    """Where in a resolution order ``super()`` starts to look above: ``super(RNN, self)`` may name a class further up than that at ``index``."""
    named = ast.unparse(call.args[0]) if call.args else ""
    return next((position for position, (_, name) in enumerate(order) if position >= index and name == named), index)


def _merge(sequences: list[list[Key]]) -> Iterator[Key]:
    """The merge of C3 linearisation."""
    while sequences := [sequence for sequence in sequences if sequence]:
        heads = (sequence[0] for sequence in sequences)
        head = next(key for key in heads if not any(key in sequence[1:] for sequence in sequences))
        yield head
        sequences = [[key for key in sequence if key != head] for sequence in sequences]
