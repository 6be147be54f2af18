"""What builds the user's model in a child process: import the module, call the function, tell what ``to_json`` says.

One JSON request comes on standard input, and one JSON object goes to standard output: the architecture, or why there is none. Whatever
the user's code, Keras and its backend print goes to standard error.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from typing import Any

from kdoctor.verify.answer import Answer, Refusal, attempt

HOMES = ("keras", "tf_keras", "tensorflow")  # of the class Model, as Keras 3, tf-keras, and tf.keras before 2.6 have it


@dataclass(frozen=True, slots=True)
class Asked:
    """What the parent asks for: the function, and the folder that its user stands in."""

    module: str
    name: str
    folder: str


def main() -> None:
    """Answer the one request, then leave at once: a backend that crashes while it is torn down changes nothing any more."""
    answer = Answer(os.fdopen(os.dup(1), "w", encoding="utf-8"))
    os.dup2(2, 1)
    asked = Asked(**json.load(sys.stdin))
    os.chdir(asked.folder)
    sys.path.insert(0, asked.folder)
    build(asked, answer)
    os._exit(0)


def build(asked: Asked, answer: Answer) -> None:
    """Tell the architecture, or the first step that failed."""
    call = f"{asked.name}()"
    module = _step(answer, asked, f"{asked.module} cannot be imported", lambda: importlib.import_module(asked.module))
    if module is None:
        return
    builder = reduce(lambda found, name: getattr(found, name, None), asked.name.split("."), module)
    if not callable(builder):
        answer.add(
            error=f"{asked.module} has no function {asked.name}"
            + ("" if builder is None else f": it is {_article(type(builder).__name__)}")
        )
        return
    model = _step(answer, asked, f"{call} failed", lambda: (builder(),))
    if model is None:
        return
    if not _is_model(model[0]):
        answer.add(error=f"{call} returned {_article(type(model[0]).__name__)}, and no model of Keras")
        return
    told = _step(answer, asked, f"the model of {call} cannot be written down", lambda: json.loads(model[0].to_json()))
    if told is not None:
        answer.add(architecture=told)


def _step(answer: Answer, asked: Asked, failed: str, action: Callable[[], Any]) -> Any:
    """What the action returns; None where it raises, which is told with the user's own line."""
    found = attempt(action)
    if not isinstance(found, Refusal):
        return found
    own = [frame for frame in traceback.extract_tb(found.error.__traceback__) if frame.filename.startswith(asked.folder + os.sep)]
    where = f" ({os.path.relpath(own[-1].filename, asked.folder)}, line {own[-1].lineno})" if own else ""
    answer.add(error=f"{failed}: {found.words.splitlines()[0]}{where}")
    return None


def _is_model(value: object) -> bool:
    return any(base.__name__ == "Model" and base.__module__.split(".")[0] in HOMES for base in type(value).__mro__)


def _article(name: str) -> str:
    return "nothing" if name == "NoneType" else f"{'an' if name[:1] in 'AEIOUaeiou' else 'a'} {name}"
