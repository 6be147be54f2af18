"""K203: a model cut out of another one, saved with the layers before the cut."""

from __future__ import annotations

from typing import Any

import pytest
from graphs import after, cured, functional, start, wrapped

from kdoctor.document import Document, Format
from kdoctor.target import Given, Target
from kdoctor.testing import document, examine, layer

D1, D2 = layer("Dense", name="d1", units=5), layer("Dense", name="d2", units=3)
CUT = functional(start(), after(D1, "in"), after(D2, "d1"), inputs=(("d1", 0, 0),), outputs=(("d2", 0, 0),))
NATIVE = {"layers/dense/vars/0": (4, 5), "layers/dense/vars/1": (5,), "layers/dense_1/vars/0": (5, 3), "layers/dense_1/vars/1": (3,)}


def archive(config: dict[str, Any] = CUT, saved_by: str | None = None) -> Document:
    said = {"metadata": {"keras_version": saved_by}} if saved_by else {}
    return document(config, weights=NATIVE, attributes={"/": {}}, **said)


def test_the_model_begins_with_an_input_layer_after_the_cure() -> None:
    sick = archive()
    (finding,) = examine("K203", sick)
    assert finding.message == "the model 'model' begins after the layer 'd1', which stands in the file all the same, with 1 before it"
    healed = cured(sick, finding)
    first, second = healed.config["config"]["layers"]
    assert (first["class_name"], first["config"]["name"], first["config"]["batch_shape"]) == ("InputLayer", "d1", [None, 5])
    assert second["config"]["name"] == "d2"
    assert {path: weight.shape for path, weight in healed.weights.items()} == {"layers/dense/vars/0": (5, 3), "layers/dense/vars/1": (3,)}
    assert examine("K203", healed) == []
    assert examine("K702", healed) == []


def test_an_h5_loses_the_groups_before_the_cut() -> None:
    weights = {f"model_weights/{path}": shape for path, shape in (("d1/kernel", (4, 5)), ("d2/kernel", (5, 3)))}
    groups: dict[str, Any] = {f"/model_weights/{name}": {"weight_names": ["kernel"]} for name in ("d1", "d2")}
    listed = {"/": {}, "/model_weights": {"layer_names": ["in", "d1", "d2"]}, "/model_weights/in": {"weight_names": []}, **groups}
    sick = document(CUT, format=Format.H5_MODEL, weights=weights, attributes=listed)
    (finding,) = examine("K203", sick)
    healed = cured(sick, finding)
    assert list(healed.weights) == ["model_weights/d2/kernel"]
    assert healed.attributes["/model_weights"]["layer_names"] == ["d2"]


def test_a_layer_called_twice_at_the_cut_is_told_and_left() -> None:
    twice = after(D1, "in")
    twice["inbound_nodes"] = twice["inbound_nodes"] * 2
    (finding,) = examine("K203", archive(functional(start(), twice, after(D2, "d1"), inputs=(("d1", 1, 0),), outputs=(("d2", 0, 0),))))
    assert finding.repair is None


def test_a_model_that_begins_at_its_input_layers_is_healthy() -> None:
    whole = functional(start(), after(D1, "in"), after(D2, "d1"), outputs=(("d2", 0, 0),))
    assert examine("K203", document(whole)) == []


def test_a_cut_that_leaves_every_number_as_it_was_costs_room_alone() -> None:
    first = layer("Conv1D", name="d1", filters=5, kernel_size=1)
    begin = {**layer("InputLayer", name="in", batch_shape=[None, 6, 4]), "name": "in", "inbound_nodes": []}
    cut = functional(begin, after(first, "in"), after(D2, "d1"), inputs=(("d1", 0, 0),), outputs=(("d2", 0, 0),))
    weights = {"layers/conv1d/vars/0": (1, 4, 5), "layers/conv1d/vars/1": (5,), "layers/dense/vars/0": (5, 3), "layers/dense/vars/1": (3,)}
    roomy = document(cut, weights=weights, attributes={"/": {}})
    (finding,) = examine("K203", roomy)
    assert finding.mild
    assert finding.repair is None
    (finding,) = examine("K203", roomy, Target("3.15.1", given=Given(prune=True)))
    healed = cured(roomy, finding)
    assert list(healed.weights) == ["layers/dense/vars/0", "layers/dense/vars/1"]
    assert examine("K203", healed) == []


def test_keras_3_0_reads_what_it_wrote() -> None:
    assert examine("K203", archive(), Target("3.0.5")) == []


def test_where_a_layer_is_missing_nothing_is_called_superfluous() -> None:
    """Without 'd2' no output seems to need 'd1' (K204 says so)."""
    assert (
        examine("K203", document(functional(start(), after(D1, "in"), after(layer("Dense", name="d3"), "d2"), outputs=(("d3", 0, 0),))))
        == []
    )


def test_an_input_that_a_wrapped_model_does_not_declare_is_named() -> None:
    inner = functional(start("a"), start("b"), after(layer("Dense", name="o", units=2), "b"), inputs=(("a", 0, 0),), outputs=(("o", 0, 0),))
    (finding,) = examine("K203", wrapped(inner))
    assert finding.layer == "b"
    assert "is none of its declared inputs" in finding.message


@pytest.mark.parametrize("call", [5, -1])
def test_where_a_call_is_missing_nothing_is_called_superfluous(call: int) -> None:
    broken = functional(start(), after(D1, "in"), after(D2, "d1", node=call), outputs=(("d2", 0, 0),))
    assert examine("K203", archive(broken)) == []


def test_where_a_layer_states_no_calls_nothing_is_called_superfluous() -> None:
    broken = functional(start(), after(D1, "in"), {**after(D2, "d1"), "inbound_nodes": []}, outputs=(("d2", 0, 0),))
    assert examine("K203", archive(broken)) == []


BOTH = functional(start(), after(D1, "in"), after(D2, "d1"), inputs=(("d1", 0, 0), ("in", 0, 0)), outputs=(("d2", 0, 0),))


def test_an_input_that_keras_3_0_computed_from_another_one_goes_on_being_computed() -> None:
    sick = archive(BOTH, "3.0.5")
    (finding,) = examine("K203", sick)
    assert "Keras 3.0 computed it from the others" in finding.message
    healed = cured(sick, finding)
    config = healed.config["config"]
    assert [entry["config"]["name"] for entry in config["layers"]] == ["d1_input", "in", "d1", "d2"]
    assert (config["layers"][0]["config"]["batch_shape"], config["input_layers"]) == ([None, 5], [["d1_input", 0, 0], ["in", 0, 0]])
    assert healed.weights == sick.weights
    assert examine("K203", healed) == []
    assert examine("K203", sick, Target("3.0.5")) == []


def test_of_a_file_that_keras_3_0_did_not_save_the_model_begins_where_it_says() -> None:
    (finding,) = examine("K203", archive(BOTH, "3.3.3"))
    assert "stands in the file all the same" in finding.message


def test_an_input_that_is_computed_and_has_no_told_shape_is_told_and_left() -> None:
    strange = functional(
        start(), after(layer("Mine", name="d1"), "in"), after(D2, "d1"), inputs=BOTH["config"]["input_layers"], outputs=(("d2", 0, 0),)
    )
    (finding,) = examine("K203", archive(strange, "3.0.5"))
    assert finding.repair is None


def test_a_cut_whose_tensor_is_an_output_too_is_an_error() -> None:
    first = layer("Conv1D", name="d1", filters=5, kernel_size=1)
    ends = functional(start(), after(first, "in"), after(D2, "d1"), inputs=(("d1", 0, 0),), outputs=(("d1", 0, 0), ("d2", 0, 0)))
    weights = {"layers/conv1d/vars/0": (1, 4, 5), "layers/dense/vars/0": (5, 3), "layers/dense/vars/1": (3,)}
    (finding,) = examine("K203", document(ends, weights=weights, attributes={"/": {}}))
    assert not finding.mild
