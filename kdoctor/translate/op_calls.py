"""What the layers that tf.keras made of TensorFlow operations call: the function's name and its arguments, from their connections."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

from kdoctor.document import Json
from kdoctor.structure.objects import Node
from kdoctor.structure.sources import Source, as_source, is_constant
from kdoctor.translate.node_def import node_def_call
from kdoctor.translate.values import Untranslatable, Value

Asked: TypeAlias = "tuple[str, tuple[Value, ...], dict[str, Value]]"
Resolve: TypeAlias = Callable[[Source], Value]
TENSOR_LISTS = ("values", "inputs", "xs")


def function_of(node: Node) -> str:
    """The full name of the function or operation that a layer stands for."""
    config = node.config
    if node.class_name == "TensorFlowOpLayer":
        from kdoctor.translate.node_def import node_def_of

        return f"raw.{node_def_of(config).get('op')}"
    if node.class_name == "ClassMethod":
        return f"tf.{config.get('cls_symbol', '?')}.{config.get('method_name', '?')}"
    if node.class_name == "InstanceMethod":
        return f"tensor.{config.get('method_name', '?')}"
    if node.class_name == "InstanceProperty":
        return f"tensor.{config.get('attr_name', '?')}"
    name = config.get("function") or config.get("symbol")
    return "op.getitem" if node.class_name == "SlicingOpLambda" and name == "__operators__.getitem" else f"tf.{name}"


def call_of(node: Node, connection: Json, resolve: Resolve) -> Asked:
    """The function, positional and named arguments of one call. Raises `Untranslatable` for a form that no release wrote."""
    if node.class_name == "TensorFlowOpLayer":
        sources = [source for entry in _entries(connection) if (source := as_source(entry)) is not None]
        return node_def_call(node.config, [resolve(source) for source in sources])
    name, subject, named = function_of(node), _subject(connection, resolve), _keywords(connection)
    kwargs = {key: _value(value, resolve) for key, value in named.items()}
    if name == "tf.einsum" and isinstance(kwargs.get("inputs"), list):
        return name, (subject, *kwargs.pop("inputs")), kwargs
    if name == "tf.einsum" and not kwargs:
        raise Untranslatable(
            "the file does not say which tensors it multiplies: every TensorFlow leaves out what comes behind the equation"
        )
    if name == "op.getitem":
        return name, (subject, _key(named.get("slice_spec"), resolve)), {}
    return name, (subject,), kwargs


def _entries(connection: Json) -> list[Json]:
    if as_source(connection) is not None:
        return [connection]
    return connection if isinstance(connection, list) else []


def _is_leaf(value: Json) -> bool:
    return isinstance(value, list) and len(value) >= 3 and isinstance(value[0], str) and type(value[1]) is int


def _subject(connection: Json, resolve: Resolve) -> Value:
    """The first argument: a tensor, a constant, or a list of them."""
    if not isinstance(connection, list):
        raise Untranslatable("a connection of another form than tf.keras wrote")
    if _is_leaf(connection):
        return _leaf(connection, resolve)
    return [_subject(item, resolve) for item in connection]


def _leaf(value: Json, resolve: Resolve) -> Value:
    if is_constant(value):
        return value[2]
    source = as_source(value)
    if source is None:
        raise Untranslatable("a connection of another form than tf.keras wrote")
    return resolve(source)


def _keywords(connection: Json) -> dict[str, Json]:
    """The named arguments, which stand beside each tensor of the first argument again."""
    for leaf in _leaves(connection):
        if len(leaf) > 3 and isinstance(leaf[3], dict):
            return leaf[3]
    return {}


def _leaves(connection: Json) -> Iterator[list[Json]]:
    if _is_leaf(connection):
        yield connection
    elif isinstance(connection, list):
        for item in connection:
            yield from _leaves(item)


def _value(value: Json, resolve: Resolve) -> Value:
    if isinstance(value, list):
        source = as_source(value) if len(value) == 3 else None
        return resolve(source) if source is not None else [_value(item, resolve) for item in value]
    if isinstance(value, dict):
        if set(value) == {"start", "stop", "step"}:
            return slice(*(_value(value[key], resolve) for key in ("start", "stop", "step")))
        return {key: _value(item, resolve) for key, item in value.items()}
    return value


def _key(value: Json, resolve: Resolve) -> Value:
    """``slice_spec``: slices as dicts, None for a new axis, ``...`` as a text or a dict of its own."""
    if isinstance(value, list) and as_source(value) is None:
        return tuple(_key(item, resolve) for item in value)
    if isinstance(value, str) or (isinstance(value, dict) and "start" not in value):
        return Ellipsis
    return _value(value, resolve)
