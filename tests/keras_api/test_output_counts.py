"""Layers that return one tensor."""

from __future__ import annotations

import pytest

from kdoctor.keras_api.catalogue import Catalogue
from kdoctor.keras_api.output_counts import SINGLE, returns_one
from kdoctor.pointer import Pointer
from kdoctor.structure.objects import as_node
from kdoctor.testing import layer


def test_each_name_is_that_of_a_layer_of_keras_3() -> None:
    catalogue = Catalogue.load("3.15.1")
    assert [name for name in SINGLE if catalogue.legacy("layer", name) is None] == []


def test_a_layer_of_the_users_own_may_return_anything() -> None:
    own = as_node({**layer("Dense", module="mine"), "registered_name": "mine>Dense"}, Pointer("config"))
    assert own is not None
    assert not returns_one(own)
    known = as_node(layer("Dense", units=2), Pointer("config"))
    assert known is not None
    assert returns_one(known)


@pytest.mark.parametrize(("told", "one"), [({}, True), ({"return_state": False}, True), ({"return_state": True}, False)])
def test_a_recurrent_layer_returns_its_states_where_it_is_told_to(told: dict[str, bool], one: bool) -> None:
    made = as_node(layer("LSTM", units=2, **told), Pointer("config"))
    assert made is not None
    assert returns_one(made) == one
