"""A Python skeleton for the classes and functions that nobody can find: what the file tells of them, with ``call`` left to its author."""

from __future__ import annotations

from collections.abc import Iterator

from kdoctor.custom.custom_objects import plain_name, stored_arrays
from kdoctor.custom.lambda_layers import written
from kdoctor.document import Document
from kdoctor.graph.summary import rows
from kdoctor.identifiers import is_identifier
from kdoctor.keras_api.reader import Resolution, unfound
from kdoctor.pointer import Pointer
from kdoctor.security.hostile import is_no_modelling, is_pythons
from kdoctor.structure.lambdas import loadable
from kdoctor.structure.objects import FUNCTION, Node
from kdoctor.target import Target
from kdoctor.user_code.definition import BASE_ARGUMENTS

NOT_ARGUMENTS = BASE_ARGUMENTS | {"batch_input_shape", "dynamic"}
HEAD = '''"""Made by kdoctor from what a saved model tells. Write what is missing, then: kdoctor fix FILE --custom THIS_FILE.py"""

import keras
'''


def stub(document: Document, target: Target) -> str | None:
    """The source; None where every object is known. A name in the file that is no Python name is left out: it would be code."""
    parts = {**_lambda_layers(document), **definitions(document, target)}
    return "\n\n".join([HEAD, *parts.values()]) + "\n" if parts else None


def _lambda_layers(document: Document) -> dict[str, str]:
    """Of what stands in a Lambda, the whole class."""
    found = {one.owner or "": written(document, one) for one in loadable(document)}
    return {name: source.removeprefix("import keras\n").strip() + "\n" for name, source in found.items() if source is not None}


def definitions(document: Document, target: Target) -> dict[str, str]:
    """The source of each class and function that nobody can find, by its plain name."""
    parts: dict[str, str] = {}
    for call in unfound(document, target):
        node, name = call.node, plain_name(call.node)
        if call.resolution not in (Resolution.UNKNOWN, Resolution.FUNCTION) or is_pythons(node) or is_no_modelling(node):
            continue
        if _is_name(name) and name not in parts:
            parts[name] = function_stub(str(node.raw.get("config"))) if node.class_name == FUNCTION else _whole_class(node, name, document)
    return parts


def function_stub(text: str, parameters: str = "x") -> str:
    """A function that the file names so, with its package or without."""
    name = text.rpartition(">")[2]
    return "\n".join([registration(text, name), *_function(name, parameters)])


def _whole_class(node: Node, name: str, document: Document) -> str:
    return "\n".join([registration(node.registered_name or node.class_name, name), *_class(node, name, document)])


def _is_name(text: str) -> bool:
    return is_identifier(text) and text not in ("self", "kwargs")


def registration(text: str, name: str) -> str:
    """The registration that the file speaks of, so that importing the source is enough."""
    package = text.rpartition(">")[0] or "Custom"
    return f"@keras.saving.register_keras_serializable(package={package!r}, name={name!r})"


def _function(name: str, parameters: str) -> Iterator[str]:
    yield f"def {name}({parameters}):"
    yield f'    raise NotImplementedError("what does {name} compute?")'


def _class(node: Node, name: str, document: Document) -> Iterator[str]:
    arguments = [key for key in node.config if key not in NOT_ARGUMENTS and _is_name(key)]
    stored = stored_arrays(document, node)
    given, made = _shapes(document, node.at)
    yield f"class {name}(keras.layers.Layer):"
    yield f"    def __init__(self, {''.join(f'{key}={node.config[key]!r}, ' for key in arguments)}**kwargs):"
    yield "        super().__init__(**kwargs)"
    yield from (f"        self.{key} = {key}" for key in arguments)
    if stored:
        yield ""
        yield "    def build(self, input_shape):  # shapes as they are stored; lengths that depend on the input, or on arguments, are numbers here"
        for index, (path, weight) in enumerate(stored):
            yield f"        self.weight_{index} = self.add_weight(name='weight_{index}', shape={weight.shape!r})  # {_printable(path)}"
    yield ""
    yield f"    def call(self, inputs):  # {given} to {made}"
    yield f'        raise NotImplementedError("what does {name} compute?")'
    if arguments:
        yield ""
        yield "    def get_config(self):"
        yield f"        return {{**super().get_config(), {', '.join(f'{key!r}: self.{key}' for key in arguments)}}}"


def _shapes(document: Document, at: Pointer) -> tuple[str, str]:
    """The shapes of a layer's input and output, from its neighbours."""
    table = rows(document)
    index = next((index for index, row in enumerate(table) if row.layer.at == at), None)
    if index is None:
        return "?", "?"
    layer = table[index].layer
    before = [row for row in table if row.layer.container == layer.container and row.layer.number == layer.number - 1]
    if layer.calls:
        names = {source.layer for source in layer.calls[0]}
        before = [row for row in table if row.layer.container == layer.container and row.layer.key in names]
    built = layer.node.build_config.get("input_shape")
    given = str(tuple(built)) if isinstance(built, list) else ", ".join(str(row.shape) for row in before if row.shape) or "?"
    return given, str(table[index].shape or "?")


def _printable(path: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in path)
