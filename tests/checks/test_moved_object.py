"""K306: a class that the target has, under a module that it has not."""

from __future__ import annotations

from kdoctor.edit import apply
from kdoctor.testing import examine, layer, model


def test_a_module_of_keras_2_is_replaced_by_the_one_of_today() -> None:
    sick = model({**layer("Dense", module="keras.src.layers.core.old_dense", units=3), "registered_name": None})
    (finding,) = examine("K306", sick)
    assert finding.at.json == "/config/layers/0/module"
    assert "its parent module keras.src.layers.core.old_dense cannot be imported" in str(finding.keras_says)
    assert finding.repair is not None
    assert examine("K306", apply(sick, finding.repair.edits)) == []


def test_a_class_at_home_is_healthy() -> None:
    assert examine("K306", model(layer("Dense", units=3))) == []


def test_a_class_of_the_users_own_has_not_moved() -> None:
    assert examine("K306", model(layer("Scale", module="train"))) == []
