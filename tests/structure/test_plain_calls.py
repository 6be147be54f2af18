"""Calls of one whole tensor, or of one list of such, of which nobody asks anything again."""

from __future__ import annotations

from typing import Any

import pytest
from graphs import functional, start

from kdoctor.structure.plain_calls import called_plainly
from kdoctor.testing import document, layer


def tensor(name: str = "in", **other: Any) -> dict[str, Any]:
    config = {"shape": [None, 4], "dtype": "float32", "keras_history": [name, 0, 0], **other}
    return {"class_name": "__keras_tensor__", "config": {key: value for key, value in config.items() if value != "absent"}}


def is_plain(*nodes: Any) -> bool:
    raw = {**layer("Dense", name="dense", units=1), "name": "dense", "inbound_nodes": list(nodes)}
    made = document(functional(start(), raw, outputs=(("dense", 0, 0),)))
    rows = made.config["config"]["layers"]
    return {id(rows[0]), id(rows[1])} & called_plainly(made) == {id(row) for row in rows}


@pytest.mark.parametrize("given", [tensor(), [tensor(), tensor("other")]])
@pytest.mark.parametrize("named", [{}, {"training": False, "mask": None}])
def test_a_call_of_whole_tensors_is_plain_whatever_plain_values_stand_beside(given: Any, named: dict[str, Any]) -> None:
    assert is_plain({"args": [given], "kwargs": named}) == (isinstance(given, dict) or not named)


@pytest.mark.parametrize(
    "call",
    [
        [["in", 0, 0, {}]],
        {"args": [tensor(), tensor()], "kwargs": {}},
        {"args": [tensor()], "kwargs": {"mask": tensor()}},
        {"args": [[]], "kwargs": {}},
        {"args": [tensor(dtype="absent")], "kwargs": {}},
        {"args": [[tensor(), tensor(shape=[None, "4"])]], "kwargs": {}},
        {"args": [tensor("_CONSTANT_VALUE")], "kwargs": {}},
        {"args": [tensor()]},
        5,
    ],
)
def test_every_other_call_is_looked_at(call: Any) -> None:
    assert not is_plain(call)
    assert not is_plain({"args": [tensor()], "kwargs": {}}, call)
