"""Load a model file with real Keras, in a child process that can hurt nobody, and compare what it computes."""

from __future__ import annotations

import enum
import json
import os
import re
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

from kdoctor.confine import Ending, run_confined
from kdoctor.errors import ReadError, UsageError
from kdoctor.verify.answer import Request

_START = (
    "import sys; sys.path.insert(0, sys.argv[1]); import kdoctor; sys.path.remove(sys.argv[1]); "
    "from kdoctor.verify.child import main; main()"
)
"""Not `-m`: the child must find this very kdoctor, installed or not, without this Python's packages hiding its own."""

_LAST_WORDS = re.compile(rb"^(?:F\d{4} .*|Fatal Python error.*|\s*what\(\):.*|.*bad_alloc.*|.*[Aa]ssertion .*failed.*)$", re.MULTILINE)
_ACCESS_VIOLATION = 0xC0000005  # what Windows has for a segmentation fault


class Outcome(enum.Enum):
    """How a verification ended."""

    OK = "ok"
    FAILED = "failed"
    DIFFERENT = "different"
    TIMED_OUT = "timed out"
    OUT_OF_MEMORY = "out of memory"
    CRASHED = "crashed"
    NO_KERAS = "no keras"


class Output(NamedTuple):
    """One array that the model gave: its shape with the batch first, and its dtype by name (`string` for words)."""

    shape: tuple[int, ...]
    dtype: str


@dataclass(frozen=True, slots=True)
class VerifyLimits:
    """What the child may use: wall-clock seconds (importing TensorFlow takes up to 15 of them) and bytes of resident memory."""

    seconds: float = 120.0
    memory_bytes: int = 8 << 30


_LIMITS = VerifyLimits()


@dataclass(frozen=True, slots=True)
class Verification:
    """What real Keras did with a file.

    `loads` and `stage` tell how far it came, whatever happened then. `error` has Keras's own first lines, or a sentence;
    with OK it is `None` except for a model that does not know its inputs: that one was loaded and not run.
    `outputs` are those of the prediction. `same` and `max_abs_diff` are `None` where nothing was compared.
    `peak_memory_bytes` is `None` on platforms that do not tell.
    """

    outcome: Outcome
    loads: bool
    stage: Literal["load", "predict", "compare", "done"]
    error: str | None
    keras: str | None
    backend: str | None
    outputs: tuple[Output, ...]
    same: bool | None
    max_abs_diff: float | None
    seconds: float
    peak_memory_bytes: int | None


def verify(
    path: Path,
    *,
    against: Path | None = None,
    limits: VerifyLimits = _LIMITS,
    seed: int = 0,
    samples: int = 2,
    trust: Sequence[str] = (),
    python: str | None = None,
    recursion_limit: int | None = None,
) -> Verification:
    """Load `path` with `keras.saving.load_model(path)`, safe mode on, predict on random input, and compare with `against`.

    The input has `samples` rows (unless the model fixes its batch), is made from the model's own input specs, and is the
    same for the same `seed`.
    Two files compute the same if no output differs by more than 1e-5 (2e-2 for half precision) of its scale, which is
    at least 1. `python` is the interpreter that has Keras, this one by default. The user's choice of Keras backend holds
    (environment, then keras.json, then TensorFlow); it runs on the CPU.

    The child is ended with all its children at `limits`. The time limit holds everywhere. The memory limit is watched on
    Linux and macOS, every 0.05 and 0.5 s, so a child may pass it for a moment; on Linux RLIMIT_DATA stops a single
    larger claim. On **Windows memory is not limited**. Nobody can limit address space: TensorFlow needs too much of it.

    `trust` names the TensorFlow Hub modules that it may run (see `kdoctor.hub.trust`): handles, folders, or the file that brings them.
    `recursion_limit` is what Python's is set to before, if anything.

    Raises ReadError if a file is not there, UsageError if `python` cannot be started.
    """
    for file in (path, against):
        if file is not None and not file.exists():
            raise ReadError(f"{file} is not there")
    request = Request(
        str(path.absolute()),
        None if against is None else str(against.absolute()),
        seed,
        samples,
        limits.memory_bytes,
        [*map(_lasting, trust)],
        recursion_limit,
    )
    command = [python or sys.executable, "-c", _START, str(Path(__file__).absolute().parents[2])]
    try:
        ending = run_confined(
            command,
            request=json.dumps(asdict(request)).encode(),
            environment=environment_for_keras(os.environ),
            seconds=limits.seconds,
            memory_bytes=limits.memory_bytes,
        )
    except OSError as error:
        raise UsageError(f"{command[0]} cannot be started: {error.strerror or error}") from error
    return _verification(ending, limits)


def _lasting(what: str) -> str:
    """A path that survives the change of folder; a handle as it is."""
    return os.path.abspath(what) if os.path.exists(what) else what


def environment_for_keras(inherited: Mapping[str, str]) -> dict[str, str]:
    """The user's own, without a GPU, without TensorFlow's chatter, and with import paths that survive the change of folder."""
    environment = {**inherited, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1", "PYTHONSAFEPATH": "1"}
    environment["PYTHONWARNINGS"] = "ignore"  # a user's `error` would make loading fail
    if paths := inherited.get("PYTHONPATH"):
        environment["PYTHONPATH"] = os.pathsep.join(os.path.abspath(path) for path in paths.split(os.pathsep))
    return environment


def _verification(ending: Ending, limits: VerifyLimits) -> Verification:
    known = _known(ending.answer)
    outcome, error = _outcome(ending, limits, known)
    return Verification(
        outcome=outcome,
        loads=bool(known.get("loads")),
        stage=known.get("stage", "load"),
        error=error,
        keras=known.get("keras"),
        backend=known.get("backend"),
        outputs=tuple(Output(tuple(shape), dtype) for shape, dtype in known.get("outputs", ())),
        same=known.get("same"),
        max_abs_diff=known.get("max_abs_diff"),
        seconds=ending.seconds,
        peak_memory_bytes=ending.peak_memory_bytes,
    )


def _known(answer: bytes) -> dict[str, Any]:
    """All lines of the answer in one; the last one may be cut short if the child died while it wrote."""
    known: dict[str, Any] = {}
    for line in answer.splitlines():
        try:
            known.update(json.loads(line))
        except ValueError:
            break
    return known


def _outcome(ending: Ending, limits: VerifyLimits, known: Mapping[str, Any]) -> tuple[Outcome, str | None]:
    if "outcome" in known:
        outcome, error = Outcome[known["outcome"]], known.get("error")
        if outcome is Outcome.NO_KERAS:
            error = f'Keras cannot be imported ({error}); pip install "kdoctor[verify]"'
        return outcome, error
    doing = {"predict": "predicting", "compare": "comparing"}.get(known.get("stage", ""), "loading")
    doing = doing if "keras" in known else "importing Keras"
    if ending.stopped_for == "time":
        return Outcome.TIMED_OUT, f"still {doing} after {limits.seconds:g} s"
    if ending.stopped_for == "memory":
        return Outcome.OUT_OF_MEMORY, f"needed more than {limits.memory_bytes / 1e9:.1f} GB while {doing}"
    said = [words.decode("utf-8", "replace").strip() for words in _LAST_WORDS.findall(ending.chatter)]
    if any("bad_alloc" in words for words in said):
        return Outcome.OUT_OF_MEMORY, f"ran out of memory while {doing}"
    return Outcome.CRASHED, ": ".join([f"Python {_death(ending.returncode)} while {doing}", *said[-1:]])


def _death(returncode: int) -> str:
    if returncode & 0xFFFFFFFF == _ACCESS_VIOLATION:
        return "was ended by an access violation"
    if returncode >= 0:
        return f"left with exit code {returncode}"
    try:
        name = signal.Signals(-returncode).name
    except ValueError:
        name = f"signal {-returncode}"
    return f"was killed by {name}" + (", which the system does when memory runs out," if name == "SIGKILL" else "")
