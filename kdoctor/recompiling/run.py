"""Sources in, marshalled code out: what the child process answers, which nobody has proved yet."""

from __future__ import annotations

import base64
import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kdoctor.confine import run_confined
from kdoctor.errors import UsageError

CHILD = Path(__file__).with_name("child.py")
SECONDS, MEMORY_BYTES = 20.0, 512 << 20


def compiled(sources: Sequence[str], python: str | None = None) -> Mapping[str, bytes]:
    """Source -> marshalled code of the function in it, by this Python or the interpreter ``python``; without those that do not compile.

    Raises `UsageError` if the interpreter cannot be started, or does not answer.
    """
    codes = _answered(sources, python)["codes"]
    return {source: base64.b64decode(code) for source, code in zip(sources, codes, strict=True) if code is not None}


def release_of(python: str) -> tuple[int, int]:
    """The Python that an interpreter is. Raises `UsageError` if it is none."""
    major, minor = _answered((), python)["python"]
    return int(major), int(minor)


def _answered(sources: Sequence[str], python: str | None) -> dict[str, Any]:
    """The child takes no paths, packages or settings of the user's (``-I -S``)."""
    command = [python or sys.executable, "-I", "-S", str(CHILD)]
    kept = {name: os.environ[name] for name in ("SYSTEMROOT",) if name in os.environ}  # Windows starts no Python without it
    request = json.dumps([*sources]).encode()
    try:
        ending = run_confined(command, request=request, environment=kept, seconds=SECONDS, memory_bytes=MEMORY_BYTES)
        answer = json.loads(ending.answer)
    except OSError as error:
        raise UsageError(f"{command[0]} cannot be started: {error.strerror or error}") from error
    except ValueError:
        raise UsageError(f"{command[0]} is no Python 3 that compiles: it left with exit code {ending.returncode}") from None
    return dict(answer)
