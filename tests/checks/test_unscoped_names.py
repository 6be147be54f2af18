"""K614: names of layers that no Keras 2 takes. Eight models of Keras 3.4 with the names below were refused by 2.15, and load and compute the same, cured."""

from __future__ import annotations

import pytest
from graphs import after, cured, functional, start

from kdoctor.document import Document
from kdoctor.target import Target
from kdoctor.testing import document, examine, layer

KERAS_2 = Target("2.15.0")


def named(name: str) -> Document:
    rows = (start(), after(layer("Dense", name=name, units=2), "in"), after(layer("Dense", name="out", units=2), name))
    return document(functional(*rows), metadata={"keras_version": "3.4.1"})


@pytest.mark.parametrize(
    ("name", "new"), [("my layer", "my_layer"), ("\u00dcn\u00ef", "layer_n_"), ("_hidden", "layer_hidden"), ("kernel:0", "kernel_0")]
)
def test_a_name_that_opens_no_scope_is_written_otherwise_wherever_it_is_used(name: str, new: str) -> None:
    sick = named(name)
    (finding,) = examine("K614", sick, KERAS_2)
    assert str(finding.keras_says).startswith(f"ValueError: {name + '/'!r}")
    healed = cured(sick, finding)
    first, last = healed.config["config"]["layers"][1:]
    assert (first["name"], first["config"]["name"], last["inbound_nodes"][0][0][0]) == (new, new, new)
    assert examine("K614", healed, KERAS_2) == []


def test_plain_names_and_keras_3_are_left_alone() -> None:
    assert examine("K614", named("conv2d_1/relu.x"), KERAS_2) == []
    assert examine("K614", named("my layer"), Target("3.15.1")) == []


def test_no_name_is_not_a_bad_one() -> None:
    """What the file does not call is not told by the number that stands for a name here: others say that it has none."""
    nameless = {"class_name": "Dense", "config": {"units": 2}}
    stack = document({"class_name": "Sequential", "config": {"name": "stack", "layers": [nameless]}}, metadata={"keras_version": "3.4.1"})
    assert all("'#" not in finding.message for finding in examine("K614", stack, KERAS_2))
