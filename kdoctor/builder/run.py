"""Ask a child process for the architecture that ``pkg.module:builder`` builds. Nothing of the user's is imported here."""

from __future__ import annotations

import json
import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kdoctor.confine import Ending, run_confined
from kdoctor.errors import UsageError
from kdoctor.verify.run import environment_for_keras

_START = (
    "import sys; sys.path.insert(0, sys.argv[1]); import kdoctor; sys.path.remove(sys.argv[1]); "
    "from kdoctor.builder.child import main; main()"
)
_BUILDER = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*(\.[^\W\d]\w*)*")


@dataclass(frozen=True, slots=True)
class BuilderLimits:
    """What the child may use: seconds, and bytes of resident memory, as `kdoctor.verify` counts them. It is the user's own code: these stop
    what has gone astray, nothing else."""

    seconds: float = 600.0
    memory_bytes: int = 64 << 30


_LIMITS = BuilderLimits()


def is_builder(text: str) -> bool:
    """Whether this names a function of a module: ``pkg.module:builder``."""
    return _BUILDER.fullmatch(text) is not None


def architecture_of(text: str, limits: BuilderLimits = _LIMITS) -> dict[str, Any]:
    """What ``to_json`` says of the model that the function ``pkg.module:builder`` returns when it is called without arguments.

    It runs in a child process of this interpreter, with the current folder first among the places of modules, and standing in it.
    Raises `UsageError`, in one line, for whatever keeps it from returning a model of Keras.
    """
    module, _, name = text.partition(":")
    try:
        ending = run_confined(
            [sys.executable, "-c", _START, str(Path(__file__).absolute().parents[2])],
            request=json.dumps({"module": module, "name": name, "folder": os.path.realpath(os.getcwd())}).encode(),
            environment=environment_for_keras(os.environ),
            seconds=limits.seconds,
            memory_bytes=limits.memory_bytes,
        )
    except OSError as error:
        raise UsageError(f"{sys.executable} cannot be started: {error.strerror or error}") from error
    found = _known(ending)
    if isinstance(found.get("architecture"), dict):
        architecture: dict[str, Any] = found["architecture"]
        return architecture
    raise UsageError(f"--architecture {text}: {found.get('error') or _death(ending, limits)}")


def _known(ending: Ending) -> dict[str, Any]:
    try:
        found = json.loads(ending.answer)
    except ValueError:  # it died, or told more than is read of an answer
        return {}
    return found if isinstance(found, dict) else {}


def _death(ending: Ending, limits: BuilderLimits) -> str:
    if ending.stopped_for == "time":
        return f"no model after {limits.seconds:g} s"
    if ending.stopped_for == "memory":
        return f"it needed more than {limits.memory_bytes / 1e9:.1f} GB"
    if ending.answer:
        return "the architecture is larger than what is read of one"
    return f"Python ended while it built the model (exit code {ending.returncode})"
