"""What a call takes, found by the short ways for usual calls and by the long one for all others, is the same."""

from __future__ import annotations

import pytest

from kdoctor.document import Json
from kdoctor.structure.sources import Alone, Source, are_alone, tensors


def tensor(name: str, number: Json = 0, output: Json = 0, *more: Json) -> dict[str, Json]:
    config = {"shape": [None, 4], "dtype": "float32", "keras_history": [name, number, output, *more]}
    return {"class_name": "__keras_tensor__", "config": config}


def call(*args: Json, **named: Json) -> dict[str, Json]:
    return {"args": [*args], "kwargs": named}


CALLS = [
    call(tensor("a")),
    call(tensor("a"), training=False),
    call([tensor("a"), tensor("b", 1, 2)]),
    call([tensor("a")]),
    call([]),
    call([tensor("a"), 5, tensor("b")]),
    call([tensor("a"), [tensor("b"), tensor("c")]]),
    call([tensor("a"), {**tensor("b"), "class_name": "__numpy__"}]),
    call([tensor("a"), tensor("b", True)]),
    call([tensor("a"), tensor("b", 0, 0, "more")]),
    call([tensor("a"), tensor("b")], mask=[None, tensor("c")]),
    call([tensor("a"), tensor("b")], mask=None),
    call(tensor("a"), tensor("b")),
    call({"z": tensor("a"), "k": tensor("b")}),
    {**call([tensor("a"), tensor("b")]), "more": tensor("c")},
]


@pytest.mark.parametrize("by_name", [False, True])
@pytest.mark.parametrize("given", CALLS)
def test_the_short_ways_find_what_the_long_one_finds(given: Json, by_name: bool) -> None:
    assert tensors(given, by_name=by_name) == tensors([given], by_name=by_name)  # within a list no call is known at sight


def test_a_list_of_tensors_is_taken_in_its_order() -> None:
    assert tensors(call([tensor("b", 1), tensor("a", 0, 2)])) == (Source("b", 1, 0), Source("a", 0, 2))


def test_calls_of_one_tensor_each_are_told_from_others() -> None:
    one, two = tensors(call(tensor("a"))), tensors(call([tensor("a"), tensor("b")]))
    assert type(one) is Alone
    assert are_alone((one, one))
    assert are_alone(())
    assert not are_alone((one, two))
