"""K707: an ``.h5`` lists one group, or one array of a group, twice."""

from __future__ import annotations

from typing import Any

from weight_documents import ONE, TWO, h5

from kdoctor.document import Document
from kdoctor.edit import apply
from kdoctor.testing import examine


def listing(made: Document, names: list[str]) -> Document:
    """The document with this list of the arrays of layer two."""
    attributes: dict[str, Any] = {**made.attributes, "/model_weights/two": {"weight_names": names}}
    return made.replacing({**made.parts, "attributes": attributes})


def names_of(made: Document, group: str, name: str) -> object:
    return made.attributes[group][name]


def test_complete_files_are_healthy() -> None:
    assert examine("K707", h5({"input": {}, "one": ONE, "two": TWO}, ["input", "one", "two"])) == []


def test_a_group_that_stands_twice_is_listed_once() -> None:
    sick = h5({"one": ONE, "two": TWO}, ["one", "one", "two"])
    (finding,) = examine("K707", sick)
    assert finding.message == "layer_names lists 'one' 2 times"
    assert finding.repair is not None
    assert names_of(apply(sick, finding.repair.edits), "/model_weights", "layer_names") == ["one", "two"]
    assert examine("K705", sick) == []


def test_a_group_listed_in_the_place_of_another_gives_it_its_place_back() -> None:
    sick = h5({"one": ONE, "two": TWO}, ["one", "one"])
    (finding,) = examine("K707", sick)
    assert finding.repair is not None
    assert names_of(apply(sick, finding.repair.edits), "/model_weights", "layer_names") == ["one", "two"]


def test_without_the_other_group_there_is_no_cure() -> None:
    (finding,) = examine("K707", h5({"one": ONE}, ["one", "one"]))
    assert finding.repair is None


def test_an_array_that_stands_twice_is_listed_once() -> None:
    sick = listing(h5({"one": ONE, "two": TWO}, ["one", "two"]), ["two/kernel:0", "two/bias:0", "two/bias:0"])
    (finding,) = examine("K707", sick)
    assert finding.repair is not None
    assert names_of(apply(sick, finding.repair.edits), "/model_weights/two", "weight_names") == ["two/kernel:0", "two/bias:0"]
    assert examine("K705", sick) == []


def test_an_array_listed_in_the_place_of_another_gives_it_its_place_back() -> None:
    sick = listing(h5({"one": ONE, "two": TWO}, ["one", "two"]), ["two/bias:0", "two/bias:0"])
    (finding,) = examine("K707", sick)
    assert finding.repair is not None
    assert names_of(apply(sick, finding.repair.edits), "/model_weights/two", "weight_names") == ["two/kernel:0", "two/bias:0"]


def test_an_array_that_its_namesake_overwrote_is_lost() -> None:
    (finding,) = examine("K707", listing(h5({"one": ONE, "two": {"two/w:0": (3,)}}, ["one", "two"]), ["two/w:0", "two/w:0"]))
    assert finding.repair is None
