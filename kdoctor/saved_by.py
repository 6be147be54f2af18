"""Who saved a file, by its own word."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

MAJOR: Final = re.compile(r"([0-9]{1,4})(\.|$)")
LONGEST: Final = 64  # characters of a release: what is longer names none, and Python reads no number of more than 4,300 digits


def stated_release(value: object) -> str | None:
    """The release that a file states; None where it states none, or what can be none."""
    return value if isinstance(value, str) and 0 < len(value) <= LONGEST else None


class SavedBy(NamedTuple):
    """Keras release, backend and date as the file states them; None where it does not."""

    keras: str | None = None
    backend: str | None = None
    date: str | None = None

    @property
    def major(self) -> int | None:
        head = MAJOR.match(self.keras or "")
        return int(head.group(1)) if head else None
