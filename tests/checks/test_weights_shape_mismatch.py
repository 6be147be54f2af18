"""K702: a stored array has another shape than the variable that it is for."""

from __future__ import annotations

from dataclasses import replace

import pytest
from weight_documents import NATIVE, ONE, TWO, archive, h5

from kdoctor.document import Document
from kdoctor.edit import apply
from kdoctor.testing import document, examine, layer, sequential


def test_complete_files_are_healthy() -> None:
    assert examine("K702", archive(NATIVE)) == []
    assert examine("K702", h5({"one": ONE, "two": TWO}, ["one", "two"])) == []


def test_a_kernel_of_another_shape_is_told_with_both_sides() -> None:
    (finding,) = examine("K702", archive({**NATIVE, "layers/dense_1/vars/0": (4, 3)}))
    assert finding.message == "the kernel of 'two' is (4, 3) in the file, but its config makes it (5, 3)"
    assert finding.repair is None


def test_a_kernel_whose_axes_stand_the_other_way_round_is_turned() -> None:
    in_h5 = h5({"one": ONE, "two": {**TWO, "two/kernel:0": (3, 5)}}, ["one", "two"])
    for sick, path in (
        (in_h5, "model_weights/two/two/kernel:0"),
        (archive({**NATIVE, "layers/dense_1/vars/0": (3, 5)}), "layers/dense_1/vars/0"),
    ):
        (finding,) = examine("K702", sick)
        assert finding.repair is not None
        healed = apply(sick, finding.repair.edits)
        assert healed.weights[path].shape == (5, 3)
        assert examine("K702", healed) == []


def test_what_is_more_than_a_turned_kernel_is_left_alone() -> None:
    swapped = {**NATIVE, "layers/dense_1/vars/0": (3, 5), "layers/dense_1/vars/1": (5,)}
    (finding,) = examine("K702", archive(swapped))
    assert finding.repair is None


def test_a_transposed_kernel_in_an_h5_is_told() -> None:
    (finding,) = examine("K702", h5({"one": ONE, "two": {**TWO, "two/kernel:0": (3, 5)}}, ["one", "two"]))
    assert finding.message == "the kernel of 'two' is (3, 5) in the file, but its config makes it (5, 3)"
    assert "Weight expects shape (5, 3). Received saved weight with shape (3, 5)" in str(finding.keras_says)


def test_groups_are_paired_by_order_as_keras_does_whatever_their_names() -> None:
    assert examine("K702", h5({"a": ONE, "b": TWO}, ["a", "b"])) == []
    assert len(examine("K702", h5({"one": ONE, "two": TWO}, ["two", "one"]))) == 2


def test_arrays_in_another_order_are_left_to_k705() -> None:
    assert examine("K702", archive({**NATIVE, "layers/dense_1/vars/0": (3,), "layers/dense_1/vars/1": (5, 3)})) == []
    assert examine("K702", h5({"one": ONE, "two": dict(reversed(TWO.items()))}, ["one", "two"])) == []


@pytest.mark.parametrize(
    ("healthy", "path"),
    [(archive(NATIVE), "layers/dense_1/vars/1"), (h5({"one": ONE, "two": TWO}, ["one", "two"]), "model_weights/two/two/bias:0")],
)
def test_an_array_of_texts_is_no_variables(healthy: Document, path: str) -> None:
    texts = {**healthy.weights, path: replace(healthy.weights[path], dtype="bytes8")}
    (finding,) = examine("K702", healthy.replacing({**healthy.parts, "weights": texts}))
    assert finding.message == "the bias of 'two' is an array of texts (bytes8) in the file"
    assert finding.repair is None


@pytest.mark.parametrize("format", ["archive", "h5"])
def test_kernels_that_were_turned_or_exchanged_are_left_alone(format: str) -> None:
    """(4, 5) and (5, 4) in each other's place look like both turned."""
    config = sequential(
        layer("InputLayer", name="input", batch_shape=[None, 4]), layer("Dense", name="one", units=5), layer("Dense", name="two", units=4)
    )
    native = {"layers/dense/vars/0": (5, 4), "layers/dense/vars/1": (5,), "layers/dense_1/vars/0": (4, 5), "layers/dense_1/vars/1": (4,)}
    legacy = h5(
        {"one": {"one/kernel:0": (5, 4), "one/bias:0": (5,)}, "two": {"two/kernel:0": (4, 5), "two/bias:0": (4,)}}, ["one", "two"], config
    )
    sick = legacy if format == "h5" else document(config, weights=native, attributes={"/": {}})
    assert [finding.repair for finding in examine("K702", sick)] == [None, None]


def test_a_recurrent_kernel_whose_axes_stand_the_other_way_round_is_turned() -> None:
    config = sequential(layer("InputLayer", name="input", batch_shape=[None, 7, 3]), layer("LSTM", name="one", units=4))
    shapes = {"layers/lstm/cell/vars/0": (3, 16), "layers/lstm/cell/vars/1": (16, 4), "layers/lstm/cell/vars/2": (16,)}
    sick = document(config, weights=shapes, attributes={"/": {}})
    (finding,) = examine("K702", sick)
    assert finding.repair is not None
    assert finding.repair.title == "exchange the two axes of the recurrent_kernel"
    healed = apply(sick, finding.repair.edits)
    assert healed.weights["layers/lstm/cell/vars/1"].shape == (4, 16)
    assert examine("K702", healed) == []


def test_a_sequential_that_begins_with_a_model_is_accounted_for() -> None:
    """Keras 2.0 to 2.2 wrote no InputLayer before it: what was cured of other things failed as it was loaded."""
    base = sequential(layer("Dense", name="one", units=5, batch_input_shape=[None, 4]))
    for first in (base, sequential(base)):
        first["config"]["name"] = "base"
        model = sequential(first, layer("Dense", name="two", units=3))
        assert examine("K702", h5({"base": ONE, "two": TWO}, ["base", "two"], model)) == []
        (finding,) = examine("K702", h5({"base": ONE, "two": {**TWO, "two/bias:0": (1,)}}, ["base", "two"], model))
        assert finding.message == "the bias of 'two' is (1) in the file, but its config makes it (3)"


def test_kernels_are_not_turned_where_square_ones_may_be_turned_with_them() -> None:
    """Those of another library are turned all together: of (5, 5) no shape tells it, and the model would compute something else."""
    config = sequential(
        layer("InputLayer", name="input", batch_shape=[None, 4]), *(layer("Dense", name=f"d{units}", units=units) for units in (5, 6, 6, 3))
    )
    config["config"]["layers"][3]["config"]["name"] = "square"
    right = {f"layers/dense{n}/vars/{i}": shape for n, pair in WIDTHS.items() for i, shape in enumerate((pair, pair[1:]))}
    assert examine("K702", document(config, weights=right, attributes={"/": {}})) == []
    one = {**right, "layers/dense/vars/0": (5, 4)}
    (finding,) = examine("K702", document(config, weights=one, attributes={"/": {}}))
    assert finding.repair is not None
    every = {path: shape[::-1] for path, shape in right.items()}
    found = examine("K702", document(config, weights=every, attributes={"/": {}}))
    assert [finding.repair for finding in found] == [None] * 3
    assert "no shape tells whether that of 'square', as long as wide, is, too" in found[0].message


WIDTHS = {"": (4, 5), "_1": (5, 6), "_2": (6, 6), "_3": (6, 3)}
