"""Definitions from Python source, by its syntax tree."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from kdoctor.errors import UsageError
from kdoctor.user_code.backend_names import backends, methods, read_of_backend
from kdoctor.user_code.building import building
from kdoctor.user_code.definition import BASE_ARGUMENTS, Argument, Definition
from kdoctor.user_code.handing_on import base_above, named, takes_a_graph
from kdoctor.user_code.nested_lists import SAVING, nested_lists
from kdoctor.user_code.sublayers import sublayers
from kdoctor.user_code.unwritten import computes_nothing, is_unwritten
from kdoctor.user_code.weight_shapes import weight_shapes

LARGEST_SOURCE: Final = 8 << 20  # bytes
PLAIN_BASES: Final = frozenset({"Layer", "Model", "object"})  # whose constructors are known: they take BASE_ARGUMENTS alone
SHAPE: Final = "compute_output_shape"
DEFAULT_PACKAGE: Final = "Custom"  # of register_keras_serializable


def parse(path: Path) -> ast.Module:
    """The syntax tree of a source file. Raises `UsageError`."""
    try:
        if path.stat().st_size > LARGEST_SOURCE:
            raise UsageError(f"--custom {path}: it is too large to be a source file")
        return ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise UsageError(f"--custom {path}: it cannot be read as Python: {error}") from error


def definitions(tree: ast.Module, module: str, file: str) -> tuple[Definition, ...]:
    """The classes and functions at the top of a module, those under ``if`` and ``try`` included; of one name the last."""
    classes: dict[str, ast.ClassDef] = {}
    found: dict[str, Definition] = {}
    known = backends(tree)
    for node in _top(tree.body):
        if isinstance(node, ast.ClassDef):
            classes[node.name] = node
            found[node.name] = _class(node, classes, module, file)._replace(
                of_backend=read_of_backend(methods([*_line(node, classes)]), known)
            )
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            read = read_of_backend([node], known)
            found[node.name] = Definition(
                node.name, False, module, file, node.lineno, _registered(node), of_backend=read, unwritten=is_unwritten(node)
            )
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Lambda):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    found[target.id] = Definition(
                        target.id, False, module, file, node.lineno, of_backend=read_of_backend([node.value], known)
                    )
    return tuple(found.values())


def _top(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    for node in body:
        yield node
        if isinstance(node, (ast.If, ast.Try)):
            yield from _top(node.body)
            yield from _top(node.orelse)
            for handler in getattr(node, "handlers", ()):
                yield from _top(handler.body)


def _class(node: ast.ClassDef, classes: Mapping[str, ast.ClassDef], module: str, file: str) -> Definition:
    line = [*_line(node, classes)]
    outside = sorted({_last(base) for one in line for base in one.bases if _last(base) not in classes})
    strange = set(outside) - PLAIN_BASES
    constructors = [made for one in line if (made := _method(one, "__init__")) is not None]
    constructor = constructors[0] if constructors else None
    arguments, anything = _signature(constructor) if constructor is not None else ((), False)
    if constructor is None:
        arguments = tuple(Argument(name, "…") for name in sorted(BASE_ARGUMENTS))
    return Definition(
        name=node.name,
        is_class=True,
        module=module,
        file=file,
        line=node.lineno,
        registered=_registered(node),
        arguments=None if constructor is None and strange else arguments,
        takes_anything=anything or (constructor is None and bool(strange)),
        stated=any(_method(one, "get_config") is not None for one in line),
        made_otherwise=any(_method(one, "from_config") is not None for one in line),
        shapes=weight_shapes(next((made for one in line if (made := _method(one, "build")) is not None), None), constructor),
        above=base_above(constructors, outside),
        named=named(constructors),
        takes_a_graph=takes_a_graph(constructor),
        a_model="Model" in outside,
        made=sublayers(constructor, frozenset(classes)),
        building=building(line, outside),
        in_lists=()
        if any(_method(one, name) is not None for one in line for name in SAVING)
        else nested_lists(constructor, frozenset(classes)),
        unwritten=computes_nothing(line),
        constructed=constructor is not None,
        tells_shape=outside != ["Layer"] or any(_method(one, SHAPE) is not None for one in line),
    )


def _line(node: ast.ClassDef, classes: Mapping[str, ast.ClassDef]) -> Iterator[ast.ClassDef]:
    """The class and its bases in the source, depth first, each once."""
    seen: set[str] = set()
    stack = [node]
    while stack:
        one = stack.pop()
        if one.name not in seen:
            seen.add(one.name)
            yield one
            stack += [classes[name] for base in reversed(one.bases) if (name := _last(base)) in classes]


def _last(node: ast.expr) -> str:
    """``Layer`` of ``keras.layers.Layer``."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _method(node: ast.ClassDef, name: str) -> ast.FunctionDef | None:
    return next((one for one in node.body if isinstance(one, ast.FunctionDef) and one.name == name), None)


def _signature(function: ast.FunctionDef) -> tuple[tuple[Argument, ...], bool]:
    """The arguments but the first, and whether more are taken."""
    given = function.args
    placed = [*given.posonlyargs, *given.args]
    defaults: list[ast.expr | None] = [*[None] * (len(placed) - len(given.defaults)), *given.defaults]
    pairs = [*[*zip(placed, defaults, strict=True)][1:], *zip(given.kwonlyargs, given.kw_defaults, strict=True)]
    return tuple(Argument(one.arg, None if default is None else ast.unparse(default)) for one, default in pairs), given.kwarg is not None


def _registered(node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> str | None:
    """``package>name`` as ``@register_keras_serializable(package, name)`` gives it."""
    for decorator in node.decorator_list:
        if isinstance(decorator, ast.Call) and _last(decorator.func) == "register_keras_serializable":
            given = dict(zip(("package", "name"), decorator.args, strict=False))
            given.update({keyword.arg: keyword.value for keyword in decorator.keywords if keyword.arg})
            package, name = _text(given.get("package"), DEFAULT_PACKAGE), _text(given.get("name"), node.name)
            return f"{package}>{name}"
    return None


def _text(node: ast.expr | None, otherwise: str) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else otherwise
