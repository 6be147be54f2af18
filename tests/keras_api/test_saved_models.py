"""Whole models that the installed Keras saved: their shapes, and every array accounted for, whatever is done to it."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from keras_api.conftest import Saved

from kdoctor.check import Check, Finding
from kdoctor.document import ABSENT, Document, Weight
from kdoctor.edit import Edit, apply
from kdoctor.graph.shapes import output_shapes
from kdoctor.pointer import Pointer
from kdoctor.structure.layers import layers
from kdoctor.structure.manifest import model_weights
from kdoctor.testing import KERAS_3, find_check
from kdoctor.weights.claims import claims, listed

CODES = ("K607", "K701", "K702", "K705")


@cache
def checks() -> tuple[Check, ...]:
    return tuple(find_check(code) for code in CODES)


def found(document: Document) -> list[Finding]:
    return [finding for check in checks() for finding in check.run(document, KERAS_3)]


def changed(document: Document, changes: dict[str, Weight | None]) -> Document:
    """The document with other arrays at these paths, or none."""
    return apply(
        document,
        [
            Edit(Pointer("weights", (path,)), old=document.weights.get(path, ABSENT), new=ABSENT if weight is None else weight)
            for path, weight in changes.items()
        ],
    )


def owned(document: Document) -> list[tuple[str, Weight]]:
    return list(model_weights(document).items())


def sampled(document: Document) -> list[tuple[str, Weight]]:
    """At most some thirty arrays, from all over the model."""
    arrays = owned(document)
    return arrays[:: len(arrays) // 30 + 1]


def test_every_layers_output_shape_is_the_one_that_keras_tells(saved_models: list[Saved]) -> None:
    for saved in saved_models:
        told = output_shapes(saved.document)
        shapes = {layer.name: list(told[layer.at]) for layer in layers(saved.document) if layer.depth == 0 and layer.at in told}
        assert {name: shape for name, shape in shapes.items() if name in saved.told["outputs"]} == saved.told["outputs"], saved.name


def test_every_array_of_an_archive_is_claimed_by_exactly_one_layer(saved_models: list[Saved]) -> None:
    for saved in saved_models:
        if saved.document.format.native:
            claimed = [f"{claim.place}/{variable.path}" for claim in claims(saved.document) for variable in claim.variables or ()]
            assert sorted(claimed) == sorted(path for path, _ in owned(saved.document)), saved.name


def test_the_order_of_an_h5_is_the_one_that_keras_loads_by(saved_models: list[Saved]) -> None:
    for saved in saved_models:
        if not saved.document.format.native:
            rows = {row.name: [variable.role for variable in row.variables or ()] for row in listed(saved.document) if row.variables != ()}
            assert rows == saved.told["listed"], saved.name


def test_a_healthy_model_is_not_accused(saved_models: list[Saved]) -> None:
    assert {saved.name: messages for saved in saved_models if (messages := [finding.message for finding in found(saved.document)])} == {}


def test_an_array_that_is_gone_is_missed(saved_models: list[Saved]) -> None:
    for saved in saved_models:
        for path, _ in sampled(saved.document):
            assert found(changed(saved.document, {path: None})), (saved.name, path)


def test_an_array_of_another_name_is_missed(saved_models: list[Saved]) -> None:
    for saved in saved_models:
        for path, weight in sampled(saved.document):
            assert found(changed(saved.document, {path: None, path + "x": weight})), (saved.name, path)


def test_an_array_of_another_shape_is_named(saved_models: list[Saved]) -> None:
    for saved in saved_models:
        for path, weight in sampled(saved.document):
            longer = replace(weight, shape=(*weight.shape[:-1], weight.shape[-1] + 1) if weight.shape else (2,))
            assert found(changed(saved.document, {path: longer})), (saved.name, path)


def test_two_arrays_of_one_layer_in_each_others_place_are_put_back(saved_models: list[Saved]) -> None:
    for saved in saved_models:
        if not saved.document.format.native:
            continue
        for path, weight in owned(saved.document):
            after = path.removesuffix("vars/0") + "vars/1"
            other = saved.document.weights.get(after)
            if not path.endswith("vars/0") or other is None or other.shape == weight.shape:
                continue
            (finding,) = found(changed(saved.document, {path: other, after: weight}))
            if finding.repair is not None:  # where the shapes of other variables leave no doubt
                assert apply(changed(saved.document, {path: other, after: weight}), finding.repair.edits).weights == saved.document.weights
