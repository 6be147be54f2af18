"""The models of a file, outermost first, and what they declare."""

from __future__ import annotations

import pytest
from graphs import after, functional, start

from kdoctor.document import Format
from kdoctor.structure.models import models
from kdoctor.structure.sources import Source
from kdoctor.testing import document, layer, sequential


def test_a_nested_model_is_one_of_its_own_with_its_own_layers() -> None:
    inner = sequential(layer("Dense", name="deep"), name="inner")
    outer, nested = models(document(sequential(inner, layer("ReLU"), name="outer")))
    assert (outer.node.name, [row.name for row in outer.layers], outer.nested) == ("outer", ["inner", "relu"], False)
    assert (nested.node.name, [row.name for row in nested.layers], nested.nested) == ("inner", ["deep"], True)


def test_a_model_inside_a_wrapper_has_no_rows_and_is_left_out() -> None:
    held = layer("TimeDistributed", layer=sequential(layer("Dense"), name="held"))
    assert [found.node.name for found in models(document(sequential(held, name="outer")))] == ["outer"]


def test_a_file_without_a_config_has_none() -> None:
    assert models(document(format=Format.H5_WEIGHTS)) == ()


def test_a_functional_says_what_it_is_by_its_outputs() -> None:
    (graph,) = models(document(functional(start(), after(layer("Dense", name="out"), "in"))))
    (stack,) = models(document(sequential(layer("Dense"))))
    assert (graph.functional, stack.functional) == (True, False)


@pytest.mark.parametrize(
    ("stored", "meant"),
    [
        ((("a", 0, 0), ("b", 1, 2)), (Source("a", 0, 0), Source("b", 1, 2))),
        (("a", 0, 0), (Source("a", 0, 0),)),
        ({"x": ["a", 0, 0], "y": [["b", 0, 1]]}, (Source("a", 0, 0), Source("b", 0, 1))),
        ((("a", True, 0), ("a", 0), "a", 7), ()),
        (None, ()),
    ],
)
def test_endpoints_are_read_in_every_form(stored: object, meant: tuple[Source, ...]) -> None:
    (graph,) = models(document(functional(start("a"), start("b"), outputs=stored)))
    assert graph.endpoints("output_layers") == meant
