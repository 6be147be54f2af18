"""Arguments that Keras takes by name, as an object, or as the config of one (``initializers.get`` and the like)."""

from __future__ import annotations

from functools import lru_cache

from kdoctor.keras_api.api_object import ApiObject

KINDS = ("activation", "initializer", "regularizer", "constraint")


@lru_cache(maxsize=256)
def kind_of_argument(name: str) -> str | None:
    """What an argument of this name is (``kernel_initializer``: initializer); None for any other."""
    return next((kind for kind in KINDS if name == kind or name.endswith(f"_{kind}")), None)


@lru_cache(maxsize=256)
def kinds_of_arguments(of: ApiObject) -> tuple[tuple[str, str], ...]:
    """Those arguments that a constructor takes so, with what each is; thousands of layers have few constructors."""
    return tuple((name, kind) for name in of.parameters if (kind := kind_of_argument(name)) is not None)
