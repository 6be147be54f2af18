"""The recorded code objects of data/*.json: the same sources compiled by every Python (see generate_fixtures.py)."""

from __future__ import annotations

import base64
import json
import marshal
import types
from dataclasses import dataclass
from pathlib import Path

DATA = Path(__file__).parent / "data"
PYTHONS = ("2.7", "3.6", "3.7", "3.8", "3.9", "3.10", "3.11", "3.12", "3.13", "3.14")


@dataclass(frozen=True)
class Recorded:
    """One source and what a Python made of it."""

    python: str
    source: str
    data: bytes

    @property
    def release(self) -> tuple[int, int]:
        major, minor = self.python.split(".")
        return int(major), int(minor)


def recorded(python: str) -> list[Recorded]:
    """Everything that one Python compiled."""
    document = json.loads((DATA / f"{python}.json").read_text())
    return [Recorded(python, row["source"], base64.b64decode(row["marshal"])) for row in document["codes"]]


def everything() -> list[Recorded]:
    """What every Python compiled."""
    return [each for python in PYTHONS for each in recorded(python)]


def one(python: str, source: str) -> bytes:
    """The bytes of one source by one Python."""
    (data,) = [each.data for each in recorded(python) if each.source == source]
    return data


def compiled_here(source: str) -> types.CodeType:
    """The code object that the running Python makes of a lambda or a function; it is never run."""
    text = source if source.startswith(("def ", "async def ")) else f"_ = {source}"
    module = compile(text, "here.py", "exec")
    return next(value for value in module.co_consts if isinstance(value, types.CodeType))


def dumped(source: str) -> bytes:
    """The marshal bytes of `compiled_here`."""
    return marshal.dumps(compiled_here(source))
