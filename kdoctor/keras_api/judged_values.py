"""Values that constructors of Keras's own layers refuse, by kind: measured in several releases (benchmarks/judged_values.py).

A release between two that were measured refuses what both refuse; of older ones nothing is said.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from kdoctor.document import Json
from kdoctor.keras_api.data import table

DATA: Final = "judged_values.json"
DTYPE: Final = re.compile(r"(mixed_)?(b?float|u?int|complex)[0-9]+(_e[0-9]m[0-9]\w*)?|.*_from_.*")  # more of them than were tried
ARRAYS: Final = (
    "__numpy__",
    "__tensor__",
)  # which stay dicts to a constructor: no built-in layer reads them (89 arguments tried in 3.15.1)
NUMBERS: Final = re.compile(r"([0-9]+)\.([0-9]+)")


def is_refused(class_name: str, argument: str, value: Json, release: str) -> bool:
    """Whether the constructor of a layer refuses this value whatever else it is given; False where that is not known."""
    kind = kind_of(value)
    if argument == "dtype" and isinstance(value, dict) and "class_name" in value:  # which is looked for as an object
        return False
    if kind not in _refused(class_name, release).get(argument, ()):
        return False
    return kind != "text" or not _is_taken(argument, value, _rows()[class_name][argument])


def refused_arguments(class_name: str, arguments: Mapping[str, Json], release: str) -> list[str]:
    """Those of a layer's arguments that its constructor refuses whatever else it is given."""
    return [
        argument
        for argument, kinds in _refused(class_name, release).items()
        if argument in arguments and kind_of(value := arguments[argument]) in kinds and is_refused(class_name, argument, value, release)
    ]


def judged_arguments(class_name: str, release: str) -> Collection[str]:
    """The arguments of a layer of which its constructor refuses some values."""
    return _refused(class_name, release).keys()


@functools.lru_cache(maxsize=1024)
def _refused(class_name: str, release: str) -> Mapping[str, frozenset[str]]:
    """The kinds of values that each argument is refused for."""
    measured, found = _around(release), {}
    for argument, row in _rows().get(class_name, {}).items() if measured else ():
        kinds = frozenset(kind for kind, bits in row["refused"].items() if all(bits >> index & 1 for index in measured))
        if kinds:
            found[argument] = kinds
    return found


def _is_taken(argument: str, text: str, row: Mapping[str, Any]) -> bool:
    if argument == "dtype" and DTYPE.fullmatch(text):
        return True
    return text in row["texts"] or (row["any_case"] and text.lower() in row["texts"])


def kind_of(value: Json) -> str | None:
    """The kind of a value as the measurement tells them apart; None for one that it did not try."""
    if isinstance(value, str):
        return "text" if value else "empty text"
    if isinstance(value, dict):
        plain = "class_name" not in value or value["class_name"] in ARRAYS
        return ("dict" if value else "empty dict") if plain else None
    if isinstance(value, list):
        return _kind_of_list(value)
    return _kind_of_number(value) if value is None or isinstance(value, (int, float)) else None


@functools.lru_cache(maxsize=1024, typed=True)
def _kind_of_number(value: float | None) -> str:
    if value is None or isinstance(value, bool):
        return "null" if value is None else str(value).lower()
    if isinstance(value, int):
        return "negative" if value < 0 else ("zero", "one")[value] if value < 2 else "positive"
    return "negative.0" if value < 0 else "zero.0" if value == 0 else "fraction" if value < 1 else "one.0" if value == 1 else "above"


def _kind_of_list(value: Sequence[Json]) -> str | None:
    kinds = {kind_of(one) if not isinstance(one, list) else "list" for one in value}
    if not kinds:
        return "empty list"
    if kinds == {"text"}:
        return "list of text"
    odd = kinds - {"one", "positive"}
    if len(value) > (3 if odd else 4) or len(odd) > 1 or not odd <= {"null", "zero", "negative"}:
        return None
    return f"list of {len(value)}" + (f" with {next(iter(odd))}" if odd else "")


@functools.lru_cache(maxsize=64)
def _around(release: str) -> tuple[int, ...]:
    """Which of the measured releases stand for one: itself, or those on either side."""
    found = NUMBERS.match(release)
    own = (int(found[1]), int(found[2])) if found else (0, 0)
    numbers = [tuple(map(int, one.split(".")[:2])) for one in _data()["releases"]]
    before = [index for index, one in enumerate(numbers) if one <= own]
    after = [index for index, one in enumerate(numbers) if one >= own]
    return tuple({before[-1], *after[:1]}) if before else ()


def _rows() -> Mapping[str, Mapping[str, Mapping[str, Any]]]:
    rows: Mapping[str, Mapping[str, Mapping[str, Any]]] = _data()["rows"]
    return rows


@functools.cache
def _data() -> Mapping[str, Any]:
    return table(DATA)
