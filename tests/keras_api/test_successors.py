"""Classes of today that compute what a retired class did."""

from __future__ import annotations

from typing import Any

import pytest

from kdoctor.keras_api.catalogue import Catalogue, releases
from kdoctor.keras_api.successors import SUCCESSORS, succeeded
from kdoctor.pointer import Pointer
from kdoctor.structure.objects import as_node
from kdoctor.testing import layer


def rewritten(value: dict[str, Any]) -> dict[str, Any] | None:
    node = as_node(value, Pointer("config"))
    assert node is not None
    return succeeded(node)


@pytest.mark.parametrize("module", ["keras.layers", "keras.src.layers.activation.thresholded_relu"])
def test_arguments_are_renamed_and_the_class_is_at_home(module: str) -> None:
    old = layer("ThresholdedReLU", name="x", module=module, theta=1.5, trainable=False)
    assert rewritten(old) == layer("ReLU", name="x", threshold=1.5, trainable=False)


def test_what_stands_beside_the_config_stays() -> None:
    old = {**layer("SyncBatchNormalization", name="x"), "inbound_nodes": [["in", 0, 0]]}
    assert rewritten(old) == {**layer("BatchNormalization", name="x", synchronized=True), "inbound_nodes": [["in", 0, 0]]}


def test_an_h5_gets_no_module() -> None:
    assert rewritten({"class_name": "ThresholdedReLU", "config": {"theta": 1}}) == {"class_name": "ReLU", "config": {"threshold": 1}}


@pytest.mark.parametrize("config", [{}, {"theta": None}, {"theta": [1.0]}, {"theta": "1"}])
def test_a_value_that_is_no_number_is_left_to_its_owner(config: dict[str, Any]) -> None:
    assert rewritten({"class_name": "ThresholdedReLU", "config": config}) is None


def test_other_classes_have_no_successor() -> None:
    assert rewritten(layer("CuDNNLSTM")) is None
    assert rewritten(layer("Dense")) is None


@pytest.mark.parametrize("release", [releases()[0], releases()[-1]])
def test_every_release_of_keras_3_has_the_successors_of_layers_and_their_arguments(release: str) -> None:
    catalogue = Catalogue.load(release)
    for old, new in SUCCESSORS.items():
        found = catalogue.legacy("layer", new.class_name)
        if new.module == "keras.layers":
            assert found is not None
            assert all(catalogue.accepts(found, name) for name in (*new.renamed.values(), *new.added))
        assert catalogue.legacy("layer", old) is None


def test_the_release_that_does_not_find_an_initializer_has_its_successor() -> None:
    ((old, new),) = ((old, new) for old, new in SUCCESSORS.items() if new.module == "keras.initializers")
    before, after = Catalogue.load(releases()[0]), Catalogue.load(releases()[-1])
    assert (before.argument("initializer", None, old), after.argument("initializer", None, old)) != (None, None)
    assert before.argument("initializer", None, old) is None
    assert before.argument("initializer", new.module, new.class_name) is not None
