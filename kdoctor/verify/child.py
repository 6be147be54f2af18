"""What `verify` runs in its child process: load with real Keras, predict, compare. Nothing else in kdoctor imports this.

One JSON request comes on standard input. The answer goes to standard output as one JSON object a line, each adding
to what is known: when the interpreter dies half-way, the lines before it still tell how far it came. Whatever Keras
and its backend print goes to standard error.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import sys
import threading
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kdoctor.verify.answer import Answer, Refusal, Request, attempt

if TYPE_CHECKING:  # numpy may be as missing as Keras: what needs it is imported once Keras is there
    from kdoctor.verify.trial import Trial

_ALLOWANCE = 1 << 30  # RLIMIT_DATA counts the stacks of threads, which are reserved and hardly touched


def main() -> None:
    """Answer the one request, then leave at once: a backend that crashes while it is torn down changes nothing any more."""
    answer = Answer(os.fdopen(os.dup(1), "w", encoding="utf-8"))
    os.dup2(2, 1)
    request = Request(**json.load(sys.stdin))
    _bound(request.memory_bytes)
    if request.recursion_limit is not None:
        sys.setrecursionlimit(request.recursion_limit)
    threading.Thread(target=_leave_with_the_parent, daemon=True).start()
    examine(request, answer)
    os._exit(0)


def _bound(memory_bytes: int) -> None:
    if sys.platform == "win32":
        return
    import resource

    with contextlib.suppress(ValueError, OSError):  # a stricter limit is there already
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if sys.platform == "linux":
            resource.setrlimit(resource.RLIMIT_DATA, (memory_bytes + _ALLOWANCE, memory_bytes + _ALLOWANCE))


def _leave_with_the_parent() -> None:
    """End when the parent was killed and cannot end us (POSIX: the parent's id changes then; on Windows it never does)."""
    parent = os.getppid()
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


def examine(request: Request, answer: Answer) -> None:
    """Load, predict and compare, telling the parent each step as it is reached."""
    keras = attempt(lambda: importlib.import_module("keras"))
    if isinstance(keras, Refusal):
        answer.add(outcome="NO_KERAS", error=keras.words)
        return
    answer.add(keras=keras.__version__, backend=keras.backend.backend())
    from kdoctor.verify.trial import load, predict_random

    hub = attempt(lambda: importlib.import_module("kdoctor.hub"))  # registers the layer of repaired hub models
    if not isinstance(hub, Refusal):
        hub.trust(*request.trust)
    model = attempt(partial(load, keras, request.path, request.seed))
    if isinstance(model, Refusal):
        answer.refuse(model)
        return
    answer.add(loads=True, stage="predict")
    trial = predict_random(keras, model, seed=request.seed, samples=request.samples)
    if isinstance(trial, Refusal):
        answer.refuse(trial)
        return
    answer.add(outputs=[[list(array.shape), _kind(array)] for array in trial.outputs])
    if request.against is not None:
        answer.add(stage="compare")
        _compare(keras, model, trial, request, answer)
    elif trial.inputs:
        answer.add(stage="done", outcome="OK")
    else:
        answer.add(outcome="OK", error="it does not say what input it takes, so it was loaded and not run")


def _kind(array: Any) -> str:
    return "string" if array.dtype.kind in "SUO" else str(array.dtype.name)


def _compare(keras: Any, model: Any, trial: Trial, request: Request, answer: Answer) -> None:
    from kdoctor.verify.compare import compare
    from kdoctor.verify.inputs import computes_in_half, mismatch, rearranged, slots
    from kdoctor.verify.trial import load, predict

    name = Path(str(request.against)).name
    other = attempt(partial(load, keras, str(request.against), request.seed))
    if isinstance(other, Refusal):
        answer.refuse(other, f"{name} does not load: ")
        return
    ours, theirs = slots(model), slots(other)
    if not ours or not theirs:
        mute = name if ours else Path(request.path).name
        answer.add(outcome="FAILED", error=f"{mute} does not say what input it takes, so nothing was compared")
        return
    if (sentence := mismatch(ours, theirs)) is not None:
        answer.add(stage="done", outcome="DIFFERENT", same=False, error=sentence)
        return
    outputs = attempt(partial(predict, keras, other, rearranged(trial.inputs, ours, theirs), request.seed))
    if isinstance(outputs, Refusal):
        answer.refuse(outputs, f"{name} loads but does not predict: ")
        return
    found = compare(trial.outputs, outputs, half=computes_in_half(model) or computes_in_half(other))
    outcome = "OK" if found.same else "DIFFERENT"
    answer.add(stage="done", outcome=outcome, same=found.same, max_abs_diff=found.max_abs_diff, error=found.sentence)
