"""K404: bytecode of another Python than the target's."""

from __future__ import annotations

import base64
import json
import marshal
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from stored_lambdas import crop

from kdoctor.check import Repair, Safety
from kdoctor.document import Document, Format
from kdoctor.edit import apply
from kdoctor.recompiling.run import compiled
from kdoctor.target import Given, Target
from kdoctor.testing import KERAS_3, document, examine, layer, model

DATA = Path(__file__).parent.parent / "bytecode" / "data"
OTHER = (3, 12) if sys.version_info[:2] != (3, 12) else (3, 13)
SOURCE = "lambda x: x / 255.0 - 0.5"


def by(python: str, source: str = SOURCE, **more: Any) -> dict[str, Any]:
    """A Lambda layer whose code this Python compiled."""
    rows = json.loads((DATA / f"{python}.json").read_text())["codes"]
    (code,) = [row["marshal"] for row in rows if row["source"] == source]
    assert base64.b64decode(code)
    return layer("Lambda", name="crop", function={"class_name": "__lambda__", "config": {"code": code, "defaults": None, **more}})


def running(python: tuple[int, int]) -> Target:
    return replace(KERAS_3, python=python)


def test_a_release_that_needs_a_later_python_cannot_read_the_code_whatever_is_installed() -> None:
    (finding,) = examine("K404", model(by("3.9")))
    assert "Keras 3.15.1 needs Python 3.11 or later: it cannot be read there" in finding.message
    assert finding.keras_says == "ValueError: bad marshal data (unknown type code)"
    assert not finding.mild
    (finding,) = examine("K404", model(by("3.6")))
    assert finding.keras_says == "EOFError: EOF read where object expected"


@pytest.mark.parametrize(("release", "python"), [("3.9.2", "3.9"), ("3.0.5", "3.10"), ("3.15.1", "3.11"), ("3.15.1", "3.13")])
def test_where_the_right_python_may_be_running_nothing_is_said(release: str, python: str) -> None:
    assert examine("K404", model(by(python)), Target(release)) == []


def test_the_python_that_runs_keras_here_is_held_against_the_code() -> None:
    assert examine("K404", model(by("3.11")), running((3, 11))) == []
    (finding,) = examine("K404", model(by("3.13")), running((3, 11)))
    assert "Keras 3.15.1 runs in Python 3.11 here: it may crash or compute something else" in finding.message
    assert finding.mild  # of one layout: Python does not notice, and simple code may run


def test_code_that_several_pythons_write_alike_is_held_against_all_of_them() -> None:
    assert examine("K404", model(by("3.8")), replace(Target("3.0.5"), python=(3, 9))) == []


def test_the_cure_is_that_of_the_function() -> None:
    (finding,), (of_code,) = examine("K404", model(by("3.9"))), examine("K401", model(by("3.9")))
    assert finding.repair is not None
    assert finding.repair == of_code.repair  # one edit, by whichever code it is asked for
    assert (finding.repair.safety, finding.excerpt) == (Safety.SAFE, None)


def test_the_finding_shows_a_layer_to_paste_where_nothing_of_keras_computes_the_same() -> None:
    (finding,) = examine("K404", model(by("3.9", SAMPLING)))
    assert finding.repair is not None
    assert (finding.repair.safety, finding.repair.edits) == (Safety.ADVICE, ())
    assert finding.excerpt is not None
    assert "class Crop(keras.layers.Layer):\n    def call(self, inputs):\n        return inputs[0] + " in finding.excerpt.text


def calling(text: str, name: str) -> dict[str, Any]:
    """A Lambda layer of a named function, compiled by this Python."""
    space: dict[str, Any] = {}
    exec(compile(text, "train.py", "exec"), space)
    code = base64.b64encode(marshal.dumps(space[name].__code__)).decode()
    return layer("Lambda", name="crop", function={"class_name": "__lambda__", "config": {"code": code, "defaults": None, "closure": None}})


@pytest.mark.parametrize(
    ("text", "lost"),
    [
        ("def f(x):\n from keras.backend import tf as k\n return k.image.resize(x, (4, 4))", "keras.backend.tf"),
        ("def f(x):\n from keras import backend as K\n return K.random_normal(K.shape(x))", "keras.backend.random_normal"),
        (
            "def f(x):\n import tensorflow as tf\n return tf.image.resize_images(x, (4, 4), align_corners=True)",
            "tensorflow.image.resize_images",
        ),
        ("def f(x):\n return tf.contrib.layers.flatten(x)", "tensorflow.contrib"),
    ],
)
def test_what_reads_names_that_are_gone_is_not_compiled_anew(text: str, lost: str) -> None:
    (finding,) = examine("K404", model(calling(text, "f")), running(OTHER))
    assert f"because it reads {lost}, which Keras 3.15.1 and its TensorFlow have not" in finding.message
    assert finding.repair is None or finding.repair.safety is Safety.ADVICE


@pytest.mark.parametrize(
    "text",
    [
        "def f(x):\n import tensorflow as tf\n return tf.random.normal(tf.shape(x)) + tf.nn.ctc_loss",
        "def f(x):\n from tensorflow.keras import backend as K\n return K.random_normal(K.shape(x))",
        "def f(x):\n from keras import backend as K\n return K.backend() + K.epsilon()",
        "def f(x):\n import tensorflow as tf\n tf = tf.contrib\n return tf.nn.nothing(x)",  # bound twice: not followed
        "def f(x):\n from tensorflow.python.ops import nn\n return nn.nothing(x)",
    ],
)
def test_what_reads_names_that_are_there_may_be_compiled_anew(text: str) -> None:
    (finding,) = examine("K404", model(calling(text, "f")), running(OTHER))
    assert finding.repair is not None
    assert finding.repair.safety is Safety.UNSAFE


def test_keras_3_0_still_has_the_old_backend() -> None:
    text = "def f(x):\n from keras import backend as K\n return K.random_normal(K.shape(x))"
    (finding,) = examine("K404", model(calling(text, "f")), replace(Target("3.0.5"), python=OTHER))
    assert finding.repair is not None
    assert finding.repair.safety is Safety.UNSAFE


KERAS_2 = Target("2.15.0")


def of_keras_2(*layers: dict[str, Any], format: Format = Format.H5_MODEL) -> Document:
    start = layer("InputLayer", name="in", batch_shape=[None, 4])
    for each in (start, *layers):
        del each["module"]
    return document(model(start, *layers).config, format=format, metadata={"keras_version": "2.2.4"})


def test_before_keras_3_the_layer_that_it_is_takes_its_place() -> None:
    sick = of_keras_2(by("3.6"))
    (finding,) = examine("K404", sick, KERAS_2)
    assert finding.repair is not None
    assert (finding.repair.safety, finding.repair.native, finding.excerpt) == (Safety.SAFE, False, None)
    (_, cured) = apply(sick, finding.repair.edits).config["config"]["layers"]
    assert (cured["class_name"], cured["config"]) == ("Rescaling", {"name": "crop", "scale": 1 / 255.0, "offset": -0.5})
    assert examine("K404", apply(sick, finding.repair.edits), KERAS_2) == []


@pytest.mark.parametrize(
    ("python", "source", "release", "format"),
    [
        ("3.9", SOURCE, "2.3.1", Format.H5_MODEL),  # has no Rescaling
        ("3.6", SOURCE, "2.15.0", Format.KERAS_ZIP),  # whose arrays lie by the number of their layer
        ("3.6", "lambda x: K.l2_normalize(x, axis=1)", "2.15.0", Format.H5_MODEL),  # several operations
    ],
)
def test_before_keras_3_what_is_no_layer_of_the_release_is_shown_to_paste(python: str, source: str, release: str, format: Format) -> None:
    (finding,) = examine("K404", of_keras_2(by(python, source), format=format), Target(release))
    assert finding.repair is not None
    assert (finding.repair.safety, finding.repair.edits) == (Safety.ADVICE, ())


def test_a_lambda_that_may_stop_a_mask_stays_what_it_is() -> None:
    sick = of_keras_2(layer("Masking", name="masking", mask_value=0.0), by("3.6"))
    (finding,) = examine("K404", sick, KERAS_2)
    assert finding.repair is not None
    assert not finding.repair.changes


SAMPLING = "lambda inputs: inputs[0] + K.exp(0.5 * inputs[1]) * K.random_normal(K.shape(inputs[0]))"
CAPTURING = "lambda x: K.map_fn(lambda y: y * scale, x)"
HERE = running(sys.version_info[:2])  # no test runs in Python 3.9


def repair_of(target: Target, source: str, **more: Any) -> Repair | None:
    (finding,) = examine("K404", model(by("3.9", source, **more)), target)
    return finding.repair


def test_what_no_operation_says_is_offered_to_be_compiled() -> None:
    repair = repair_of(HERE, SAMPLING)
    assert repair is not None
    assert (repair.safety, repair.edits, repair.changes) == (Safety.UNSAFE, (), True)
    assert "from tensorflow.keras import backend as K" in repair.source
    assert "safe_mode=False, and no other Python" in repair.title


def test_what_was_compiled_is_written_only_where_it_is_the_function() -> None:
    offered = repair_of(HERE, SAMPLING)
    assert offered is not None
    same, other = offered.source, offered.source.replace("0.5", "0.6")
    codes = compiled([same, other])
    for code, written in ((codes[same], True), (codes[other], False)):
        repair = repair_of(replace(HERE, given=Given(compiled={same: code})), SAMPLING)
        assert repair is not None
        assert bool(repair.edits) is written


def test_what_is_captured_is_carried_over() -> None:
    offered = repair_of(HERE, CAPTURING, closure=[0.5])
    assert offered is not None
    repair = repair_of(replace(HERE, given=Given(compiled=compiled([offered.source]))), CAPTURING, closure=[0.5])
    assert repair is not None
    (edit,) = repair.edits
    assert edit.new["config"]["closure"] == [0.5]


@pytest.mark.parametrize(
    ("source", "more"),
    [
        ("lambda x: [i for i in x if i > 0]", {}),
        ("lambda x: f(x)(y)", {}),
        (CAPTURING, {"closure": [{"class_name": "__numpy__", "config": {"value": [1], "dtype": "float32"}}]}),
        (CAPTURING, {"closure": None}),
    ],
)
def test_what_lacks_or_decides_is_not_compiled(source: str, more: dict[str, Any]) -> None:
    repair = repair_of(HERE, source, **more)
    assert repair is None or repair.safety is Safety.ADVICE


def test_what_has_a_safe_cure_is_not_compiled() -> None:
    repair = repair_of(HERE, SOURCE)
    assert repair is not None
    assert (repair.safety, repair.source) == (Safety.SAFE, "")


def test_what_reaches_for_the_system_is_never_compiled() -> None:
    (offered,) = examine("K404", model(by("3.9", "lambda x: f(a, b=1)")), replace(HERE, given=Given(bindings={"f": 1, "a": 1})))
    assert offered.repair is not None
    assert offered.repair.source
    shown = reaching()
    (finding,) = examine("K404", model(shown), elsewhere())
    assert finding.repair is None or not finding.repair.source


def reaching() -> dict[str, Any]:
    """A Lambda of this Python that reaches for files."""
    return crop("lambda x: tf.scan(lambda a, r: a + len(open('x').read()), x)")


def elsewhere() -> Target:
    """Another Python than this one."""
    return running((3, 13) if sys.version_info[:2] != (3, 13) else (3, 11))


def test_a_release_whose_python_nobody_knows_gets_no_offer() -> None:
    repair = repair_of(KERAS_3, SAMPLING)
    assert repair is not None
    assert repair.safety is Safety.ADVICE


def test_a_named_function_by_its_name_has_no_python() -> None:
    named = {"module": "builtins", "class_name": "function", "config": "relu", "registered_name": "function"}
    assert examine("K404", model(layer("Lambda", name="crop", function=named)), running((3, 13))) == []
