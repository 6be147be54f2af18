"""Conversions that must not change what a model computes, of files that the installed Keras saves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import pytest

from kdoctor.container import Container
from kdoctor.doctor import convert_file, repair_file
from kdoctor.packs import load_checks
from kdoctor.target import Target

KERAS_2 = Target("2.15.0")


def saved(path: Path, *layers: Any) -> Path:
    keras.Sequential([keras.Input((8, 8, 3)), *layers]).save(path)
    return path


def class_names(plan: Any) -> list[str]:
    return [layer["class_name"] for layer in plan.after.document.config["config"]["layers"]]


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_a_random_crop_that_keras_2_would_resize_with_is_refused_without_unsafe(tmp_path: Path, suffix: str) -> None:
    path = saved(tmp_path / f"model{suffix}", keras.layers.RandomCrop(4, 4))
    for plan in (repair_file(path, KERAS_2, load_checks()), convert_file(path, KERAS_2, load_checks(), Container.H5)):
        assert "makes images 4 x 4 when Keras 2.15.0 predicts" in plan.refused
    cured = repair_file(path, KERAS_2, load_checks(), unsafe=True)
    assert (cured.refused, cured.after.errors) == ("", ())
    assert class_names(cured) == ["InputLayer", "Rescaling"]
    assert [one.check.code for one in cured.applied].count("K609") == 1


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_layers_that_vary_images_are_said_to_keras_2_without_the_place_of_the_channels(tmp_path: Path, suffix: str) -> None:
    varying = [keras.layers.RandomFlip(), keras.layers.RandomRotation(0.1), keras.layers.RandomZoom(0.1), keras.layers.RandomContrast(0.1)]
    path = saved(tmp_path / f"model{suffix}", *varying, keras.layers.Resizing(4, 4))
    cured = repair_file(path, KERAS_2, load_checks())
    assert (cured.refused, cured.after.errors) == ("", ())
    assert class_names(cured) == ["InputLayer", "RandomFlip", "RandomRotation", "RandomZoom", "RandomContrast", "Resizing"]
    assert not any("data_format" in layer["config"] for layer in cured.after.document.config["config"]["layers"])
