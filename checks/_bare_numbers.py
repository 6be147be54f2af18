"""Numbers of NumPy that an operation of Keras 3 was called with, which a file holds as plain numbers: the operation asks them for their dtype.

``bitwise_and(x, np.int32(3))``. ``compute_output_spec`` of these (keras/src/ops/numpy.py) reads ``x.dtype`` and ``y.dtype``; run with numbers in 3.9.2,
3.12.0 and 3.15.1.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from types import MappingProxyType
from typing import Final

from kdoctor.check import Finding, Need, Repair
from kdoctor.document import Document, Json
from kdoctor.edit import Edit
from kdoctor.keras_api import habits
from kdoctor.keras_api.reader import Call, calls
from kdoctor.structure.outline import objects_named
from kdoctor.structure.sources import TENSOR
from kdoctor.target import Target

FIRST, BOTH = frozenset({0}), frozenset({0, 1})
# The operands that an operation asks for their dtype, by their position.
ASKED: Final = MappingProxyType({
    **dict.fromkeys(("BitwiseAnd", "BitwiseOr", "BitwiseXor", "Heaviside", "Hypot", "Append"), BOTH),
    **dict.fromkeys(("BitwiseLeftShift", "BitwiseRightShift", "LeftShift", "RightShift"), FIRST),
})  # fmt: skip
NEED: Final = Need("FILE", "the model with the number as a tensor", "the other operand does not say its dtype, or cannot hold the number")


def bare_numbers(document: Document, target: Target) -> Iterator[Finding]:
    """One for each such number (K610)."""
    if not target.keras_3 or not document.format.native or not any(objects_named(document, tuple(ASKED))):
        return
    for call in calls(document, target):
        if call.node.class_name in ASKED and call.found is not None and call.found.kind == "operation":
            yield from _of_operation(call, target)


def _of_operation(call: Call, target: Target) -> Iterator[Finding]:
    node = call.node
    asked = ASKED[node.class_name] if habits.SHIFTS_BY_NUMBERS.of(target) else BOTH
    nodes = node.raw.get("inbound_nodes")
    for index, one in enumerate(nodes if isinstance(nodes, list) else ()):
        given = one.get("args") if isinstance(one, dict) else None
        operands: list[Json] = given if isinstance(given, list) and len(given) == len(BOTH) else []
        for place in sorted(asked) if operands else ():
            number = operands[place]
            if isinstance(number, int | float):
                at = node.at / "inbound_nodes" / index / "args" / place
                written = _as_array(operands, place)
                repair = None if written is None else Repair("write it as an array", (Edit(at, old=number, new=written),))
                yield Finding(
                    at,
                    f"{node.class_name} {node.name!r} is called with the number {number}, and asks it for a dtype: it was one of NumPy",
                    repair=repair,
                    needs=() if repair else (NEED,),
                    layer=node.name,
                    keras_says=f"AttributeError: '{type(number).__name__}' object has no attribute 'dtype'",
                )


def _as_array(given: Sequence[Json], place: int) -> Json:
    """In the dtype of the tensor beside it; None where that cannot hold it."""
    number, beside = given[place], given[1 - place]
    told = beside.get("config") if isinstance(beside, dict) and beside.get("class_name") == TENSOR else None
    dtype = told.get("dtype") if isinstance(told, dict) else None
    if not isinstance(dtype, str) or not _holds(dtype, number):
        return None
    return {"class_name": "__numpy__", "config": {"value": number, "dtype": dtype}}


def _holds(dtype: str, number: Json) -> bool:
    signed, unsigned = dtype.removeprefix("int"), dtype.removeprefix("uint")
    if isinstance(number, bool):
        return dtype == "bool"
    if dtype.startswith("float"):
        return True
    if not isinstance(number, int):
        return False
    if unsigned.isdecimal() and len(unsigned) < 3:
        return 0 <= number < 1 << int(unsigned)
    return signed.isdecimal() and len(signed) < 3 and -(1 << int(signed) - 1) <= number < 1 << int(signed) - 1
