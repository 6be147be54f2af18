"""Packs of checks: found through the entry-point group, kdoctor's own like anyone else's."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable
from types import ModuleType

from kdoctor.check import Check
from kdoctor.errors import PackError
from kdoctor.installed import GROUP, Point, points_of


def load_checks(packs: Iterable[Point] | None = None) -> tuple[Check, ...]:
    """All checks of all installed packs, by code.

    A pack's entry-point name is the prefix that all its codes must carry. Raises `PackError` when there is no check at all (a
    doctor without knowledge must not say "healthy"), for a pack that cannot be imported, for a foreign prefix, and for a code used twice.
    """
    found: dict[str, Check] = {}
    for pack in points_of(GROUP) if packs is None else packs:
        for check in _checks_of(pack):
            if check.code.rstrip("0123456789") != pack.name:
                raise PackError(f"pack {pack.name!r} ({pack.value}) does not own the code {check.code}")
            if check.code in found:
                raise PackError(f"the code {check.code} is used by {found[check.code].name} and by {check.name}")
            found[check.code] = check
    if not found:
        raise PackError("no checks are installed: reinstall kdoctor")
    return tuple(found[code] for code in sorted(found))


def _checks_of(pack: Point) -> list[Check]:
    try:
        package = importlib.import_module(pack.value)
        inner = pkgutil.iter_modules(getattr(package, "__path__", ()))
        modules = [package, *(importlib.import_module(f"{package.__name__}.{entry.name}") for entry in inner)]
    except (ImportError, SyntaxError) as error:
        raise PackError(f"pack {pack.name!r} ({pack.value}) cannot be imported: {error}") from error
    return [check for module in modules for check in _defined_in(module)]


def _defined_in(module: ModuleType) -> list[Check]:
    return [value for value in vars(module).values() if isinstance(value, Check) and value.run.__module__ == module.__name__]
