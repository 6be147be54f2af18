"""A policy from TOML: every key is known or an error, and nothing in it is more than data."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from kdoctor.errors import UsageError
from kdoctor.policy.policy import PathRule, Policy
from kdoctor.verdict import Severity

PREFIX: Final = re.compile(r"[A-Z]+[0-9]{0,3}")
NAME: Final = re.compile(r"[^\W\d]\w*(>[^\W\d]\w*)?")  # a class or function, perhaps with the package that it is registered in
PACKAGE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
SIZE: Final = re.compile(r"([0-9]+(?:\.[0-9]+)?) *(B|kB|MB|GB|KiB|MiB|GiB)")
UNITS: Final = {"B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}


def read_policy(path: Path) -> Policy:
    """The policy of a file: its ``[tool.kdoctor]``, or the whole of a file of its own without that table. Raises `UsageError`."""
    data = load(path)
    found = section(data)
    if found is None and path.name == "pyproject.toml":
        raise UsageError(f"{path} has no [tool.kdoctor]")
    return parse_policy(data if found is None else found, path)


def section(data: Mapping[str, Any]) -> Any:
    """What stands under ``[tool.kdoctor]``; None where there is no such table."""
    tool = data.get("tool")
    return tool.get("kdoctor") if isinstance(tool, Mapping) else None


def load(path: Path) -> dict[str, Any]:
    """The TOML of a file. Raises `UsageError` where there is none."""
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        found: dict[str, Any] = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError(f"{path} is no TOML: {error}") from error
    return found


def parse_policy(data: Mapping[str, Any], path: Path) -> Policy:
    """The policy that a table says. Raises `UsageError` that names the key."""
    values = _parsed(data, KEYS, f"{path}: ")
    return Policy(**values, root=path.absolute().parent, source=str(path))


Reader = Callable[[Any], Any]


def _parsed(data: Any, keys: Mapping[str, tuple[str, Reader]], where: str) -> dict[str, Any]:
    if not isinstance(data, Mapping):
        raise UsageError(f"{where}a table is expected, not {data!r:.60}")
    for key in data:
        if key not in keys:
            raise UsageError(f"{where}there is no setting {key!r}; those that there are: {', '.join(keys)}")
    found = {}
    for key, value in data.items():
        name, reader = keys[key]
        try:
            found[name] = reader(value)
        except ValueError as error:
            raise UsageError(f"{where}{key}: {error}") from error
    return found


def _texts(pattern: re.Pattern[str] | None, wanted: str) -> Reader:
    def read(value: Any) -> tuple[str, ...]:
        if not isinstance(value, list) or not all(isinstance(one, str) and one for one in value):
            raise ValueError(f"a list of {wanted} is expected, not {value!r:.60}")
        for one in value:
            if pattern is not None and not pattern.fullmatch(one):
                raise ValueError(f"{one!r} is none of {wanted}")
        return tuple(value)

    return read


def _severity(value: Any) -> Severity:
    if value not in ("error", "warning", "info"):
        raise ValueError(f"{value!r} is none of error, warning, info")
    return Severity[value.upper()]


def _severities(value: Any) -> dict[str, Severity]:
    if not isinstance(value, Mapping):
        raise ValueError(f"a table from codes to severities is expected, not {value!r:.60}")
    _codes(list(value))
    return {code: _severity(one) for code, one in value.items()}


def _fail_on(value: Any) -> Severity | None:
    if value not in ("error", "warning", "info", "none"):
        raise ValueError(f"{value!r} is none of error, warning, info, none")
    return None if value == "none" else Severity[value.upper()]


def _size(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return value
    found = SIZE.fullmatch(value) if isinstance(value, str) else None
    if found is None or (size := float(found[1]) * UNITS[found[2]]) == float("inf"):
        raise ValueError(f"bytes, or a text such as '500 MB' or '2 GiB', are expected, not {value!r:.60}")
    return int(size)


def _days(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ValueError(f"a number of days is expected, not {value!r:.60}")
    return value


def _day(value: Any) -> date:
    if not isinstance(value, date) or isinstance(value, datetime):
        raise ValueError(f"a day such as 2027-01-31, without quotes, is expected, not {value!r:.60}")
    return value


def _reason(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("a sentence is expected")
    return value.strip()


def _rules(value: Any) -> tuple[PathRule, ...]:
    if not isinstance(value, list):
        raise ValueError("tables are expected: [[tool.kdoctor.rules]]")
    rules = []
    for number, one in enumerate(value, 1):
        found = _parsed(one, RULE_KEYS, f"rule {number}: ")
        for key in ("paths", "reason"):
            if key not in found:
                raise ValueError(f"rule {number} has no {key}")
        rules.append(PathRule(**found))
    return tuple(rules)


_codes = _texts(PREFIX, "codes or their first characters, such as K606 or K8")
_patterns = _texts(None, "patterns")
KEYS: Final[Mapping[str, tuple[str, Reader]]] = {
    "select": ("select", _codes),
    "ignore": ("ignore", _codes),
    "severity": ("severity", _severities),
    "fail-on": ("fail_on", _fail_on),
    "targets": ("targets", _texts(None, "targets, such as keras==3.15.1")),
    "custom-objects": ("custom_objects", _texts(NAME, "names of classes or functions")),
    "packages": ("packages", _texts(PACKAGE, "names of packages")),
    "max-size": ("max_size", _size),
    "max-age-days": ("max_age_days", _days),
    "rules": ("rules", _rules),
}
RULE_KEYS: Final[Mapping[str, tuple[str, Reader]]] = {
    "paths": ("paths", _patterns),
    "ignore": ("ignore", _codes),
    "severity": ("severity", _severities),
    "reason": ("reason", _reason),
    "expires": ("expires", _day),
}
