"""The table of layers that a converter has no counterpart for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from keras_api.layer_cases import CASES

from kdoctor.deployment import CONTAINERS, PURPOSES, lacks, source
from kdoctor.keras_api.catalogue import Catalogue, releases

TABLE = json.loads((Path(__file__).parent.parent / "kdoctor" / "keras_api" / "deployment.json").read_text("utf-8"))


@pytest.mark.parametrize("purpose", sorted(PURPOSES.keys() - {"serving"}))
def test_every_converter_has_its_part_with_what_it_was_made_with(purpose: str) -> None:
    assert TABLE[purpose]["source"]
    assert TABLE[purpose]["generated"] in source(purpose)


def test_what_is_said_to_be_missing_is_a_layer_that_was_tried() -> None:
    tried = {case.class_name for case in CASES}
    assert {name for part in TABLE.values() for name in part.get("missing", {})} <= tried


def test_plain_layers_get_everywhere() -> None:
    for purpose in PURPOSES:
        assert [lacks(purpose, name) for name in ("Dense", "Conv2D", "LSTM", "BatchNormalization", "Flatten", *sorted(CONTAINERS))] == [
            None
        ] * 9


def test_texts_get_nowhere_but_to_the_server() -> None:
    assert lacks("serving", "StringLookup") is None
    for purpose in PURPOSES.keys() - {"serving"}:
        assert lacks(purpose, "StringLookup")


def test_what_tensorflow_js_knows_are_mostly_layers_that_keras_knows() -> None:
    known = set(TABLE["tfjs"]["known"])
    assert len(known & Catalogue.load(releases()[-1]).names("layer")) > 55
    assert lacks("tfjs", "GroupNormalization") == "no such layer"
