"""What the child of `verify` is asked, what it answers, and how it puts an exception into words. Needs nothing but Python."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TextIO, TypeVar

T = TypeVar("T")
_OUT_OF_MEMORY = ("MemoryError", "ResourceExhaustedError", "ArrayMemoryError")  # Python's, TensorFlow's, numpy's
_ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
_NOISE = re.compile(
    r'^(Traceback \(|File "|Detected at node|Graph execution error|Arguments received by|Call arguments received|config=|[•^~]|\[\[\{\{)'
)
_CAUSE = "Exception encountered:"
_LINES, _LINE_LENGTH = 4, 400


@dataclass(frozen=True, slots=True)
class Request:
    """What the parent asks for. ``trust``: handles, folders and files for `kdoctor.hub.trust`; ``recursion_limit``: Python's, or None: as it is."""

    path: str
    against: str | None
    seed: int
    samples: int
    memory_bytes: int
    trust: list[str] = field(default_factory=list)
    recursion_limit: int | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """An exception that Keras raised, in its own words."""

    error: BaseException

    @property
    def outcome(self) -> str:
        """The name of the parent's `Outcome`."""
        return "OUT_OF_MEMORY" if type(self.error).__name__.lstrip("_") in _OUT_OF_MEMORY else "FAILED"

    @property
    def words(self) -> str:
        """Its class and first meaningful lines and its inmost cause, without colours, tracebacks and whole configurations."""
        text = _ANSI.sub("", f"{type(self.error).__name__}: {self.error}")
        lines = [line for line in map(str.strip, text.splitlines()) if line and not _NOISE.match(line)]
        causes = [line for line in lines if line.startswith(_CAUSE)]
        return "\n".join(_shortened(line) for line in ([lines[0], causes[-1]] if causes else lines[:_LINES]))


def _shortened(line: str) -> str:
    return line if len(line) <= _LINE_LENGTH else line[: _LINE_LENGTH - 1] + "…"


@dataclass(frozen=True, slots=True)
class Answer:
    """The stream to the parent."""

    stream: TextIO

    def add(self, **facts: object) -> None:
        """Tell the parent more, at once."""
        self.stream.write(json.dumps(facts) + "\n")
        self.stream.flush()

    def refuse(self, refusal: Refusal, prefix: str = "") -> None:
        """Tell the parent that it ends here, and why."""
        self.add(outcome=refusal.outcome, error=prefix + refusal.words)


def attempt(action: Callable[[], T]) -> T | Refusal:
    """The one place that catches everything: a model file can make Keras raise anything, SystemExit included."""
    try:
        return action()
    except BaseException as error:
        return Refusal(error)
