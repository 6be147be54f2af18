"""A policy as a value: what counts, how much, where, and until when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from kdoctor.verdict import Severity

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec


BOUNDS: Final = "P"  # what the policy itself sets a bound for needs no selection


@dataclass(frozen=True, slots=True)
class PathRule:
    """What is different for some files: patterns as in ``.gitignore``, relative to the policy's folder; codes by prefix.

    ``reason`` is shown with everything that the rule suppresses; after the day ``expires`` (None: never) it no longer applies.
    """

    paths: tuple[str, ...]
    reason: str
    ignore: tuple[str, ...] = ()
    severity: Mapping[str, Severity] = field(default_factory=dict)
    expires: date | None = None

    def expired(self, today: date) -> bool:
        return self.expires is not None and today > self.expires


@dataclass(frozen=True, slots=True)
class Policy:
    """How findings are judged. ``root`` is the folder that paths are relative to, ``source`` the file it was read from, if any.

    select, ignore: codes by prefix, the longer prefix wins; severity: by prefix; fail_on: None lets every finding pass; targets: as
    ``--target`` takes them; custom_objects, packages: what the models' users will have; max_size: bytes; max_age_days: since it was saved.
    """

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    severity: Mapping[str, Severity] = field(default_factory=dict)
    fail_on: Severity | None = Severity.ERROR
    targets: tuple[str, ...] = ()
    custom_objects: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    rules: tuple[PathRule, ...] = ()
    max_size: int | None = None
    max_age_days: int | None = None
    root: Path = field(default_factory=Path.cwd)
    source: str = ""

    def selects(self, code: str) -> bool:
        """Whether findings of this code count at all."""
        ignored = longest(code, self.ignore)
        chosen = not self.select or bool(longest(code, self.select)) or code.startswith(BOUNDS)
        return chosen and (not ignored or len(longest(code, self.select)) > len(ignored))

    def rules_for(self, path: str, today: date) -> tuple[PathRule, ...]:
        """The rules that apply to a file today."""
        if not self.rules or "://" in path:
            return ()
        relative = Path(path).absolute()
        shown = relative.relative_to(self.root).as_posix() if relative.is_relative_to(self.root) else relative.as_posix().lstrip("/")
        return tuple(rule for rule in self.rules if not rule.expired(today) and matcher(rule.paths).match_file(shown))


def longest(code: str, prefixes: Iterable[str]) -> str:
    """The longest prefix that the code has; the empty text for none."""
    return max((prefix for prefix in prefixes if code.startswith(prefix)), key=len, default="")


@lru_cache(maxsize=256)
def matcher(patterns: tuple[str, ...]) -> GitIgnoreSpec:
    from pathspec import GitIgnoreSpec  # rules alone need it

    return GitIgnoreSpec.from_lines(patterns)
