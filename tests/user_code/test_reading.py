"""Definitions from Python source, without running it."""

from __future__ import annotations

import ast
from textwrap import dedent

import pytest

from kdoctor.errors import UsageError
from kdoctor.user_code.definition import Argument, Definition
from kdoctor.user_code.modules import read_file, read_module
from kdoctor.user_code.reading import definitions


def read(source: str) -> dict[str, Definition]:
    return {one.name: one for one in definitions(ast.parse(dedent(source)), "mine", "mine.py")}


def test_the_constructor_and_what_build_adds_are_told() -> None:
    found = read("""
        import keras
        class Projection(keras.layers.Layer):
            def __init__(self, units, gain=1.0, *, axis=-1, **kwargs):
                super().__init__(**kwargs)
                self.units, self.gain = units, gain
            def build(self, shape):
                self.kernel = self.add_weight(name="kernel", shape=(shape[-1], self.units))
                self.bias = self.add_weight("bias", (self.units,))
    """)["Projection"]
    assert found.arguments == (Argument("units"), Argument("gain", "1.0"), Argument("axis", "-1"))
    assert (found.takes_anything, found.stated, found.line) == (True, False, 3)
    assert found.shapes == ((None, "units"), ("units",))


def test_what_a_base_in_the_same_source_defines_is_inherited() -> None:
    found = read("""
        class Base(Layer):
            def __init__(self, units, **kwargs): ...
            def get_config(self): ...
        class Child(Base): ...
    """)["Child"]
    assert found.arguments == (Argument("units"),)
    assert found.stated


def test_the_constructor_of_a_base_elsewhere_is_not_known() -> None:
    found = read("class Mine(keras.layers.Dense): ...")["Mine"]
    assert found.unexpected(frozenset({"units", "gain"})) == ()
    assert found.lacking(frozenset()) == ()


def test_a_plain_layer_takes_what_every_layer_takes() -> None:
    assert read("class Mine(Layer): ...")["Mine"].unexpected(frozenset({"name", "units"})) == ("units",)


@pytest.mark.parametrize(
    ("decorator", "name"),
    [
        ('@keras.saving.register_keras_serializable(package="my")', "my>Mine"),
        ('@tf.keras.utils.register_keras_serializable("my", "Other")', "my>Other"),
        ("@register_keras_serializable()", "Custom>Mine"),
        ("@something.else_()", "Mine"),
    ],
)
def test_the_registered_name_is_that_of_the_decorator(decorator: str, name: str) -> None:
    assert read(f"{decorator}\nclass Mine(Layer): ...")["Mine"].name_in_file == name


def test_weights_that_are_added_under_a_condition_tell_nothing() -> None:
    found = read("""
        class Mine(Layer):
            def __init__(self, units): self.units = units
            def build(self, shape):
                if self.units: self.w = self.add_weight(shape=(self.units,))
    """)["Mine"]
    assert found.shapes is None


def test_functions_lambdas_and_what_stands_under_a_condition_are_found() -> None:
    found = read("""
        try:
            def swishy(x): ...
        except ImportError:
            pass
        ramp = lambda x: x
    """)
    assert {name: one.is_class for name, one in found.items()} == {"swishy": False, "ramp": False}


def test_a_file_is_read_and_never_run(tmp_path) -> None:  # type: ignore[no-untyped-def]
    file = tmp_path / "train.py"
    file.write_text("raise SystemExit\nclass Mine: ...\n")
    (found,) = read_file(file)
    assert (found.module, found.file, found.line) == ("train", str(file), 2)


def test_the_file_of_a_package_goes_by_the_name_of_the_package(tmp_path) -> None:  # type: ignore[no-untyped-def]
    """``import __init__`` finds it nowhere."""
    for folder, module in (("encoder", "encoder"), ("my-layers", "__init__")):
        file = tmp_path / folder / "__init__.py"
        file.parent.mkdir()
        file.write_text("class Mine: ...\n")
        (found,) = read_file(file)
        assert (found.module, found.file) == (module, str(file))


@pytest.mark.parametrize("source", ["def (", "\0", "x = " + "(" * 500])
def test_what_is_no_python_is_told(tmp_path, source: str) -> None:  # type: ignore[no-untyped-def]
    file = tmp_path / "train.py"
    file.write_text(source)
    with pytest.raises(UsageError, match="cannot be read as Python"):
        read_file(file)


def test_a_package_is_read_from_the_top_down_without_importing_it(tmp_path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    package = tmp_path / "my_pkg"
    (package / "deep").mkdir(parents=True)
    (package / "__init__.py").write_text("raise SystemExit\n")
    (package / "layers.py").write_text("class A: ...\n")
    (package / "deep" / "more.py").write_text("class A: ...\nclass B: ...\n")
    (package / "broken.py").write_text("print 'Python 2'\n")
    monkeypatch.chdir(tmp_path)
    assert {one.name: one.module for one in read_module("my_pkg")} == {"A": "my_pkg.layers", "B": "my_pkg.deep.more"}
    assert [one.module for one in read_module("my_pkg.layers")] == ["my_pkg.layers"]


@pytest.mark.parametrize("name", ["surely_not_there", "surely.not.there", "no-name", ""])
def test_a_module_that_is_nowhere_defines_nothing(name: str) -> None:
    assert read_module(name) == ()
