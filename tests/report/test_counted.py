"""The parameters in the table of layers."""

from __future__ import annotations

from weight_documents import ONE, TWO, archive, h5

from kdoctor.report.counted import counted_rows


def test_a_layer_has_its_parameters_under_whatever_name_its_group_has() -> None:
    """As ``kdoctor weights`` lists them: the table said 0."""
    for name in ("one", "other"):
        found = counted_rows(h5({name: ONE, "two": TWO}, [name, "two"]))
        assert [(row.layer.name, row.parameters) for row in found] == [("input", 0), ("one", 25), ("two", 18)]


def test_nothing_is_given_to_a_layer_that_has_nothing() -> None:
    assert [row.parameters for row in counted_rows(archive({"layers/other/vars/0": (4, 5)}))] == [0, 0, 0]
    assert [row.parameters for row in counted_rows(h5({"two": TWO}, ["two"]))] == [0, 0, 18]
