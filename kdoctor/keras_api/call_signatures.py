"""What calling a layer of a release takes, by keyword and by position. Parsed when first asked for, which few models make necessary."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from kdoctor.keras_api.api_object import Json, NoDefault
from kdoctor.keras_api.choice import answering
from kdoctor.keras_api.data import table
from kdoctor.keras_api.families import KERAS_3
from kdoctor.keras_api.release_index import absolute, as_parameter

DATA: Final = "call_signatures.json"


class CallSignature(NamedTuple):
    """The parameters of a class's ``call`` with their defaults (`kdoctor.keras_api.api_object`); the first ``positional`` by position."""

    parameters: Mapping[str, Json | NoDefault]
    positional: int


def call_signature(path: str, release: str, family: str | None = None) -> CallSignature | None:
    """What calling the class at a real path takes in a release; None where it takes anything, or is not known.

    Raises `UnknownRelease` as `kdoctor.keras_api.catalogue.Catalogue.load`.
    """
    return _signatures(release, family).get(path)


def positions_known(path: str) -> tuple[str, ...]:
    """The names of what a class of Keras 3 ever took by position, in the release in which it took most; none of a class that it never had."""
    known = [signature for release in KERAS_3.releases if (signature := call_signature(path, release.number)) is not None]
    widest = max(known, key=lambda signature: signature.positional, default=None)
    return () if widest is None else tuple(widest.parameters)[: widest.positional]


@functools.lru_cache(maxsize=32)
def _signatures(release: str, family: str | None) -> Mapping[str, CallSignature]:
    known_family, known = answering(release, family)
    data = _data()["families"][known_family.name]
    at = data["releases"].index(known.number if known_family is KERAS_3 else known.label)
    pool = [CallSignature(MappingProxyType(dict(map(as_parameter, listed))), count) for count, *listed in data["signatures"]]
    return {
        f"{absolute(module, known.package)}.{name}": pool[position]
        for module, names in data["classes"].items()
        for name, spans in names.items()
        for first, last, position in spans
        if first <= at <= last
    }


@functools.cache
def _data() -> Mapping[str, Any]:
    return table(DATA)
