"""What a function reads of modules that it imports itself: ``from keras.backend import tf as ktf`` and ``ktf.image`` is keras.backend.tf.image."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from kdoctor.bytecode.expression import Assignment, Attribute, Expression, For, Function, Import, Loop, Name, Parameter

ASKING = ("hasattr", "getattr")


def module_paths(function: Function) -> tuple[str, ...]:
    """Dotted, each once, as deep as the function reads them; none of a name that it binds again, or where it asks a module what it has."""
    nodes = list(_all(function))
    bound = Counter(name for node in nodes for name in _bound(node))
    if any(isinstance(node, Name) and node.name in ASKING for node in nodes):
        return ()
    imported = {node.target.name: _path(node) for node in nodes if isinstance(node, Import) and isinstance(node.target, Name)}
    modules = {name: path for name, path in imported.items() if bound[name] == 1}
    read = (path for node in nodes if (path := _read(node, modules)) is not None)
    return tuple(dict.fromkeys((*imported.values(), *read)))


def _path(node: Import) -> str:
    return node.module if node.name is None else f"{node.module}.{node.name}"


def _read(node: Expression, modules: dict[str, str]) -> str | None:
    names = []
    while isinstance(node, Attribute):
        names.append(node.name)
        node = node.value
    known = modules.get(node.name) if names and isinstance(node, Name) else None
    return None if known is None else ".".join((known, *reversed(names)))


def _all(root: Expression) -> Iterator[Expression]:
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend([*node.children()][::-1])


def _bound(node: Expression) -> Iterator[str]:
    if isinstance(node, Parameter):
        yield node.name
    elif isinstance(node, (Assignment, Import, Loop, For)):
        yield from (each.name for each in _all(node.target) if isinstance(each, Name))
