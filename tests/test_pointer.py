"""Places in a document, and how they are written."""

from __future__ import annotations

from kdoctor.pointer import Pointer

LAYERS = Pointer("config") / "config" / "layers"


def test_a_pointer_prints_as_its_part_and_a_json_pointer() -> None:
    assert str(LAYERS / 0 / "config") == "config#/config/layers/0/config"


def test_a_whole_part_prints_as_its_name_alone() -> None:
    assert str(Pointer("training")) == "training"
    assert Pointer("training").json == ""


def test_slashes_and_tildes_in_a_key_are_escaped_as_rfc_6901_says() -> None:
    assert (Pointer("weights") / "layers/dense~1").json == "/layers~1dense~01"


def test_the_parent_leaves_out_the_last_key() -> None:
    assert (LAYERS / 3).parent == LAYERS


def test_a_part_is_its_own_parent() -> None:
    assert Pointer("config").parent == Pointer("config")


def test_a_place_holds_itself_and_what_lies_below_it() -> None:
    assert LAYERS.holds(LAYERS)
    assert LAYERS.holds(LAYERS / 0 / "config")


def test_a_place_holds_neither_what_is_around_nor_what_is_beside_it() -> None:
    assert not (LAYERS / 0).holds(LAYERS)
    assert not (LAYERS / 1).holds(LAYERS / 10)
    assert not Pointer("config").holds(Pointer("training"))


def test_the_first_item_of_a_list_is_not_the_key_of_that_text() -> None:
    assert not (LAYERS / 0).holds(LAYERS / "0")
