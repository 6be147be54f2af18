"""The order of a Functional's layers, against Keras's own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

from graphs import after, functional, start

from kdoctor.replacements.graph_order import moves, ordered
from kdoctor.testing import document, layer

MAKE = """
import json, keras
from keras import layers
x, other = keras.Input((4,), name="x"), keras.Input((4,), name="other")
shared = layers.Dense(4, name="shared")
inner = keras.Sequential([keras.Input((4,)), layers.Dense(4)], name="inner")
deep = layers.Dense(4, name="second")(layers.Dense(4, name="first")(x))
short = shared(other)
again = shared(deep)
joined = layers.Concatenate(name="joined")([short, again, inner(inner(x))])
two = layers.Add(name="two")([deep, again])
models = [
    keras.Model([x, other], layers.Dense(2, name="end")(joined)),
    keras.Model([other, x], [two, joined]),
    keras.Model(x, inner(inner(x))),
    keras.Model([x, other], {"b": shared(deep), "a": short}),
    keras.Model(x, (lambda y: keras.ops.concatenate([y[:, :2], keras.ops.exp(y)], axis=-1) + y[:, :1])(deep)),
]
print(json.dumps([{**model.get_config(), "right": [each.name for each in model.operations]} for model in models]))
"""


def names(listed: list[Any]) -> list[str]:
    return [each["name"] for each in listed]


def test_layers_in_any_order_are_put_into_that_of_keras() -> None:
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run([sys.executable, "-c", MAKE], capture_output=True, text=True, check=True, env=environment)
    models = json.loads(done.stdout)
    assert len(models) == 5
    for made in models:
        stored, right = made["layers"], made["right"]
        assert len(right) >= 2
        for shuffled in (stored[::-1], sorted(stored, key=lambda each: each["name"])):
            assert names(ordered(shuffled, made["output_layers"])) == right


def test_what_the_outputs_do_not_need_comes_last_as_it_was() -> None:
    rows = [after(layer("Dense", name="b"), "in"), after(layer("Dense", name="a"), "in"), after(layer("Dense", name="out"), "in"), start()]
    assert names(ordered(rows, [["out", 0, 0]])) == ["in", "out", "b", "a"]


def test_a_loop_and_a_layer_that_is_not_there_end_too() -> None:
    rows = [after(layer("Dense", name="a"), "b"), after(layer("Dense", name="b"), "a", "nowhere")]
    assert sorted(names(ordered(rows, [["a", 0, 0], ["b", 0, 0], ["nowhere", 7, 0]]))) == ["a", "b"]


def test_a_long_chain_needs_no_recursion() -> None:
    rows = [start(), *(after(layer("Dense", name=f"d{index}"), f"d{index - 1}" if index else "in") for index in range(3000))]
    assert names(ordered(rows[::-1], [["d2999", 0, 0]])) == names(rows)


def test_arrays_move_with_the_layers_that_they_are_counted_among() -> None:
    weights = {"layers/dense/vars/0": (4, 4), "layers/dense_1/vars/0": (4, 2)}
    chains = [("one", "two"), ("two", "one")]
    rows = [[after(layer("Dense", name=first), "in"), after(layer("Dense", name=last), first)] for first, last in chains]
    before, now = (
        document(functional(start(), *listed, outputs=((last, 0, 0),)), weights=weights)
        for listed, (_, last) in zip(rows, chains, strict=True)
    )
    swapped = [("layers/dense/vars/0", "layers/dense_1/vars/0"), ("layers/dense_1/vars/0", "layers/dense/vars/0")]
    assert sorted(moves(before, now)) == swapped
    assert moves(before, before) == []


def test_arrays_stay_where_the_config_alone_lists_the_layers_otherwise() -> None:
    rows = [after(layer("Dense", name="one"), "in"), after(layer("Dense", name="two"), "one")]
    weights = {"layers/dense/vars/0": (4, 4), "layers/dense_1/vars/0": (4, 2)}
    before, now = (document(functional(start(), *listed, outputs=(("two", 0, 0),)), weights=weights) for listed in (rows, rows[::-1]))
    assert moves(before, now) == []
