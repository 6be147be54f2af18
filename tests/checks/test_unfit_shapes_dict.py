"""K201: the shapes that an attention layer says it was built with; real Keras 3 refuses each of these, and loads what is cured."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from rewriting import with_config

from kdoctor.archive import open_document
from kdoctor.doctor import plan_file
from kdoctor.packs import load_checks
from kdoctor.repair import Wish, carry_out
from kdoctor.testing import KERAS_3, examine

CHECKS = load_checks()
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation")
RIGHT = {"query_shape": [None, 4, 8], "value_shape": [None, 5, 8]}


def edited(path: Path, whole: Path, stated: Any) -> Path:
    def another(config: Any) -> None:
        layer = next(one for one in config["config"]["layers"] if one["class_name"] == "MultiHeadAttention")
        assert layer["build_config"] == {"shapes_dict": RIGHT}
        layer["build_config"] = {"shapes_dict": stated}

    return with_config(whole, path, another)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any, Any]:
    query, value = keras.Input((4, 8)), keras.Input((5, 8))
    model = keras.Model([query, value], keras.layers.MultiHeadAttention(2, 4)(query, value))
    path = tmp_path_factory.mktemp("whole") / "model.keras"
    model.save(path)
    given = [np.linspace(0, 1, 32).reshape(1, 4, 8), np.linspace(-1, 1, 40).reshape(1, 5, 8)]
    return path, given, np.asarray(model(given))


@pytest.mark.parametrize(
    "stated",
    [
        "query", [1, 2], None, {}, {"query_shape": [None, 4, 8]}, {**RIGHT, "other_shape": [1]}, {**RIGHT, "value_shape": 8},
        {**RIGHT, "query_shape": "a"}, {**RIGHT, "query_shape": None}, {**RIGHT, "query_shape": [None, 4, None]},
    ],
    ids=str,
)  # fmt: skip
def test_shapes_that_nothing_is_built_with_are_cured_by_those_that_are_given(
    stated: Any, whole: tuple[Path, Any, Any], tmp_path: Path
) -> None:
    path, given, right = whole
    sick = edited(tmp_path / "sick.keras", path, stated)
    with pytest.raises((TypeError, ValueError)):
        keras.models.load_model(sick)
    plan = plan_file(sick, KERAS_3, CHECKS)
    assert [one.check.code for one in plan.applied] == ["K201"]
    out = carry_out(plan, sick, Wish(tmp_path / "out.keras")).out
    assert open_document(out).config == open_document(path).config  # type: ignore[arg-type]
    np.testing.assert_allclose(np.asarray(keras.models.load_model(out)(given)), right, atol=1e-6)


def test_another_rank_is_refused_when_the_layer_is_called(whole: tuple[Path, Any, Any], tmp_path: Path) -> None:
    path, given, _ = whole
    sick = edited(tmp_path / "sick.keras", path, {**RIGHT, "query_shape": [None, 8]})
    with pytest.raises(ValueError, match="incompatible"):
        keras.models.load_model(sick)(given)
    (finding,) = examine("K201", open_document(sick))
    assert "query_shape has 2 axes, and 3 are given" in finding.message


@pytest.mark.parametrize(
    "stated", [RIGHT, {**RIGHT, "key_shape": None}, {**RIGHT, "key_shape": [None, 5, 8]}, {**RIGHT, "query_shape": [7, 9, 8]}]
)
def test_what_keras_builds_is_healthy(stated: Any, whole: tuple[Path, Any, Any], tmp_path: Path) -> None:
    path, given, right = whole
    kept = edited(tmp_path / "kept.keras", path, stated)
    np.testing.assert_allclose(np.asarray(keras.models.load_model(kept)(given)), right, atol=1e-6)
    assert examine("K201", open_document(kept)) == []
