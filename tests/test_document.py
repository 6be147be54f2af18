"""A saved file as a value."""

from __future__ import annotations

import dataclasses

import pytest

from kdoctor.document import ABSENT, Document, Fault, Format, Member, SavedBy, Weight, child
from kdoctor.pointer import Pointer
from kdoctor.testing import document


def test_a_value_is_found_by_its_pointer() -> None:
    made = document({"config": {"layers": [{"class_name": "Dense"}]}})
    assert made.at(Pointer("config") / "config" / "layers" / 0 / "class_name") == "Dense"


@pytest.mark.parametrize("keys", [("missing",), ("layers", 1), ("layers", -1), ("layers", "0"), ("name", 0), ("name", "length")])
def test_where_nothing_stands_the_value_is_absent(keys: tuple[str | int, ...]) -> None:
    assert document({"layers": ["one"], "name": "text"}).at(Pointer("config", keys)) is ABSENT


def test_null_is_a_value_and_not_absent() -> None:
    assert document({"units": None}).at(Pointer("config") / "units") is None


def test_a_part_that_the_file_lacks_is_absent() -> None:
    made = Document(Format.OTHER, {})
    assert (made.config, made.training) == (ABSENT, ABSENT)
    assert (dict(made.metadata), dict(made.weights), dict(made.members), dict(made.faults), dict(made.file)) == ({}, {}, {}, {}, {})


def test_metadata_that_is_no_object_counts_as_empty() -> None:
    assert dict(Document(Format.KERAS_ZIP, {"metadata": ["keras_version"]}).metadata) == {}


def test_a_document_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        document().format = Format.OTHER  # type: ignore[misc]


def test_other_parts_make_another_document_without_the_digest_of_the_file() -> None:
    made = Document(Format.KERAS_ZIP, {"config": 1}, digest="f" * 64)
    changed = made.replacing({"config": 2})
    assert (made.config, changed.config, changed.digest) == (1, 2, "")


def test_faults_are_found_by_kind_each_with_its_place() -> None:
    cut, bom = Fault("truncated"), Fault("json-bom", "config")
    made = document(faults=(cut, bom))
    assert made.faults_of("json-bom", "wrapped") == ((Pointer("faults", (1,)), bom),)


def test_a_document_is_equal_to_itself_alone_so_that_it_can_key_a_cache() -> None:
    assert document() != document()
    assert len({document(), document()}) == 2


def test_an_archive_says_in_its_metadata_who_saved_it() -> None:
    made = document(metadata={"keras_version": "3.6.0", "date_saved": "2024-12-09@10:11:12"})
    assert made.saved_by() == SavedBy("3.6.0", None, "2024-12-09 10:11:12")


def test_an_hdf5_file_says_in_its_attributes_who_saved_it() -> None:
    made = Document(Format.H5_MODEL, {"attributes": {"/": {"keras_version": "2.15.0", "backend": "tensorflow"}}})
    assert made.saved_by() == SavedBy("2.15.0", "tensorflow", None)


def test_the_group_of_the_weights_may_say_it_too() -> None:
    made = Document(Format.H5_MODEL, {"attributes": {"/model_weights": {"keras_version": "1.2.2", "backend": "theano"}}})
    assert made.saved_by() == SavedBy("1.2.2", "theano", None)


def test_a_release_that_is_no_text_is_not_told() -> None:
    assert document(metadata={"keras_version": 3, "date_saved": ["today"]}).saved_by() == SavedBy()


@pytest.mark.parametrize(("release", "major"), [("3.6.0", 3), ("2.15.0", 2), ("", None), ("nightly", None), (None, None)])
def test_the_major_release_is_the_number_before_the_first_dot(release: str | None, major: int | None) -> None:
    assert SavedBy(release).major == major


@pytest.mark.parametrize("release", ["²", "9" * 5000 + ".1", "-1.0", "3 .1", "1_0.2"])
def test_a_release_made_to_break_number_readers_has_no_major(release: str) -> None:
    assert SavedBy(release).major is None


@pytest.mark.parametrize(
    ("shape", "dtype", "parameters", "size"),
    [
        ((3, 2), "float32", 6, 24),
        ((), "int64", 1, 8),
        ((5,), "bool", 5, 5),
        ((2, 0), "float64", 0, 0),
        ((4,), "bfloat16", 4, 8),
        ((4,), "float8_e4m3fn", 4, 4),
        ((7,), "object", 7, 0),
    ],
)
def test_a_weight_knows_its_elements_and_its_bytes(shape: tuple[int, ...], dtype: str, parameters: int, size: int) -> None:
    weight = Weight(shape, dtype)
    assert (weight.parameters, weight.bytes) == (parameters, size)


def test_only_the_formats_of_keras_3_are_read_by_the_native_loader() -> None:
    assert [format.value for format in Format if format.native] == ["keras-zip", "keras-dir"]


def test_members_and_other_numbered_parts_are_found_by_number() -> None:
    member = Member("config.json", "config", 10, 10, 0, 0)
    assert child({0: member}, 0) is member
    assert child({0: member}, 1) is ABSENT
