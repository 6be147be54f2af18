"""K202: layers that a class of the user's makes in its constructor, which nothing builds before their weights are read."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from textwrap import dedent, indent

import keras
import numpy
import pytest
from typer.testing import CliRunner

from kdoctor.cli.app import app

pytestmark = [
    pytest.mark.filterwarnings("ignore:__array__ implementation"),  # NumPy 2 says it of what Keras makes
    pytest.mark.filterwarnings("ignore:`build\\(\\)` was called on layer"),  # which is what is tried
    pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5"),
]

BLOCK = """
    import keras
    from keras import layers

    class Block(layers.Layer):
        def __init__(self, units, **kwargs):
            super().__init__(**kwargs)
            self.units = units
            self.inner = layers.Dense(units)

        def call(self, inputs):
            return self.inner(inputs)

        def get_config(self):
            return {**super().get_config(), "units": self.units}
"""
SHAPE = """
def compute_output_shape(self, input_shape):
    return (*input_shape[:-1], self.units)
"""
EMPTY = """
def build(self, input_shape):
    super().build(input_shape)
"""
FULL = """
def build(self, input_shape):
    self.inner.build(input_shape)
"""
INPUTS = numpy.arange(8, dtype="float32").reshape(2, 4)


def saved(folder: Path, *methods: str, extension: str = ".keras", held: bool = False) -> tuple[Path, Path, type]:
    source = folder / "blocks.py"
    source.write_text(dedent(BLOCK) + "".join(indent(one, " " * 4) for one in methods))
    spec = importlib.util.spec_from_file_location("blocks", source)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    block = module.Block(3, name="block")
    if held:
        model = keras.Sequential([keras.Input((2, 2)), keras.layers.Dense(2), keras.layers.TimeDistributed(block, name="held")])
        model(INPUTS.reshape(2, 2, 2))
        model.save(folder / f"model{extension}")
        return source, folder / f"model{extension}", module.Block
    model = keras.Sequential([keras.Input((4,)), block, keras.layers.Dense(2)])
    model(INPUTS)  # a call builds what is inside, as training does
    model.save(folder / f"model{extension}")
    numpy.save(folder / "expected.npy", numpy.asarray(model(INPUTS)))
    return source, folder / f"model{extension}", module.Block


def run(command: str, path: Path, source: Path, *more: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, [command, str(path), "--custom", str(source), *more])
    return done.exit_code, done.output


def test_what_is_marked_as_built_is_built_by_its_call_instead(tmp_path: Path) -> None:
    source, sick, block = saved(tmp_path, SHAPE)
    with pytest.raises(ValueError, match="could not be loaded"):
        keras.models.load_model(sick, custom_objects={"Block": block})
    assert run("inspect", sick, source)[0] == 1
    code, _ = run("fix", sick, source, "-o", str(tmp_path / "out.keras"))
    assert code == 0
    model = keras.models.load_model(tmp_path / "out.keras", custom_objects={"Block": block})
    assert numpy.allclose(numpy.asarray(model(INPUTS)), numpy.load(tmp_path / "expected.npy"), rtol=1e-6)


@pytest.mark.parametrize("extension", [".keras", ".h5"])
def test_a_build_that_makes_nothing_has_to_be_written_anew(tmp_path: Path, extension: str) -> None:
    source, sick, block = saved(tmp_path, SHAPE, EMPTY, extension=extension)
    with pytest.raises(ValueError, match=r"could not be loaded|Layer count mismatch|weights"):
        keras.models.load_model(sick, custom_objects={"Block": block})
    code, said = run("fix", sick, source, "-o", str(tmp_path / "out.keras"))
    assert code == 1
    assert "its build makes nothing" in " ".join(said.split())
    assert not (tmp_path / "out.keras").exists()


@pytest.mark.parametrize(("methods", "extension"), [((), ".keras"), ((EMPTY,), ".keras"), ((SHAPE, FULL), ".keras"), ((SHAPE,), ".h5")])
def test_what_is_called_or_builds_its_layers_is_fine(tmp_path: Path, methods: tuple[str, ...], extension: str) -> None:
    source, sound, block = saved(tmp_path, *methods, extension=extension)
    model = keras.models.load_model(sound, custom_objects={"Block": block})
    assert numpy.allclose(numpy.asarray(model(INPUTS)), numpy.load(tmp_path / "expected.npy"), rtol=1e-6)
    assert "input-shape-missing" not in run("inspect", sound, source)[1]


@pytest.mark.parametrize("extension", [".keras", ".h5"])
@pytest.mark.parametrize("methods", [(), (SHAPE,), (SHAPE, EMPTY)])
def test_a_time_distributed_builds_what_it_holds_by_its_build_alone(tmp_path: Path, methods: tuple[str, ...], extension: str) -> None:
    source, sick, block = saved(tmp_path, *methods, extension=extension, held=True)
    with pytest.raises(ValueError, match=r"could not be loaded|Layer count mismatch"):
        keras.models.load_model(sick, custom_objects={"Block": block})
    code, said = run("fix", sick, source, "-o", str(tmp_path / "out.keras"))
    assert code == 1
    assert "a TimeDistributed calls its build" in " ".join(said.split())
    assert "cannot trace" not in said
    assert not (tmp_path / "out.keras").exists()


@pytest.mark.parametrize("extension", [".keras", ".h5"])
def test_a_time_distributed_around_a_class_that_builds_its_layers_is_fine(tmp_path: Path, extension: str) -> None:
    source, sound, block = saved(tmp_path, SHAPE, FULL, extension=extension, held=True)
    keras.models.load_model(sound, custom_objects={"Block": block})
    assert "input-shape-missing" not in run("inspect", sound, source)[1]
