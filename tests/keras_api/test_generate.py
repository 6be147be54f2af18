"""Reading a wheel: small ones, written for the occasion."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from kdoctor.keras_api.api_object import OPAQUE, REQUIRED
from kdoctor.keras_api.constructor import Signature, class_signature
from kdoctor.keras_api.hierarchy import Hierarchy
from kdoctor.keras_api.spans import spans
from kdoctor.keras_api.wheel import read_wheel
from kdoctor.structure.snake_case import snake_case

BASE = """
class Layer:
    def __init__(self, *, dtype=None, name=None, **kwargs):
        kwargs.pop("input_shape", None)
        if kwargs:
            raise ValueError("Unrecognized keyword arguments")
"""


def hierarchy(folder: Path, source: str) -> Hierarchy:
    """A wheel of two modules: ``keras.src.layer`` with a base layer, and ``keras.src.subject``."""
    with zipfile.ZipFile(folder / "keras.whl", "w") as wheel:
        wheel.writestr("keras/__init__.py", "from keras.src.subject import *\n")
        wheel.writestr("keras/src/layer.py", BASE)
        wheel.writestr("keras/src/layer_test.py", "raise SystemExit")
        wheel.writestr("keras/src/subject.py", "from keras.src import layer\nfrom keras.src.layer import Layer\n" + source)
    return Hierarchy(read_wheel(folder / "keras.whl"))


def signature(folder: Path, source: str) -> Signature:
    return class_signature(hierarchy(folder, source), ("keras.src.subject", "Tested"))


def test_what_a_constructor_passes_up_is_taken_unless_it_fills_it_itself(tmp_path: Path) -> None:
    found = signature(
        tmp_path, "class Tested(Layer):\n    def __init__(self, units, **kwargs):\n        super().__init__(dtype='int8', **kwargs)\n"
    )
    assert found == Signature({"units": REQUIRED, "name": None, "input_shape": None})


def test_a_base_called_by_its_name_counts_too(tmp_path: Path) -> None:
    found = signature(tmp_path, "class Tested(Layer):\n    def __init__(self, **kwargs):\n        layer.Layer.__init__(self, **kwargs)\n")
    assert set(found.parameters) == {"dtype", "name", "input_shape"}


def test_keywords_that_go_nowhere_are_swallowed(tmp_path: Path) -> None:
    found = signature(tmp_path, "class Tested(Layer):\n    def __init__(self, **kwargs):\n        super().__init__()\n")
    assert found == Signature({}, takes_anything=True)


def test_names_popped_in_a_loop_are_taken(tmp_path: Path) -> None:
    body = "known = {'decay': 0.5, 'scale': f()}\n        for key, default in known.items():\n            kwargs.pop(key, default)\n"
    found = signature(
        tmp_path, f"class Tested(Layer):\n    def __init__(self, **kwargs):\n        {body}        super().__init__(**kwargs)\n"
    )
    assert {name: found.parameters[name] for name in ("decay", "scale")} == {"decay": 0.5, "scale": OPAQUE}


def test_a_class_without_a_constructor_has_its_base_s(tmp_path: Path) -> None:
    assert set(signature(tmp_path, "class Tested(Layer):\n    pass\n").parameters) == {"dtype", "name", "input_shape"}


def test_a_class_may_shadow_the_base_that_it_extends(tmp_path: Path) -> None:
    wheel = hierarchy(tmp_path, "class Layer(Layer):\n    pass\n")
    assert wheel.order(("keras.src.subject", "Layer")) == (("keras.src.subject", "Layer"), ("keras.src.layer", "Layer"))


def test_a_name_is_followed_through_a_star_import(tmp_path: Path) -> None:
    assert hierarchy(tmp_path, "class Tested:\n    pass\n").find("keras", "Tested") == ("keras.src.subject", "Tested")


def test_only_the_branch_of_the_tensorflow_backend_is_read(tmp_path: Path) -> None:
    source = "if backend() == 'jax':\n    class Tested: pass\nelif backend() == 'tensorflow':\n    class Tested(Layer): pass\n"
    assert len(hierarchy(tmp_path, source).order(("keras.src.subject", "Tested"))) == 2


def test_tests_inside_a_wheel_are_not_read(tmp_path: Path) -> None:
    assert "keras.src.layer_test" not in hierarchy(tmp_path, "").modules


def test_equal_neighbours_become_one_span() -> None:
    assert spans(["a", "a", None, "a", "b"]) == [(0, 1, "a"), (3, 3, "a"), (4, 4, "b")]


@pytest.mark.parametrize(("name", "snake"), [("GlorotUniform", "glorot_uniform"), ("L2", "l2"), ("AUC", "auc"), ("MeanIoU", "mean_io_u")])
def test_a_class_name_becomes_the_identifier_that_keras_makes_of_it(name: str, snake: str) -> None:
    assert snake_case(name) == snake
