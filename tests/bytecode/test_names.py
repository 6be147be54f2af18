from __future__ import annotations

import marshal

import pytest

from kdoctor.bytecode.code import Code
from kdoctor.bytecode.marshal import read_code
from kdoctor.bytecode.names import GlobalRead, builtin_names, names_read

from .fixtures import PYTHONS, compiled_here, dumped, one


def read(source: str) -> Code:
    return read_code(dumped(source))


@pytest.mark.parametrize("python", PYTHONS)
def test_a_global_comes_with_the_attributes_read_from_it(python: str) -> None:
    names = names_read(read_code(one(python, "lambda x: tf.nn.relu(x)")))
    assert names.globals == (GlobalRead("tf", ("nn", "relu")),)
    assert names.unknown == ("tf",)
    assert names.attributes == ("nn", "relu")
    assert str(names.globals[0]) == "tf.nn.relu"


@pytest.mark.parametrize("python", PYTHONS)
def test_builtins_are_told_from_names_that_somebody_must_supply(python: str) -> None:
    names = names_read(read_code(one(python, "lambda x: tf.stack([x[:, i] for i in range(n)], axis=1)")))
    assert sorted(names.unknown) == ["n", "tf"]
    assert [each.name for each in names.globals if each.is_builtin] == ["range"]


@pytest.mark.parametrize("python", PYTHONS)
def test_captured_variables_are_those_really_read(python: str) -> None:
    assert names_read(read_code(one(python, "lambda x: ops.matmul(x, w)"))).free == ("w",)
    assert names_read(read_code(one(python, "lambda x: K.map_fn(lambda y: y * scale, x)"))).free == ("scale",)


@pytest.mark.parametrize("python", PYTHONS)
def test_a_variable_of_the_code_around_is_not_captured_from_outside(python: str) -> None:
    assert names_read(read_code(one(python, "lambda x: lambda y: x + y"))).free == ()


@pytest.mark.parametrize("python", PYTHONS)
def test_imports_are_named_with_what_is_taken_from_them(python: str) -> None:
    names = names_read(
        read_code(one(python, "def resize(x):\n    from keras.backend import tf as ktf\n    return ktf.image.resize_images(x, (66, 200))"))
    )
    assert names.imports == ("keras.backend", "keras.backend.tf")
    assert names.globals == ()


def test_each_name_is_listed_once_in_the_order_of_the_instructions() -> None:
    names = names_read(read("lambda x: b(a, b, a.c)"))
    assert [str(each) for each in names.globals] == ["b", "a", "a.c"]
    assert names.unknown == ("b", "a")


def test_code_that_nothing_loads_is_read_all_the_same() -> None:
    hidden = compile("evil", "here.py", "eval")
    outer = compiled_here("lambda x: x")
    names = names_read(read_code(marshal.dumps(outer.replace(co_consts=(*outer.co_consts, hidden)))))
    assert names.unknown == ("evil",)


def test_globals_that_are_set_are_writes() -> None:
    assert names_read(read("def f(x):\n    global state\n    state = x\n    return x")).writes == ("state",)


def test_builtins_of_every_python_are_known_and_those_of_site_are_not() -> None:
    assert {"print", "xrange", "unicode", "aiter", "__import__", "eval"} <= builtin_names()
    assert not {"exit", "tf", "np", "license"} & builtin_names()
