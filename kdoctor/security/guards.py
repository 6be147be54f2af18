"""Which loading CVEs a Keras release still falls for: the trigger is judged in the file, the guard in the release's own source.

The release that a file says it was saved by is its author's text, and never asked.
"""

from __future__ import annotations

import functools
import re
from typing import Any, NamedTuple

from kdoctor.keras_api.data import table
from kdoctor.target import Target

NUMBER = re.compile(r"([0-9]+)\.([0-9]+)(?:\.([0-9]+))?")
NEWEST_PATCH = 10**6


class Weakness(NamedTuple):
    """A CVE (or a name for what has none), and the guards of `guards.json` that all stand between its trigger and harm."""

    name: str
    guards: tuple[str, ...]


# What a check finds -> the weaknesses that it is the trigger of.
TRIGGERS: dict[str, tuple[Weakness, ...]] = {
    "lambda": (Weakness("CVE-2024-3660", ("lambda",)), Weakness("CVE-2026-12481", ("lambda-unset-mode",))),
    "lambda-hdf5": (Weakness("CVE-2025-9905", ("lambda-hdf5",)), Weakness("CVE-2026-12481", ("lambda-unset-mode",))),
    "foreign-module": (Weakness("CVE-2025-1550", ("foreign-module",)),),
    "registered-name": (Weakness("the abuse of registered names", ("registered-name",)),),
    "non-modelling": (
        Weakness("CVE-2025-8747", ("non-modelling",)),
        Weakness("CVE-2025-9906", ("unsafe-switch", "non-modelling-list")),
        Weakness("CVE-2024-55459", ("non-modelling",)),
    ),
    "extraction": (
        Weakness("CVE-2025-8747", ("non-modelling",)),
        Weakness("CVE-2025-12060", ("extraction-links",)),
        Weakness("CVE-2025-12638", ("extraction-links",)),
        Weakness("CVE-2026-11816", ("extraction-folder",)),
        Weakness("CVE-2026-12482", ("extraction-symlinks",)),
    ),
    "torch-module": (Weakness("CVE-2025-49655", ("torch-module",)), Weakness("CVE-2026-12484", ("torch-module-unset-mode",))),
    "vocabulary-path": (Weakness("CVE-2025-12058", ("vocabulary-path",)),),
    "saved-model-path": (Weakness("CVE-2026-1462", ("saved-model-path",)),),
    "asset-path": (Weakness("CVE-2026-12479", ("asset-path",)),),
    "hdf5-external-storage": (Weakness("CVE-2026-1669", ("hdf5-external-storage",)),),
    "hdf5-link": (Weakness("CVE-2026-9335", ("hdf5-link", "hdf5-link-legacy", "hdf5-link-below")),),
    "hdf5-virtual": (Weakness("CVE-2026-12480", ("hdf5-virtual",)),),
    "shape-bomb": (Weakness("CVE-2026-0897", ("shape-bomb-editor",)), Weakness("CVE-2026-12570", ("shape-bomb",))),
    "zip-bomb": (Weakness("zip bombs", ("zip-bomb",)),),
    "zip-bomb-assets": (Weakness("zip bombs of assets", ("zip-bomb-assets",)),),
    "npz-pickle": (Weakness("pickles in NumPy weights", ("npz-pickle",)),),
}


# Bytes below which the guard of a release lets a bomb pass (keras/src/saving/saving_lib.py of 3.15.1): what is unpacked to the disk is
# refused sooner than what is read into memory. 3.15.1 was seen to load a config.json of 300 MB, and to refuse an asset of that size.
FLOORS = {"shape-bomb": 1 << 32, "zip-bomb": 1 << 32, "zip-bomb-assets": 1 << 28}


@functools.cache
def _table() -> dict[str, Any]:
    return table("guards.json")


def generated() -> str:
    """The day on which the table was derived, as YYYY-MM-DD."""
    return str(_table()["generated"])


def known_releases() -> tuple[str, ...]:
    """Every release of the table, as in ``keras==3.9.2``, oldest first."""
    return tuple(_table()["releases"])


@functools.lru_cache(maxsize=64)
def guards_of(target: Target) -> frozenset[str] | None:
    """The guards of a release; None for one from before ``.keras`` archives, which has none and is in no table.

    The nearest known release at or below it answers, the newest one for the future.
    """
    name = "tf-keras" if target.family == "tf-keras" else "keras"
    asked = _number(target.release)
    found = [label for label in known_releases() if label.startswith(f"{name}==") and _number(label) <= asked]
    if not found:
        return None
    row = _table()["releases"][max(found, key=_number)]
    return frozenset(guard for guard, held in zip(_table()["guards"], row, strict=True) if held == "1")


@functools.lru_cache(maxsize=64)
def falls_for(target: Target, trigger: str) -> tuple[str, ...]:
    """The CVEs of a trigger that the target has no whole guard against."""
    held = guards_of(target) or frozenset()
    return tuple(weakness.name for weakness in TRIGGERS[trigger] if not held.issuperset(weakness.guards))


def judged(target: Target, trigger: str, size: int | None = None) -> str:
    """For the end of a message: the CVEs, and whether the target falls for them; ``size`` is that of a bomb, in bytes."""
    names = [weakness.name for weakness in TRIGGERS[trigger]]
    open_to = falls_for(target, trigger)
    if size is not None and size <= FLOORS.get(trigger, 0):
        return f" ({', '.join(names)}: no release refuses less than {FLOORS[trigger] >> 20:,} MiB)"
    if not open_to:
        them = "it" if len(names) == 1 else "them"
        return f" ({', '.join(names)}: {target} guards against {them})"
    closed = [name for name in names if name not in open_to]
    return f" ({target} falls for {', '.join(open_to)}" + (f", and guards against {', '.join(closed)})" if closed else ")")


def _number(release: str) -> tuple[int, int, int]:
    match = NUMBER.search(release)
    if match is None:
        return (0, 0, 0)
    major, minor, patch = match.groups()
    return int(major), int(minor), NEWEST_PATCH if patch is None else int(patch)
