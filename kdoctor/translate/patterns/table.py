"""The patterns, in the order in which they are tried."""

from __future__ import annotations

from typing import Final

from kdoctor.translate.patterns import arranging, each_number, windows
from kdoctor.translate.patterns.pattern import Pattern

PATTERNS: Final[tuple[Pattern, ...]] = (*each_number.PATTERNS, *arranging.PATTERNS, *windows.PATTERNS)
