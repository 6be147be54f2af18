"""Skeletons of classes that nobody can find."""

from __future__ import annotations

import ast

from kdoctor.custom.stub import stub
from kdoctor.target import Target
from kdoctor.testing import document, layer, model, sequential
from kdoctor.user_code.reading import definitions

KERAS_3 = Target("3.15.1")
SCALE = {**layer("Scale", module="train", name="scale", trainable=True, factor=2.0, build=[None, 4]), "registered_name": "my>Scale"}


def test_the_skeleton_is_python_with_the_arguments_and_weights_of_the_file() -> None:
    text = stub(document(sequential(layer("Dense", units=4), SCALE), weights={"layers/scale/vars/0": (4,)}), KERAS_3)
    assert text is not None
    (found,) = definitions(ast.parse(text), "mine", "mine.py")
    assert (found.name, found.registered) == ("Scale", "my>Scale")
    assert [(one.name, one.default) for one in found.arguments or ()] == [("factor", "2.0")]
    assert found.shapes == ((4,),)
    assert found.stated
    assert "def call(self, inputs):  # (None, 4) to" in text


def test_a_function_gets_a_skeleton_too() -> None:
    swishy = {"module": "builtins", "class_name": "function", "config": "swishy", "registered_name": "function"}
    text = stub(model(layer("Dense", activation=swishy)), KERAS_3)
    assert text is not None
    assert "def swishy(x):" in text


def test_nothing_is_written_for_a_file_of_keras_alone() -> None:
    assert stub(model(layer("Dense")), KERAS_3) is None


def test_a_name_that_is_no_name_never_becomes_code() -> None:
    hostile = {**layer("X:\n    import os #", module="train"), "registered_name": "X"}
    assert stub(model(hostile), KERAS_3) is None
    text = stub(model({**SCALE, "config": {"a=1): import os #": 1, "x": "'); import os"}}), KERAS_3)
    assert text is not None
    assert not [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Import) and node.names[0].name == "os"]


def test_a_skeleton_of_hostile_paths_and_packages_is_still_python() -> None:
    sick = {**SCALE, "registered_name": "'); import os #>Scale"}
    text = stub(document(sequential(sick), weights={"layers/scale/vars/0\n        import os": (4,)}), KERAS_3)
    assert text is not None
    assert not [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Import) and node.names[0].name == "os"]
