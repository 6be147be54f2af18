"""What a command line test sees of a command."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias


@dataclass(frozen=True)
class Ended:
    """How a command ended: exit code, standard output, standard error."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def words(self) -> str:
        """The output with every run of blanks and line breaks as one space, for sentences that may wrap."""
        return " ".join(self.out.split())


Run: TypeAlias = Callable[..., Ended]
