"""The layout of generated expressions."""

from __future__ import annotations

from kdoctor.rebuild.fragments import WIDTH, Applied, Atom, Item, call, flat, listing, sequence, statement

NAMED = call("keras.layers.Dense", [Item(Atom("64")), Item(Atom('"relu"'), "activation=")])


def test_what_fits_stands_on_one_line() -> None:
    assert statement("x = ", Applied(NAMED, call("", [Item(Atom("y"))])), 4) == '    x = keras.layers.Dense(64, activation="relu")(y)'


def test_a_tuple_of_one_keeps_its_comma_and_a_call_has_none() -> None:
    assert flat(sequence([Atom("3")])) == "(3,)"
    assert flat(call("f", [Item(Atom("3"))])) == "f(3)"


def test_a_long_call_has_an_argument_a_line_and_what_it_is_called_with_behind() -> None:
    long = call("keras.layers.Conv2D", [Item(Atom(f'"{"v" * 30}"'), f"argument_{index}=") for index in range(3)])
    text = statement("x = ", Applied(long, call("", [Item(Atom("y"))])))
    assert text.splitlines()[0] == "x = keras.layers.Conv2D("
    assert text.splitlines()[-1] == ")(y)"
    assert all(line.endswith(",") for line in text.splitlines()[1:-1])


def test_many_tensors_are_broken_too() -> None:
    text = statement("x = ", Applied(call("keras.layers.Add", []), call("", [Item(listing([Atom("a" * 20)] * 8))])))
    assert max(map(len, text.splitlines())) <= WIDTH
    compile(text, "test", "exec")
