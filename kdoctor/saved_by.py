"""Who saved a file, by its own word."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

MAJOR: Final = re.compile(r"([0-9]{1,4})(\.|$)")


class SavedBy(NamedTuple):
    """Keras release, backend and date as the file states them; None where it does not."""

    keras: str | None = None
    backend: str | None = None
    date: str | None = None

    @property
    def major(self) -> int | None:
        head = MAJOR.match(self.keras or "")
        return int(head.group(1)) if head else None
