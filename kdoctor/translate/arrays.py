"""Constant arrays of numpy in the code of a layer: their attributes and methods, and functions that only arrange or sum up what is there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from kdoctor.translate.names import Module, dtype_text
from kdoctor.translate.values import Dim, ShapeOf, Untranslatable, Value, tensors_in

MOST_NUMBERS = 100_000
ARRAY_ATTRIBUTES: Final = frozenset({"shape", "ndim", "size", "T"})
# None of these makes more numbers than there are.
ARRAY_METHODS: Final = frozenset(
    "reshape astype transpose flatten ravel copy sum mean max min std var prod cumsum squeeze swapaxes tolist item dot".split()  # noqa: SIM905
)
FUNCTIONS: Final = frozenset(
    """
    reshape expand_dims transpose squeeze concatenate stack hstack vstack flip fliplr flipud sum mean max min amax amin std var prod cumsum
    triu tril ravel swapaxes moveaxis roll round around clip sort argsort argmax argmin rot90 atleast_2d
    """.split()  # noqa: SIM905 (a table of names)
)


def array_attribute(owner: Value, name: str) -> Value:
    return tuple(owner.shape) if name == "shape" else getattr(owner, name)


def array_method(owner: Value, name: str, args: tuple[Value, ...], kwargs: Mapping[str, Value]) -> Value:
    """The constant that comes out. Raises `Untranslatable`."""
    return _computed(f"{name} of an array", getattr(owner, name), args, kwargs)


def numpy_function(name: str, args: tuple[Value, ...], kwargs: Mapping[str, Value]) -> Value:
    """The same for a function of numpy that is in the table above."""
    import numpy

    return _computed(f"np.{name}", getattr(numpy, name), args, kwargs)


def _computed(what: str, function: Any, args: tuple[Value, ...], kwargs: Mapping[str, Value]) -> Value:
    import numpy

    args, kwargs = tuple(map(_named_dtype, args)), {name: _named_dtype(value) for name, value in kwargs.items()}
    given = [*args, *kwargs.values()]
    if tensors_in(given) or any(isinstance(value, (Dim, ShapeOf)) for value in given):
        raise Untranslatable(f"{what}, with what is known only when the model runs")
    if not all(_is_plain(value) for value in given):
        raise Untranslatable(f"{what}, with arguments of another kind than it takes")
    try:
        with numpy.errstate(all="ignore"):
            found = function(*args, **kwargs)
    except (TypeError, ValueError, LookupError, ArithmeticError) as error:
        raise Untranslatable(f"{what}: {error}") from None
    return found


def _named_dtype(value: Value) -> Value:
    """``np.float32`` as the text that numpy takes as well."""
    return (dtype_text(value) or value) if isinstance(value, Module) else value


def _is_plain(value: Value) -> bool:
    """Numbers, texts (a dtype's name), arrays, and lists of them, none of them large."""
    import numpy

    if isinstance(value, (list, tuple)):
        return len(value) <= MOST_NUMBERS and all(_is_plain(item) for item in value)
    if isinstance(value, (numpy.ndarray, numpy.generic)):
        return bool(value.size <= MOST_NUMBERS and value.dtype != object)
    return value is None or isinstance(value, (bool, int, float, str))
