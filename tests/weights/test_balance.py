"""What layers claim beside what the file holds."""

from __future__ import annotations

from weight_documents import MODEL, NATIVE, ONE, TWO, archive, h5

from kdoctor.testing import document
from kdoctor.weights.balance import Difference, differences, missing

KERNEL, BIAS = "layers/dense_1/vars/0", "layers/dense_1/vars/1"


def test_sides_that_agree_differ_nowhere() -> None:
    assert differences(archive(NATIVE)) == ()
    assert differences(h5({"input": {}, "one": ONE, "two": TWO}, ["input", "one", "two"])) == ()


def test_what_is_lost_and_what_nobody_owns_stand_on_their_sides() -> None:
    found = differences(archive({**{path: shape for path, shape in NATIVE.items() if path != BIAS}, "lost/found": (3,)}))
    assert found == (Difference("two", "bias", (3,), None, None), Difference("", "", None, "lost/found", (3,)))


def test_another_shape_stands_on_both_sides() -> None:
    assert differences(archive({**NATIVE, KERNEL: (3, 5)})) == (Difference("two", "kernel", (5, 3), KERNEL, (3, 5)),)


def test_an_h5_is_paired_as_the_loader_does() -> None:
    assert differences(h5({"one": ONE, "two": {"two/kernel:0": (5, 3), "two/bias:0": (4,)}}, ["one", "two"])) == (
        Difference("two", "bias", (3,), "model_weights/two/two/bias:0", (4,)),
    )
    assert [row.role for row in differences(h5({"one": ONE}, ["one"]))] == ["kernel", "bias"]


def test_what_only_stands_elsewhere_is_not_missing() -> None:
    renamed = archive({path.replace("dense_1", "head"): shape for path, shape in NATIVE.items()})
    assert missing(renamed) == ()
    assert len(differences(renamed)) == 4


def test_a_file_of_which_one_side_is_not_told_has_no_differences() -> None:
    assert differences(document(MODEL)) == ()
