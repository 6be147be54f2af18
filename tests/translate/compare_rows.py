"""Run by `test_every_row` in a process of its own: each row's calls as TensorFlow, Keras or numpy answers them, and as the row's operations do."""

from __future__ import annotations

import functools
import importlib
import json
import operator
import os
import sys
from typing import Any

import numpy as np
from row_calls import BEFORE_1, CALLS, OF_NUMBERS, POSITIONS, SETTINGS, UNTESTED

DTYPES = ("float32", "float64", "float16", "int32", "uint8", "bool")
TOLERANCES = {"float16": 4e-3, "float32": 1e-5, "float64": 1e-9}
OPERATORS = {"op.and": operator.and_, "op.or": operator.or_, "op.div": operator.truediv, "op.getitem": operator.getitem, "op.abs": abs}


def subjects(dtype: str) -> dict[str, Any]:
    random = np.random.default_rng(11)

    def of(*shape: int) -> Any:
        return (random.normal(size=shape) * (1 if dtype.startswith("float") else 4)).astype("float64")

    made = {"x": of(2, 4, 6), "y": of(2, 4, 6), "m": of(2, 4, 4), "i": of(2, 6, 6, 3), "v": of(6)}
    made |= {"p": np.abs(of(2, 4, 6)) + 0.5, "u": random.uniform(-0.9, 0.9, (2, 4, 6))}
    if dtype == "uint8":
        made = {name: np.abs(value) for name, value in made.items()}
    given = {name: (value > 0 if dtype == "bool" else value.astype(dtype)) for name, value in made.items()}
    return {**given, "n": random.integers(0, 4, (2, 3)).astype("int32"), "b": of(2, 4, 6) > 0, "c": of(2, 4, 6) > 0}


def answered(name: str) -> Any:
    """The function itself."""
    import keras
    import tensorflow as tf
    from keras.src.legacy import backend

    home, _, last = name.rpartition(".")
    if home == "op":
        return OPERATORS.get(name) or getattr(operator, last)
    if name.startswith("ops."):
        return functools.reduce(getattr, name.split(".")[1:], keras.ops)
    if home == "np":
        return getattr(np, last)
    if home == "K" and name not in BEFORE_1:
        return getattr(backend, last)
    if home == "activations":
        return getattr(keras.activations, last)
    if home.startswith("applications"):
        return importlib.import_module(f"keras.src.applications.{home.partition('.')[2].replace('resnet50', 'resnet')}").preprocess_input
    path = BEFORE_1.get(name) or name.partition(".")[2]
    if name == "tf.__operators__.getitem":
        return operator.getitem
    for start in ("", "math.", "compat.v1.", "compat.v1.math."):
        try:
            return functools.reduce(getattr, f"{start}{path}".split("."), tf)
        except AttributeError:
            continue
    raise LookupError(name)


def told(name: str, call: str, given: dict[str, Any]) -> Any:
    """What the row's operations give. Raises `Untranslatable`."""
    from kdoctor.translate.graph import Graph
    from kdoctor.translate.interpret import Interpreter
    from kdoctor.translate.table import call as asked
    from kdoctor.translate.values import Tensor

    graph = Graph("3.15.1", set(given), keras_minor=(3, 15) if name.startswith("activations") else (2, 15))
    names = {key: Tensor(key, 0, 0, value.shape, str(value.dtype)) for key, value in given.items()}
    source = f"lambda {', '.join(names)}: (lambda *args, **kwargs: (args, kwargs))({call})"
    args, kwargs = _arguments(Interpreter(graph, {}, {}), source, names)
    result = asked(graph, name, args, kwargs)
    return _run(graph, result, given)


def _arguments(interpreter: Any, source: str, names: dict[str, Any]) -> Any:
    """The arguments as the interpreter has them: each is followed as an expression of its own."""
    import ast

    tree: Any = ast.parse(source, mode="eval").body
    call = tree.body

    def of(node: ast.expr) -> Any:
        return _followed(interpreter, ast.unparse(node), names)

    return tuple(of(node) for node in call.args), {keyword.arg: of(keyword.value) for keyword in call.keywords}


def _followed(interpreter: Any, source: str, names: dict[str, Any]) -> Any:
    import marshal

    from kdoctor.bytecode.evaluate import evaluate
    from kdoctor.bytecode.marshal import read_code

    function = eval(f"lambda {', '.join(names)}: {source}")
    return interpreter.follow(evaluate(read_code(marshal.dumps(function.__code__)), sys.version_info[:2]), dict(names))


def _run(graph: Any, result: Any, given: dict[str, Any]) -> Any:
    """The graph's nodes called one after the other on numbers."""
    import tensorflow as tf

    from kdoctor.translate.values import Tensor

    values: dict[str, Any] = {name: tf.constant(value) for name, value in given.items()}

    def of(value: Any) -> Any:
        kind = value.get("class_name") if isinstance(value, dict) else None
        if kind == "__keras_tensor__":
            name, _, output = value["config"]["keras_history"]
            return values[name][output] if isinstance(values[name], (list, tuple)) else values[name]
        if kind == "__numpy__":
            return np.asarray(value["config"]["value"], value["config"]["dtype"])
        if kind == "__slice__":
            return slice(*(of(value["config"][part]) for part in ("start", "stop", "step")))
        if kind == "__ellipsis__":
            return Ellipsis
        return [of(item) for item in value] if isinstance(value, list) else value

    for node in graph.layers:
        made = getattr(importlib.import_module(node["module"]), node["class_name"])(**node["config"])
        args = [of(value) for value in node["inbound_nodes"][0]["args"]]
        args = [tuple(arg) if node["class_name"] == "GetItem" and isinstance(arg, list) else arg for arg in args]
        values[node["name"]] = made(*args)

    def final(value: Any) -> Any:
        if isinstance(value, Tensor):
            found = values[value.layer]
            found = found[value.output] if isinstance(found, (list, tuple)) else found
            if value.dtype is not None and str(np.asarray(found).dtype) != value.dtype:
                raise AssertionError(f"told to be {value.dtype}, is {np.asarray(found).dtype}")
            return found
        return [final(item) for item in value] if isinstance(value, (list, tuple)) else value

    return final(result)


def compared(name: str, wanted: Any, found: Any) -> str:
    if isinstance(wanted, (list, tuple)):
        if not isinstance(found, (list, tuple)) or len(wanted) != len(found):
            return "another number of results"
        return next((said for a, b in zip(wanted, found, strict=True) if (said := compared(name, a, b)) != "ok"), "ok")
    one, other = np.asarray(wanted), np.asarray(found)
    if one.shape != other.shape:
        return f"shapes {one.shape} and {other.shape}"
    any_width = (name.rpartition(".")[2] in POSITIONS and one.dtype.kind == "i") or name.startswith("np.")
    if one.dtype != other.dtype and not (any_width and one.dtype.kind == other.dtype.kind):
        return f"dtypes {one.dtype} and {other.dtype}"
    near = TOLERANCES.get(str(other.dtype), 0)
    return "ok" if np.allclose(one.astype("float64"), other.astype("float64"), near, near, equal_nan=True) else "other numbers"


def judge(name: str, call: str, dtype: str) -> str:
    import tensorflow as tf

    from kdoctor.translate.values import Untranslatable

    given = subjects(dtype)
    tensors = {key: tf.constant(value) for key, value in given.items()}
    asked = answered(name)
    try:
        wanted = eval(f"asked({call})", {**tensors, "asked": asked})
    except Exception as error:
        return f"no such call: {type(error).__name__}: {error}"[:200]
    try:
        found = told(name, call, given)
    except Untranslatable as error:
        return f"refused: {error}"
    return compared(name, wanted, found)


def answer_to(name: str, call: str, dtype: str) -> str:
    try:
        return judge(name, call, dtype)
    except Exception as error:  # each must have its answer
        return f"{type(error).__name__}: {error}"[:300]


def of_parameters(entry: dict[str, Any]) -> str:
    """A call of a function of keras.ops with what it cannot do without: tensors, and settings by their names."""
    tensors = iter("xypxypxyp")
    needed = [parameter[0] for parameter in entry["parameters"] if len(parameter) == 1]
    return ", ".join(SETTINGS[name] if name in SETTINGS and name not in entry["operands"] else next(tensors) for name in needed)


def main() -> None:
    from kdoctor.translate.rows.keras_ops import REFUSED, functions
    from kdoctor.translate.table import ROWS

    answer = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever TensorFlow prints
    said: dict[str, dict[str, str]] = {}
    for name in ROWS:
        if name in UNTESTED:
            continue
        last = name.rpartition(".")[2]
        calls = (
            OF_NUMBERS.get(last, CALLS.get(last, ("[0.5, 0.25]",))) if name.startswith("np.") else CALLS.get(name, CALLS.get(last, ("x",)))
        )
        if name.startswith("np.") and not any("[" in call or "(" in call or call[0].isdigit() for call in calls):
            calls = ("[0.5, 0.25]", "0.5")
        said[name] = {}
        for call in calls:
            for dtype in DTYPES[:1] if name.startswith("np.") else DTYPES:
                said[name][f"{call} | {dtype}"] = answer_to(name, call, dtype)
    for name, entry in functions().items():
        if name.rpartition(".")[2] not in REFUSED:
            call, row = of_parameters(entry), f"ops.{name}"
            said[row] = {f"{call} | {dtype}": answer_to(row, call, dtype) for dtype in ("float32", "int32")}
    json.dump(said, answer)
    answer.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
