"""The names that Keras 3 reads as a dtype or as a dtype policy.

Read in ALLOWED_DTYPES (backend/common/dtypes.py, backend/common/variables.py) and QUANTIZATION_MODES (dtype_policies/dtype_policy.py)
of Keras 3.0.5 to 3.15.1: all that any of them takes.
"""

from __future__ import annotations

from typing import Final

from kdoctor.document import Json

DTYPES: Final = frozenset(
    """
    float16 float32 float64 uint8 uint16 uint32 uint64 int8 int16 int32 int64 bfloat16 bool string
    float8_e4m3fn float8_e5m2 complex64 complex128 int
    """.split()  # noqa: SIM905 (a table of names)
)
MIXED: Final = frozenset({"mixed_float16", "mixed_bfloat16"})
MODES: Final = ("int8", "float8", "int4", "gptq", "awq")
# The first release that takes a mode, of those whose policy says no more than the mode: what gptq and awq do a policy of their own says.
SINCE: Final = {"int8": (3, 3), "float8": (3, 3), "int4": (3, 11)}
NAMED: Final = {"DTypePolicy": "name", "QuantizedDTypePolicy": "source_name", "QuantizedFloat8DTypePolicy": "source_name"}


def is_policy(name: str) -> bool:
    """Whether a text is the name of a dtype, of a mixed policy, or of a quantized one (``int8_from_mixed_bfloat16``)."""
    mode, mark, source = name.partition("_from_")
    return (mode.startswith(MODES) and source in DTYPES | MIXED) if mark else name in DTYPES or name in MIXED


def policy_name(value: Json) -> str | None:
    """The name of the dtype or policy that a layer's ``dtype`` states, as a text or as the config of a policy; None where it has none."""
    if isinstance(value, dict):
        inside = value.get("config")
        value = inside.get("name", inside.get("mode")) if isinstance(inside, dict) else None
        value = f"{value}_from_" if isinstance(inside, dict) and "mode" in inside else value
    return value if isinstance(value, str) else None


def is_quantized(value: Json) -> bool:
    """Whether a layer's ``dtype`` is a policy that computes in whole numbers, or in numbers of 8 bits."""
    return "_from_" in (policy_name(value) or "")


def unread_name(value: Json) -> str | None:
    """The text in a layer's ``dtype``, a name or the config of a policy, that names no dtype; None where there is none."""
    if not isinstance(value, dict):
        return value if isinstance(value, str) and value and not is_policy(value) else None
    inside = value.get("config")
    key = NAMED.get(value["class_name"]) if isinstance(value.get("class_name"), str) else None
    name = inside.get(key) if isinstance(inside, dict) and key is not None else None
    return None if name is None or (isinstance(name, str) and is_policy(name)) else str(name)


def refused_mode(value: Json, release: tuple[int, int]) -> str | None:
    """What Keras 3 says of the mode of a quantized policy that it does not know; None where it takes it, or where that is not known."""
    if not isinstance(value, dict) or value.get("class_name") not in ("QuantizedDTypePolicy", "QuantizedFloat8DTypePolicy"):
        return None
    inside = value.get("config")
    mode = inside.get("mode") if isinstance(inside, dict) else None
    if isinstance(mode, str) and mode in SINCE and SINCE[mode] <= release:
        return None
    if mode in ("gptq", "awq"):
        return f"ValueError: For {mode.upper()} quantization, the weight_bits must be specified"
    return f"ValueError: Invalid quantization mode. Expected one of {MODES}. Received: mode={mode}"


def is_tensor_dtype(value: Json) -> bool:
    """Whether a tensor may state this dtype; null means that of the configuration."""
    return value is None or (isinstance(value, str) and value in DTYPES)
