"""Changes as values: made, refused, undone, found by comparison."""

from __future__ import annotations

import copy
import math
from typing import Any

import pytest

from kdoctor.document import ABSENT, Document, Fault, Weight
from kdoctor.edit import Edit, Footprint, apply, diff, same
from kdoctor.errors import EditConflict
from kdoctor.pointer import Pointer
from kdoctor.testing import document

ROOT = Pointer("config")
CONFIG: dict[str, Any] = {"name": "m", "layers": [{"units": 1}, {"units": 2}, {"units": 3}], "shape": None}


def changed(*edits: Edit) -> Any:
    return apply(document(CONFIG), edits).config


def test_a_value_is_replaced_where_the_old_one_stands() -> None:
    assert changed(Edit(ROOT / "layers" / 1 / "units", 2, 20))["layers"] == [{"units": 1}, {"units": 20}, {"units": 3}]


def test_a_key_is_dropped_and_another_is_added() -> None:
    assert changed(Edit(ROOT / "name", "m", ABSENT), Edit(ROOT / "title", ABSENT, "n")) == {
        "layers": CONFIG["layers"],
        "shape": None,
        "title": "n",
    }


def test_an_item_of_a_list_is_dropped() -> None:
    assert changed(Edit(ROOT / "layers" / 0, {"units": 1}, ABSENT))["layers"] == [{"units": 2}, {"units": 3}]


def test_an_item_is_appended_at_the_end_of_a_list() -> None:
    assert changed(Edit(ROOT / "layers" / 3, ABSENT, {"units": 4}))["layers"][3] == {"units": 4}


def test_a_whole_part_is_written_or_dropped() -> None:
    made = apply(document(CONFIG, training={"loss": "mse"}), [Edit(Pointer("training"), {"loss": "mse"}, ABSENT)])
    assert made.training is ABSENT
    assert apply(made, [Edit(Pointer("training"), ABSENT, {"loss": "mae"})]).training == {"loss": "mae"}


def test_a_weight_moves_without_being_read() -> None:
    before = document(weights={"layers/a/vars/0": (3, 2)})
    weight = before.weights["layers/a/vars/0"]
    edits = [Edit(Pointer("weights") / "layers/a/vars/0", weight, ABSENT), Edit(Pointer("weights") / "layers/b/vars/0", ABSENT, weight)]
    assert dict(apply(before, edits).weights) == {"layers/b/vars/0": weight}


@pytest.mark.parametrize(
    "edit",
    [
        Edit(ROOT / "name", "another", "n"),
        Edit(ROOT / "name", ABSENT, "n"),
        Edit(ROOT / "missing", "x", ABSENT),
        Edit(ROOT / "shape", ABSENT, [1]),
        Edit(ROOT / "layers" / 0 / "units", 1.0, 2),
        Edit(ROOT / "layers" / 0 / "units", True, 2),
    ],
)
def test_an_edit_whose_old_value_does_not_stand_there_is_refused(edit: Edit) -> None:
    with pytest.raises(EditConflict, match=str(edit.at)):
        changed(edit)


@pytest.mark.parametrize("at", [ROOT / "layers" / 9, ROOT / "name" / "inner", ROOT / "missing" / 0 / "x", ROOT / "layers" / "x"])
def test_an_edit_at_a_place_that_cannot_be_is_refused(at: Pointer) -> None:
    with pytest.raises(EditConflict):
        changed(Edit(at, ABSENT, 1))


def test_a_refusal_quotes_long_values_shortly() -> None:
    with pytest.raises(EditConflict) as refused:
        changed(Edit(ROOT / "name", "x" * 10_000, "n"))
    assert len(str(refused.value)) < 250


def test_applying_never_changes_the_document_it_is_given() -> None:
    before = document(copy.deepcopy(CONFIG))
    with pytest.raises(EditConflict):
        apply(before, [Edit(ROOT / "name", "m", "n"), Edit(ROOT / "shape", 1, 2)])
    apply(before, [Edit(ROOT / "layers" / 0 / "units", 1, 5), Edit(ROOT / "layers" / 2, {"units": 3}, ABSENT)])
    assert before.config == CONFIG


def test_what_an_edit_leaves_alone_is_shared_not_copied() -> None:
    before = document(CONFIG)
    after = apply(before, [Edit(ROOT / "layers" / 0 / "units", 1, 5)])
    assert after.config["layers"][1] is before.config["layers"][1]
    assert after.parts["metadata"] is before.parts["metadata"]


def test_edits_are_made_in_order_each_on_what_the_one_before_left() -> None:
    assert changed(Edit(ROOT / "name", "m", "n"), Edit(ROOT / "name", "n", "o"))["name"] == "o"


@pytest.mark.parametrize(
    "edit", [Edit(ROOT / "name", "m", "n"), Edit(ROOT / "shape", None, ABSENT), Edit(ROOT / "layers" / 2, {"units": 3}, ABSENT)]
)
def test_the_inverse_undoes_an_edit(edit: Edit) -> None:
    before = document(CONFIG)
    assert same(apply(apply(before, [edit]), [edit.inverse()]).config, CONFIG)


def edit(*keys: str | int, new: Any = 1) -> Edit:
    return Edit(Pointer("config", keys), 0, new)


def overlap(one: Edit, other: Edit) -> bool:
    assert Footprint([one]).overlaps(other) == Footprint([other]).overlaps(one)
    return Footprint([one]).overlaps(other)


def test_edits_overlap_at_the_same_place_and_inside_one_another() -> None:
    assert overlap(edit("layers", 0), edit("layers", 0))
    assert overlap(edit("layers", 0), edit("layers", 0, "config"))
    assert overlap(edit("layers", 0, "config"), edit("layers"))


def test_edits_beside_one_another_do_not_overlap() -> None:
    assert not overlap(edit("layers", 0), edit("layers", 1))
    assert not overlap(edit("layers", 0, "name", new=ABSENT), edit("layers", 0, "units", new=ABSENT))
    assert not overlap(edit("layers", 0), Edit(Pointer("training", ("layers", 0)), 0, 1))


def test_dropping_an_item_of_a_list_moves_all_that_follow_and_so_overlaps_them() -> None:
    drop = edit("layers", 1, new=ABSENT)
    assert overlap(drop, edit("layers", 2, "config", "groups", new=ABSENT))
    assert overlap(edit("layers", 2, "config"), drop)
    assert not overlap(drop, edit("layers", 0, "config"))
    assert not overlap(drop, edit("other_layers", 2, "config"))


def test_nothing_overlaps_where_nothing_is_touched() -> None:
    assert not Footprint().overlaps(edit("layers", 0))


def test_one_of_many_touched_places_is_enough_to_overlap() -> None:
    touched = Footprint([edit("layers", 4), edit("name", new=ABSENT), edit("layers", 2, new=ABSENT), edit("layers", 1, "units")])
    assert touched.overlaps(edit("layers", 3))
    assert touched.overlaps(edit("layers", 0, new=ABSENT))
    assert not touched.overlaps(edit("layers", 0, "units"))
    assert not touched.overlaps(edit("layers", 1, "name"))


def test_faults_are_numbered_for_good_so_that_dropping_one_moves_none() -> None:
    one, other = (Edit(Pointer("faults", (key,)), Fault("json-bom"), ABSENT) for key in (0, 1))
    assert not overlap(one, other)


def test_the_difference_is_the_smallest_edits_that_lead_there() -> None:
    after = {**CONFIG, "layers": [{"units": 1}, {"units": 9, "name": "x"}, {"units": 3}]}
    assert diff(document(CONFIG), document(after)) == [
        Edit(ROOT / "layers" / 1 / "units", 2, 9),
        Edit(ROOT / "layers" / 1 / "name", ABSENT, "x"),
    ]


def test_a_list_of_another_length_is_replaced_as_a_whole() -> None:
    (only,) = diff(document(CONFIG), document({**CONFIG, "layers": [{"units": 1}]}))
    assert only.at == ROOT / "layers"


def test_there_is_no_difference_between_equal_documents() -> None:
    assert diff(document(copy.deepcopy(CONFIG)), document(copy.deepcopy(CONFIG))) == []


@pytest.mark.parametrize(
    "after",
    [
        document({"name": "n"}),
        document(training={"loss": "mse"}),
        document({**CONFIG, "layers": []}, weights={"layers/dense/vars/0": (3, 2)}, faults=(Fault("wrapped"),)),
        document({**CONFIG, "shape": [math.nan, 1.0, True]}),
    ],
)
def test_applying_the_difference_leads_to_the_other_document_and_its_inverse_back(after: Document) -> None:
    before = document(CONFIG, weights={"layers/lstm/vars/0": (3, 2)})
    edits = diff(before, after)
    assert same(apply(before, edits).parts, after.parts)
    assert same(apply(after, [edit.inverse() for edit in reversed(edits)]).parts, before.parts)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, True),
        (1, 1.0),
        (0, False),
        (None, ABSENT),
        ("1", 1),
        ([1], [1, 2]),
        ({"a": 1}, {"a": 1, "b": None}),
        ("ab", ["a", "b"]),
        ({}, []),
    ],
)
def test_what_json_tells_apart_is_not_the_same(one: Any, other: Any) -> None:
    assert not same(one, other)
    assert not same(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [(math.nan, math.nan), ({"a": 1, "b": 2}, {"b": 2, "a": 1}), ([1, [2]], (1, (2,))), (Weight((3,), "int8"), Weight((3,), "int8"))],
)
def test_what_json_cannot_tell_apart_is_the_same(one: Any, other: Any) -> None:
    assert same(one, other)
