"""Which Lambda layers of a document are written with Keras's operations, and why the others are not."""

from __future__ import annotations

from typing import Any

import pytest
from graphs import after, functional, start
from stored_lambdas import crop, encoded, innermost

from kdoctor.document import Document, Format
from kdoctor.edit import apply
from kdoctor.replacements.lambda_cures import cures
from kdoctor.structure.lambdas import lambdas
from kdoctor.target import Given, Target
from kdoctor.testing import KERAS_3, layer, model
from kdoctor.testing import document as stored_document


def holding(source: str) -> Document:
    return model(layer("InputLayer", name="in", batch_shape=[None, 4]), crop(source))


def rows(document: Document) -> list[dict[str, Any]]:
    """The layers of the cured document."""
    repair = cures(document, KERAS_3).of(lambdas(document)[0].at)
    assert repair is not None
    return list(apply(document, repair.edits).config["config"]["layers"])


def test_what_is_no_layer_of_keras_becomes_a_model_of_operations() -> None:
    document = holding("lambda x: 255.0 / x")
    (found,) = lambdas(document)
    repair = cures(document, KERAS_3).of(found.at)
    assert repair is not None
    assert (rows(document)[1]["class_name"], repair.native) == ("Functional", True)


def test_what_is_one_of_keras_layers_becomes_that_layer_under_its_name() -> None:
    document = holding("lambda x: x / 4")
    made = rows(document)[1]
    assert (made["class_name"], made["config"]) == ("Rescaling", {"name": "crop", "scale": 0.25, "offset": 0.0})


def test_an_h5_can_hold_a_layer_and_stays_one() -> None:
    document = stored_document(holding("lambda x: x / 4").config, format=Format.H5_MODEL)
    (found,) = lambdas(document)
    repair = cures(document, KERAS_3).of(found.at)
    assert repair is not None
    assert (repair.native, len(repair.edits)) == (False, 1)


def test_a_model_of_operations_beside_it_needs_the_native_format() -> None:
    both = model(layer("InputLayer", name="in", batch_shape=[None, 4]), crop("lambda x: x / 4"), crop("lambda x: 4 / x"))
    document = stored_document(both.config, format=Format.H5_MODEL)
    assert {repair.native for found in lambdas(document) if (repair := cures(document, KERAS_3).of(found.at))} == {True}


def test_the_mask_that_keras_3_names_in_a_call_goes_with_the_lambda() -> None:
    config = functional(start(), {**after(crop("lambda x: x / 4"), "in"), "name": "crop"}, outputs=(("crop", 0, 0),))
    config["config"]["layers"][1]["inbound_nodes"][0][0][3] = {"mask": None}
    document = stored_document(config)
    assert rows(document)[1]["inbound_nodes"] == [[["in", 0, 0, {}]]]


def test_a_layer_through_which_masks_pass_stays_a_model_of_operations() -> None:
    first = layer("InputLayer", name="in", batch_shape=[None, 5, 4])
    document = model(first, layer("Masking", name="masking"), crop("lambda x: x / 4"))
    assert rows(document)[2]["class_name"] == "Functional"


def test_without_any_shape_a_layer_for_every_rank_is_written_and_no_other() -> None:
    assert rows(model(crop("lambda x: x / 4")))[0]["class_name"] == "Rescaling"
    document = model(crop("lambda x: x[:, 1:]"))
    (found,) = lambdas(document)
    assert cures(document, KERAS_3).of(found.at) is None


@pytest.mark.parametrize("source", ["lambda x: (x / 2.0, os.remove)[0]", "lambda x: x / 255.0 if __import__('os').environ else x"])
def test_what_reaches_for_the_system_is_never_translated_whatever_else_it_does(source: str) -> None:
    document = holding(source)
    (found,) = lambdas(document)
    made = cures(document, Target("3.15.1", given=Given(bindings={"os": 1})))
    assert made.of(found.at) is None
    assert made.reasons[found.at] == "it reaches for the system"


def test_a_name_that_is_not_in_the_file_is_asked_for_and_taken_from_the_user() -> None:
    document = holding("lambda x: x * FACTOR")
    (found,) = lambdas(document)
    (need,) = cures(document, KERAS_3).needs[found.at]
    assert (need.flag, need.name) == ("--bind", "FACTOR")
    assert cures(document, Target("3.15.1", given=Given(bindings={"FACTOR": 3.0}))).of(found.at) is not None


def test_keras_2_has_no_operations_to_write_it_with() -> None:
    document = holding("lambda x: x / 255.0")
    (found,) = lambdas(document)
    assert cures(document, Target("2.15.0")).of(found.at) is None


def test_what_tensorflow_wraps_around_its_functions_does_not_tell_which_one_it_was() -> None:
    """``Lambda(tf.reduce_mean)`` with TensorFlow 2.8 or later: the file keeps the wrapper's code, and "op_dispatch_handler" for the function."""
    inside = "def wrap(fn):\n    def error_handler(*args, **kwargs):\n        return fn(*args, **kwargs)\n    return error_handler"
    wrapper = innermost(innermost(compile(inside, "traceback_utils.py", "exec")))
    entry = layer("Lambda", name="mean", function=encoded(wrapper, ["op_dispatch_handler"]))
    document = model(layer("InputLayer", name="in", batch_shape=[None, 4]), entry)
    (why,) = cures(document, KERAS_3).reasons.values()
    assert "what TensorFlow wraps around its functions, and not which function it was" in why


def saved_by(release: str, *closures: int, source: str = "lambda x: x[:, k]") -> Document:
    """Lambdas of one code, each called with the input, as a loop makes them."""
    made = [crop(source, captured="k", closure=[value]) for value in closures]
    for place, entry in enumerate(made):
        entry["config"]["name"] = f"part_{place}"
    layers = [{**after(entry, "in"), "name": entry["config"]["name"]} for entry in made]
    config = functional(start(), *layers, outputs=tuple((entry["name"], 0, 0) for entry in layers))
    return stored_document(config, format=Format.H5_MODEL, metadata={"keras_version": release})


def test_layers_of_a_loop_are_not_cured_with_the_one_value_that_the_file_keeps() -> None:
    """Keras 2.3 computed x[:, 0], x[:, 1] and x[:, 2], and saved three times k = 2; since 2.4 `predict` asks for k anew."""
    looped = saved_by("2.3.1", 2, 2, 2)
    reasons = cures(looped, KERAS_3).reasons
    assert {reasons[found.at] for found in lambdas(looped)} == {
        "another layer does the same to the same tensor: a loop made them, each with its own k, and the file keeps one"
    }
    for other in (saved_by("2.15.0", 2, 2, 2), saved_by("2.3.1", 0, 1, 2), saved_by("2.3.1", 2)):
        assert not any("loop" in why for why in cures(other, KERAS_3).reasons.values())


def test_the_input_of_a_list_is_not_taken_for_the_first_of_the_batch() -> None:
    """Keras 2 writes a call with a list of one tensor as it writes one with the tensor; Keras 3 does not."""
    for release, told in (("2.15.0", True), ("3.15.1", False)):
        document = saved_by(release, 2, source="lambda x: x[0] * k")
        (why,) = [*cures(document, KERAS_3).reasons.values(), ""][:1]
        assert ("may be one of the batch, or the input of a list" in why) is told
