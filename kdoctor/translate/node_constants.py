"""Numbers of a TensorFlowOpLayer that come back as another kind than its operation takes.

Keras keeps the constants of an operation as plain numbers, and makes tensors of them anew with ``tf.constant``, which takes 1.0 for a float32
whatever it was: ``_make_op`` of base_layer.py (TensorFlow 2.1 to 2.3), as in every release up to Keras 2.15. From 2.13 on a
constant may be an object that says its kind, but the reader of an ``.h5`` knows no ``__tensor__``: tried in 2.15.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from typing import Final

from kdoctor.document import Json
from kdoctor.translate.node_def import DTYPES, node_def_of

# Operations all of whose operands are of the one kind that their attribute T says.
OF_ONE_KIND: Final = frozenset(
    """
    Add AddV2 Sub Mul RealDiv Div FloorDiv FloorMod Mod Pow Maximum Minimum SquaredDifference DivNoNan Atan2 Equal NotEqual Greater
    GreaterEqual Less LessEqual MatMul BatchMatMul BatchMatMulV2 BiasAdd
    """.split()  # noqa: SIM905 (a table of names)
)
SMALL: Final = 2**31  # whole numbers from here on are no int32


def misread_constants(config: Mapping[str, Json]) -> Iterator[tuple[str, str, str]]:
    """The place of each constant of another kind than its operation's, that kind, and what it is read as."""
    definition = node_def_of(config)
    attributes, constants = definition.get("attr"), config.get("constants")
    if str(definition.get("op")) not in OF_ONE_KIND or not isinstance(attributes, Mapping) or not isinstance(constants, Mapping):
        return
    stated = attributes.get("T")
    wanted = DTYPES.get(str(stated.get("type"))) if isinstance(stated, Mapping) else None
    for place, value in constants.items():
        read = _read_as(value)
        if wanted is not None and read is not None and read != wanted:
            yield place, wanted, read


def rescaling(config: Mapping[str, Json]) -> dict[str, Json] | None:
    """``scale`` and ``offset`` of a Rescaling that computes the same in float64; None where the operation is none.

    Rescaling makes a float32 of a number first (``tf.cast`` of a Python float), so it has to be one.
    """
    constants, operation = config.get("constants"), str(node_def_of(config).get("op"))
    if not isinstance(constants, Mapping) or len(constants) != 1:
        return None
    ((place, number),) = constants.items()
    if type(number) is not float or not _is_float32(number) or (operation == "Sub" and place != "1"):
        return None
    told: Mapping[str, dict[str, Json]] = {
        "Mul": {"scale": number, "offset": 0.0},
        "Sub": {"scale": 1.0, "offset": -number},
        "Add": {"scale": 1.0, "offset": number},
        "AddV2": {"scale": 1.0, "offset": number},
    }
    return told.get(operation)


def _is_float32(number: float) -> bool:
    try:
        return bool(struct.unpack("<f", struct.pack("<f", number))[0] == number)
    except OverflowError:
        return False


def _read_as(value: Json) -> str | None:
    """What ``tf.constant`` makes of numbers in lists; None where that is not told."""
    kinds: set[str | None] = set()
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, list):
            waiting += one
        elif isinstance(one, bool):
            kinds.add("bool")
        elif isinstance(one, int):
            kinds.add("int32" if -SMALL <= one < SMALL else None)
        else:
            kinds.add("float32" if isinstance(one, float) else None)
    if kinds == {"int32", "float32"}:
        return "float32"
    return kinds.pop() if len(kinds) == 1 else None
