"""A learning-rate schedule as people write one: ``exponential_decay(0.01, 1000, 0.9)``, and as Keras saves it."""

from __future__ import annotations

import ast
import math
from collections.abc import Mapping

from kdoctor.document import Json
from kdoctor.errors import UsageError
from kdoctor.keras_api.api_object import REQUIRED, ApiObject
from kdoctor.keras_api.catalogue import Catalogue
from kdoctor.keras_api.compile_reader import SCHEDULES
from kdoctor.structure.snake_case import snake_case

BASE = "LearningRateSchedule"
LISTS = ("boundaries", "values")  # of a PiecewiseConstantDecay; read in 2.9, 2.15 and 3.15.1
WHOLE = ("decay_steps", "first_decay_steps", "warmup_steps")


def is_schedule(value: ast.expr) -> bool:
    """Whether a learning rate is a call, rather than a plain value."""
    return isinstance(value, ast.Call) and isinstance(value.func, ast.Name)


def schedule(call: ast.expr, catalogue: Catalogue) -> dict[str, Json]:
    """The call as an object of the release, by what it calls its arguments. Raises `UsageError`, and says what is possible."""
    assert isinstance(call, ast.Call)
    assert isinstance(call.func, ast.Name)
    known = _known(catalogue)
    found = known.get(snake_case(call.func.id))
    if found is None:
        have = f"Keras {catalogue.release} has {', '.join(sorted(known))}" if known else f"Keras {catalogue.release} has none"
        raise UsageError(f"--compile: there is no schedule {call.func.id!r}; {have}")
    config = {name: _fitting(found, name, value) for name, value in _arguments(call, found).items()}
    missing = [name for name, default in found.parameters.items() if default is REQUIRED and name not in config]
    if missing:
        raise UsageError(f"--compile: {snake_case(found.name)} needs {', '.join(missing)}")
    bounds, values = (config.get(name) for name in LISTS)
    if isinstance(bounds, list) and isinstance(values, list) and len(values) != len(bounds) + 1:
        raise UsageError(f"--compile: {snake_case(found.name)} wants one value more than boundaries, not {len(values)} for {len(bounds)}")
    return {"module": SCHEDULES, "class_name": found.name, "config": config, "registered_name": None}


def _known(catalogue: Catalogue) -> Mapping[str, ApiObject]:
    """The release's schedules by their names in snake case."""
    objects = [catalogue.resolve(SCHEDULES, name) or catalogue.function("schedule", name) for name in catalogue.names("schedule")]
    return {snake_case(one.name): one for one in objects if one is not None and one.name != BASE}


def _arguments(call: ast.Call, found: ApiObject) -> dict[str, Json]:
    names = [name for name in found.parameters if name != "name"]
    title = snake_case(found.name)
    if len(call.args) > len(names):
        raise UsageError(f"--compile: {title} takes {len(names)} arguments: {', '.join(names)}")
    given = [*zip(names, call.args, strict=False), *((str(word.arg), word.value) for word in call.keywords)]
    said: dict[str, Json] = {}
    for name, value in given:
        if name not in found.parameters:
            raise UsageError(f"--compile: {title} takes no {name!r}; it takes {', '.join(names)}")
        if name in said:
            raise UsageError(f"--compile: {title} is given {name!r} twice")
        try:
            said[name] = ast.literal_eval(value)
        except ValueError as error:
            raise UsageError(f"--compile: {name} of {title} is no plain value") from error
    return said


def _fitting(found: ApiObject, name: str, value: Json) -> Json:
    default = found.parameters[name]
    if name == "name" or (value is None and default is None):
        fits, wanted = isinstance(value, str) or value is None, "a text"
    elif isinstance(default, bool):
        fits, wanted = isinstance(value, bool), "True or False"
    elif name in LISTS:
        value = [*value] if isinstance(value, (list, tuple)) else value
        fits, wanted = isinstance(value, list) and len(value) > 0 and all(map(_is_number, value)), "a list of numbers"
    else:
        fits, wanted = _is_number(value), "a number"
    if not fits:
        raise UsageError(f"--compile: {name} of {snake_case(found.name)} is {wanted}, not {value!r}")
    if name == "values":
        return [float(each) for each in value]
    return value if name in WHOLE or not _is_number(value) else float(value)


def _is_number(value: Json) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
