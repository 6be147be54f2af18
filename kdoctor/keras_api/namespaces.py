"""The namespaces in which Keras 1 and 2 look class and function names up, told from the source of their ``deserialize`` functions."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from kdoctor.keras_api.hierarchy import Hierarchy, Key
from kdoctor.keras_api.wheel import bind
from kdoctor.structure.snake_case import snake_case

Names = dict[str, Key]
FILL = "populate_dict_with_module_objects"


@dataclass(frozen=True, slots=True)
class Namespaces:
    """Runs the statements of one function that fill tables of names; ``legacy`` takes the branch of the old optimizers.

    tables: by the expression that names them, such as ``LOCAL.ALL_OBJECTS``; modules: a local name for a tuple of modules.
    """

    hierarchy: Hierarchy
    module: str
    legacy: bool = False
    tables: dict[str, Names] = field(default_factory=dict)
    values: dict[str, ast.expr] = field(default_factory=dict)

    def run(self, statements: Iterable[ast.stmt]) -> None:
        """Follow the statements in order."""
        for statement in statements:
            match statement:
                case ast.If():
                    self.run(self._branch(statement))
                case ast.With() | ast.Try():
                    self.run(statement.body)
                case ast.For():
                    self._copy_all(statement)
                case ast.ImportFrom():  # what a function imports for itself is evaluated as if its module had imported it
                    bind(self.hierarchy.modules[self.module], statement)
                case ast.Assign(targets=[target], value=value):
                    self._assign(target, value)
                case ast.Expr(value=ast.Call(func=called, args=[table, modules, *_])) if ast.unparse(called).endswith(FILL):
                    self._fill(ast.unparse(table), modules, classes_only="isclass" in ast.unparse(statement))

    def table(self, expression: ast.expr) -> Names:
        """The table that an expression stands for; ``globals()`` is the module's own namespace."""
        text = ast.unparse(expression)
        return self.hierarchy.namespace(self.module) if text == "globals()" else self.tables.get(text, {})

    def _branch(self, statement: ast.If) -> list[ast.stmt]:
        test = ast.unparse(statement.test)
        if "use_legacy_optimizer" in test:
            return statement.orelse if self.legacy else statement.body
        if test.endswith("tf2.enabled()"):
            return statement.body
        return []

    def _assign(self, target: ast.expr, value: ast.expr) -> None:
        match target, value:
            case ast.Subscript(value=table, slice=ast.Constant(value=str(name))), _:
                key = self._evaluated(value)
                if key is not None:
                    self.tables.setdefault(ast.unparse(table), {})[name] = key
            case _, ast.Dict():
                self.tables[ast.unparse(target)] = dict(self._entries(value))
                self.values[ast.unparse(target)] = value
            case _, ast.Call(func=ast.Name(id="globals")):
                self.tables[ast.unparse(target)] = self.hierarchy.namespace(self.module)
            case _, ast.Call(func=ast.Attribute(value=owner, attr="get_globals")):
                module = self.hierarchy.module_meant(self.module, owner)
                self.tables[ast.unparse(target)] = self.hierarchy.namespace(module) if module else {}
            case ast.Name(id=name), _:
                self.values[name] = value
                self._listed(name, value)

    def _listed(self, name: str, value: ast.expr) -> None:
        """``{name: getattr(module, name) for name in dir(module)}``"""
        match value:
            case ast.DictComp(generators=[ast.comprehension(iter=ast.Call(func=ast.Name(id="dir"), args=[owner]))]):
                module = self.hierarchy.module_meant(self.module, owner)
                self.tables[name] = self.hierarchy.namespace(module) if module else {}

    def _entries(self, value: ast.Dict) -> Iterator[tuple[str, Key]]:
        for name, expression in zip(value.keys, value.values, strict=True):
            key = self._evaluated(expression)
            if key is not None and isinstance(name, ast.Constant):
                yield str(name.value), key

    def _evaluated(self, value: ast.expr) -> Key | None:
        match value:
            case ast.Subscript(value=table, slice=ast.Constant(value=str(name))):
                return self.table(table).get(name)
        return self.hierarchy.evaluate(self.module, value)

    def _fill(self, table: str, modules: ast.expr, classes_only: bool) -> None:
        listed = self.values.get(modules.id, modules) if isinstance(modules, ast.Name) else modules
        for expression in listed.elts if isinstance(listed, ast.Tuple | ast.List) else ():
            module = self.module if ast.unparse(expression) == "current_module" else self.hierarchy.module_meant(self.module, expression)
            held = self.hierarchy.namespace(module) if module else {}
            found = {name: key for name, key in held.items() if not classes_only or self.hierarchy.class_node(key)}
            self.tables.setdefault(table, {}).update(found)

    def _copy_all(self, loop: ast.For) -> None:
        """``for key, value in one.items(): other[key] = value``, perhaps ``other[to_snake_case(key)]`` or only when it is not there."""
        match loop.iter:
            case ast.Call(func=ast.Attribute(value=source, attr="items")):
                copied = self.table(source)
            case _:
                return
        for statement in (child for child in ast.walk(loop) if isinstance(child, ast.Assign)):
            match statement.targets[0]:
                case ast.Subscript(value=table, slice=index):
                    into = self.tables.setdefault(ast.unparse(table), {})
                    guarded = any(isinstance(child, ast.If) for child in loop.body)
                    self._copy(copied, into, "to_snake_case" in ast.unparse(index), guarded)

    @staticmethod
    def _copy(copied: Mapping[str, Key], into: Names, in_snake_case: bool, only_missing: bool) -> None:
        for name, key in copied.items():
            identifier = snake_case(name) if in_snake_case else name
            if not only_missing or identifier not in into:
                into[identifier] = key
