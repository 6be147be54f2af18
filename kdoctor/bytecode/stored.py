"""How Keras keeps a Python function inside a config, in every form since Keras 1: recognised, decoded, never run.

Forms (Keras sources: `utils/python_utils.py`, `utils/generic_utils.py`, `saving/serialization_lib.py`):

- `lambda-object`: the Lambda layer of Keras 3, `{"class_name": "__lambda__", "config": {"code": base64, "defaults": …, "closure": …}}`.
- `lambda-object-list`: a lambda elsewhere (activation, loss) since tf.keras 2.12, `"config": {"value": [code, defaults, closure]}`.
- `list`: Keras 2 and tf.keras, `[base64, defaults, closure]` with `function_type: "lambda"` beside it; named functions too.
  A SavedModel of Keras has it as a tuple, `{"class_name": "__tuple__", "items": [code, defaults, closure]}`.
- `list-raw`: Keras up to 2.1.1, the list with the marshal bytes as text (`raw_unicode_escape`), not base64.
- `name`: only the name of a function; its code is not in the file.

What a closure holds differs: an array is `{"class_name": "__numpy__", …}` in a Keras 3 `.keras` but a plain list in every
`.h5` and in Keras 2; a tuple is a list everywhere; a layer is its config (without weights); a function is only its name.
"""

from __future__ import annotations

import binascii
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

MARKS_OF_CODE = (b"c", b"\xe3")  # the first byte of a marshalled code object, without and with the reference flag


@dataclass(frozen=True, slots=True)
class StoredFunction:
    """A function as a config holds it. `defaults` and `closure` are JSON as stored; None where the file has null or nothing.

    Of `code` (marshal bytes) and `undecodable` (why there are none) exactly one is set, except in the form `name`, which has neither.
    """

    form: str
    code: bytes | None = None
    undecodable: str | None = None
    defaults: tuple[object, ...] | None = None
    closure: tuple[object, ...] | None = None
    name: str | None = None


def told_text(value: str) -> StoredFunction | None:
    """The code that a text is which stands where a function does, ``mode_type: "lambda"`` beside it; None for any other text."""
    stored = _from_parts("list", value, None, None)
    return stored if stored.code is not None and stored.code[:1] in MARKS_OF_CODE else None


def stored_function(value: object, function_type: object = None) -> StoredFunction | None:
    """Recognise a stored function in a config value, or return None.

    `function_type` is what the config says beside it under that key (or `output_shape_type`, `mask_type`): it tells a
    function's name from any other text, and a damaged function from any other list.
    """
    if isinstance(value, dict) and value.get("class_name") == "__tuple__":
        value = value.get("items")  # a SavedModel of Keras says so
    if isinstance(value, dict):
        return _from_object(value)
    if isinstance(value, (list, tuple)):
        return _from_list(value, function_type)
    if isinstance(value, str) and function_type == "lambda":
        return _from_parts("list", value, None, None)
    if isinstance(value, str) and function_type == "function":
        return StoredFunction("name", name=value)
    return None


def _from_object(value: dict[str, object]) -> StoredFunction | None:
    config = value.get("config")
    if value.get("class_name") != "__lambda__":
        # "function", or what else is callable and no class: "ufunc", "builtin_function_or_method".
        return StoredFunction("name", name=config) if isinstance(config, str) else None
    if not isinstance(config, dict):
        return StoredFunction("lambda-object", undecodable="no config")
    for key in ("value", "code"):  # func_load takes a text for the code alone, and a list for all three, under either key
        parts = config.get(key)
        if isinstance(parts, (list, tuple)) and parts:
            code, defaults, closure = (*parts, None, None)[:3]
            return _from_parts("lambda-object-list", code, defaults, closure)
    code = config.get("code", config.get("value"))
    return _from_parts("lambda-object", code, config.get("defaults"), config.get("closure"))


def _from_list(value: list[object] | tuple[object, ...], function_type: object) -> StoredFunction | None:
    is_announced = function_type == "lambda"
    if not 1 <= len(value) <= 3 or not isinstance(value[0], str):
        return StoredFunction("list", undecodable="not [code, defaults, closure]") if is_announced else None
    code, defaults, closure = (*value, None, None)[:3]
    stored = _from_parts("list", code, defaults, closure)
    is_code = stored.code is not None and stored.code[:1] in MARKS_OF_CODE and len(value) == 3
    return stored if is_announced or is_code else None


def _from_parts(form: str, code: object, defaults: object, closure: object) -> StoredFunction:
    values = (_as_tuple(defaults), _as_tuple(closure))
    if not isinstance(code, str):
        return StoredFunction(form, None, "the code is not text", *values)
    if not code.strip():
        return StoredFunction(form, None, "the code is empty", *values)
    candidates = dict(_decodings(code))
    if not candidates:
        return StoredFunction(form, None, "the code is neither base64 nor the raw text of Keras 1", *values)
    encoding = next((key for key, raw in candidates.items() if raw[:1] in MARKS_OF_CODE), next(iter(candidates)))
    return StoredFunction("list-raw" if (form, encoding) == ("list", "raw") else form, candidates[encoding], None, *values)


def _decodings(code: str) -> Iterator[tuple[str, bytes]]:
    """The bytes that Keras would try: base64, which it reads skipping whatever is no base64, then the text of Keras 1."""
    with contextlib.suppress(binascii.Error, UnicodeEncodeError):
        yield "base64", binascii.a2b_base64(code.encode("ascii"))
    if not "".join(code.split()).isprintable():  # blanks and ends of lines may stand in base64
        yield "raw", code.encode("raw_unicode_escape")


def _as_tuple(value: object) -> tuple[object, ...] | None:
    if value is None:
        return None
    if isinstance(value, dict) and value.get("class_name") == "__tuple__" and isinstance(value.get("items"), list):
        value = value["items"]
    return tuple(value) if isinstance(value, (list, tuple)) else (value,)
