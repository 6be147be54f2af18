"""Writes kdoctor/keras_api/deployment.json: which layers a converter has no counterpart for, found by converting each of them.

For developers, when a converter is released: ``python tests/keras_api/generate_deployment.py --for tflite`` (and ``xla``, with Keras and
TensorFlow installed), ``--for onnx`` (with tf2onnx beside an older TensorFlow), ``--for tfjs --sources FOLDER`` (a checkout of tensorflow/tfjs).
A layer is listed where every way to make it (layer_cases.py) fails, with the converter's own first words. Each run replaces one part.
"""

from __future__ import annotations

import argparse
import datetime
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

FILE = Path(__file__).parents[2] / "kdoctor" / "keras_api" / "deployment.json"
CASES = 2  # of each class are tried
OPSET = 18
# How the converters name an operation that they do not know.
OPERATIONS = re.compile(
    r"XLA_CPU_JIT: (\w+)|Flex ops: ([\w, ]+)|Custom ops: ([\w, ]+)|'tf\.(\w+)' op is neither|[Oo]p \[[^:\]]*: (\w+)\] is not supported|No Op registered for (\w+)"
)


def to_tflite(function: Any, model: Any) -> None:
    import tensorflow as tf

    converter = tf.lite.TFLiteConverter.from_concrete_functions([function], model)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
    converter.convert()


def to_xla(function: Any, model: Any) -> None:
    import tensorflow as tf

    compiled = tf.function(model, jit_compile=True)
    arguments = [
        tf.constant("a", shape=spec.shape) if spec.dtype == tf.string else tf.ones(spec.shape, spec.dtype) for spec in function.inputs_given
    ]
    compiled(*arguments)


def to_onnx(function: Any, model: Any) -> None:
    import onnx
    import tensorflow as tf
    import tf2onnx

    made = tf.function(model, input_signature=function.inputs_given)
    converted, _ = tf2onnx.convert.from_function(made, input_signature=function.inputs_given, opset=OPSET)
    onnx.checker.check_model(converted)  # what tf2onnx does not know it leaves in the graph under TensorFlow's name


CONVERTERS: dict[str, Callable[[Any, Any], None]] = {"tflite": to_tflite, "xla": to_xla, "onnx": to_onnx}


class Traced:
    """A layer as a function of tensors with a batch of one, traced."""

    def __init__(self, case: Any) -> None:
        import keras
        import tensorflow as tf

        module = {"LayerScale": "keras.src.applications.convnext", "CustomScaleLayer": "keras.src.applications.inception_resnet_v2"}
        serialized = {"module": module.get(case.class_name, "keras.layers"), "class_name": case.class_name, "config": case.config}
        layer = keras.saving.deserialize_keras_object({**serialized, "registered_name": None})
        self.inputs_given = [tf.TensorSpec([length or 1 for length in shape], case.dtype) for shape in case.shapes]
        symbolic = [keras.Input(batch_shape=spec.shape, dtype=case.dtype) for spec in self.inputs_given]
        self.model = keras.Model(symbolic, layer(symbolic) if case.merged else layer(*symbolic))

        model = self.model

        def call(*tensors: Any) -> Any:
            return model(list(tensors), training=False)

        self.call = call
        self.function = tf.function(call, input_signature=self.inputs_given).get_concrete_function()
        self.function.inputs_given = self.inputs_given

    def converted(self, convert: Callable[[Any, Any], None]) -> None:
        convert(self.function, self.call)


def failures(name: str) -> dict[str, str]:
    """Class -> why, for those that never convert; what cannot be made at all is left out. A converter that breaks down as a whole takes a
    child process with it, and the next one goes on behind that layer."""
    found: dict[str, str] = {}
    done: set[str] = set()
    while True:
        child = subprocess.run(
            [sys.executable, __file__, "--for", name, "--worker", *sorted(done)], stdout=subprocess.PIPE, text=True, check=False
        )
        current = ""
        for line in child.stdout.splitlines():
            class_name, _, said = line.partition("\t")
            current = class_name if not said else ""
            done.add(class_name)
            if said not in ("", "ok", "none"):
                found[class_name] = said
        if child.returncode == 0:
            return dict(sorted(found.items()))
        if not current:
            raise RuntimeError(f"the child ended with {child.returncode} before it began")
        found[current] = "the converter breaks down"


def work(name: str, done: set[str]) -> None:
    """For each class a line when it is begun, and one with ``ok``, ``none`` or why it does not convert."""
    from layer_cases import CASES as ALL

    classes: dict[str, list[Any]] = {}
    for case in ALL:
        if case.class_name not in done:
            classes.setdefault(case.class_name, []).append(case)
    for class_name, cases in classes.items():
        print(class_name, flush=True)
        print(f"{class_name}\t{tried(name, cases[:CASES])}", flush=True)


def tried(name: str, cases: list[Any]) -> str:
    said = "none"
    for case in cases:
        try:
            traced = Traced(case)
        except Exception:
            continue
        try:
            traced.converted(CONVERTERS[name])
        except Exception as error:
            said = said if said != "none" else reason(error)
        else:
            return "ok"
    return said


def reason(error: BaseException) -> str:
    """The operations that are in the way, or the kind of error."""
    named = [next(filter(None, found)) for found in OPERATIONS.findall(str(error))]
    known = dict.fromkeys(name.strip() for name in named if name != "Placeholder")
    return ", ".join(known) or f"the converter raises {type(error).__name__}"


def of_tfjs(sources: Path) -> list[str]:
    """The classes that TensorFlow.js registers for its reader of layers models."""
    return sorted(set(_class_names(sources)))


def _class_names(sources: Path) -> Iterator[str]:
    for file in (sources / "tfjs-layers" / "src" / "layers").rglob("*.ts"):
        if not file.name.endswith("_test.ts"):
            yield from re.findall(r"static\s+(?:override\s+)?className\s*=\s*'(\w+)'", file.read_text("utf-8"))


def versions(*names: str) -> str:
    found = []
    for name in names:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    return ", ".join(found)


def main() -> None:
    """Parse the command line, replace one part of the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--for", dest="name", choices=[*CONVERTERS, "tfjs"], required=True)
    parser.add_argument("--sources", type=Path)
    parser.add_argument("--worker", nargs="*", help=argparse.SUPPRESS)
    parser.add_argument("--out", type=Path, default=FILE)
    options = parser.parse_args()
    if options.worker is not None:
        work(options.name, set(options.worker))
        return
    document = json.loads(options.out.read_text("utf-8")) if options.out.exists() else {}
    part: dict[str, Any] = {"generated": datetime.date.today().isoformat()}
    if options.name == "tfjs":
        part |= {"source": "the registered classes of tfjs-layers in tensorflow/tfjs", "known": of_tfjs(options.sources)}
    else:
        part |= {"source": versions("keras", "tensorflow", "tf2onnx"), "missing": failures(options.name)}
    options.out.write_text(json.dumps({**document, options.name: part}, indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
