"""Verification with real Keras, and with a stand-in for it where a file would have to be a weapon."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
from rewriting import rewritten

from kdoctor.confine import run_confined
from kdoctor.errors import ReadError, UsageError
from kdoctor.verify import Outcome, Output, VerifyLimits, verify

MAKE_MODELS = """
import sys, keras
from pathlib import Path
layers, here = keras.layers, Path(sys.argv[1])
keras.utils.set_random_seed(1)

good = keras.Sequential([keras.Input((None, 4)), layers.LSTM(3), layers.Dense(2)])
good.save(here / "good.keras")
good.save(here / "same.h5")
kernel = good.layers[1].kernel
kernel.assign(kernel + 0.01)
good.save(here / "perturbed.keras")
keras.Sequential([keras.Input((4,)), layers.Lambda(lambda x: x + 1)]).save(here / "lambda.keras")

number, word, token = keras.Input((2,), name="number"), keras.Input((1,), dtype="string", name="word"), keras.Input((None,), name="token")
spelled = layers.Dense(2)(layers.StringLookup(vocabulary=["cat", "dog"], output_mode="one_hot")(word))
meant = layers.GlobalAveragePooling1D()(layers.Embedding(3, 2)(token))
named = {"number": number, "word": word, "token": token}
keras.Model(named, {"sum": layers.Add()([number, spelled, meant]), "said": spelled}).save(here / "several.keras")
"""


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of small models, saved by real Keras in another process."""
    folder = tmp_path_factory.mktemp("models")
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
    subprocess.run([sys.executable, "-c", MAKE_MODELS, str(folder)], check=True, capture_output=True, env=environment)
    return folder


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StandIn:
    """A module named keras that the child imports instead of the real one."""
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "modules"))
    (tmp_path / "modules").mkdir()
    (tmp_path / "any.keras").write_bytes(b"")
    return StandIn(tmp_path)


class StandIn:
    """What `load_model` does, written as Python; `file` is something to verify."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / "any.keras"

    def is_nothing_but(self, source: str) -> None:
        (self.folder / "modules" / "keras.py").write_text(source)

    def loads_by(self, body: str) -> None:
        self.is_nothing_but(
            "import os, subprocess, sys, time\n"
            "__version__ = '3.0.0'\n"
            "class backend: backend = staticmethod(lambda: 'numpy')\n"
            "class utils: set_random_seed = staticmethod(lambda seed: None)\n"
            "def load_model(path):\n" + textwrap.indent(body, "    ") + "\n"
            "class saving: load_model = staticmethod(load_model)\n"
        )


def test_a_good_file_with_words_numbers_and_tokens_for_input_loads_and_predicts(models: Path) -> None:
    seen = verify(models / "several.keras", samples=3)
    assert (seen.outcome, seen.loads, seen.stage, seen.error) == (Outcome.OK, True, "done", None)
    assert seen.outputs == (Output((3, 2), "float32"), Output((3, 2), "float32"))
    assert seen.same is None
    assert seen.keras is not None
    assert seen.backend is not None
    assert seen.seconds > 0


def test_the_same_weights_in_another_container_compute_the_same(models: Path) -> None:
    seen = verify(models / "good.keras", against=models / "same.h5")
    assert (seen.outcome, seen.same) == (Outcome.OK, True)
    assert seen.max_abs_diff is not None
    assert seen.max_abs_diff < 1e-6


def test_perturbed_weights_are_different(models: Path) -> None:
    seen = verify(models / "good.keras", against=models / "perturbed.keras")
    assert (seen.outcome, seen.same, seen.stage) == (Outcome.DIFFERENT, False, "done")
    assert seen.max_abs_diff is not None
    assert seen.max_abs_diff > 1e-4
    assert "output 1 differs by up to" in str(seen.error)


def test_a_broken_file_gives_what_keras_says(models: Path, tmp_path: Path) -> None:
    other = {"config.json": lambda config: config.replace(b'"units": 2', b'"unots": 2')}
    seen = verify(rewritten(models / "good.keras", tmp_path / "broken.keras", other))
    assert (seen.outcome, seen.loads, seen.stage) == (Outcome.FAILED, False, "load")
    assert "missing 1 required positional argument: 'units'" in str(seen.error)
    assert "Traceback" not in str(seen.error)


def test_a_lambda_is_refused_by_safe_mode(models: Path) -> None:
    seen = verify(models / "lambda.keras")
    assert (seen.outcome, seen.loads) == (Outcome.FAILED, False)
    assert "unsafe" in str(seen.error)


def test_a_time_limit_ends_the_child_and_its_children(stand_in: StandIn) -> None:
    hearts = [stand_in.folder / "child", stand_in.folder / "grandchild"]
    beat = "import sys, time\nwhile True:\n    open(sys.argv[-1], 'a').write('x')\n    time.sleep(0.05)"
    stand_in.loads_by(
        f"subprocess.Popen([sys.executable, '-c', {beat!r}, {str(hearts[1])!r}])\nsys.argv.append({str(hearts[0])!r})\nexec({beat!r})"
    )
    seen = verify(stand_in.file, limits=VerifyLimits(seconds=3))
    assert (seen.outcome, seen.error) == (Outcome.TIMED_OUT, "still loading after 3 s")
    assert seen.seconds < 10
    beats = [heart.stat().st_size for heart in hearts]
    time.sleep(0.5)
    assert beats == [heart.stat().st_size for heart in hearts]
    assert min(beats) > 0


def test_a_memory_limit_ends_the_child_where_memory_can_be_watched(stand_in: StandIn) -> None:
    stand_in.loads_by("hoard = []\nwhile True:\n    hoard.append(bytearray(10_000_000))\n    time.sleep(0.03)")
    seen = verify(stand_in.file, limits=VerifyLimits(seconds=5, memory_bytes=200_000_000))
    if sys.platform in ("linux", "darwin"):
        assert (seen.outcome, seen.error) == (Outcome.OUT_OF_MEMORY, "needed more than 0.2 GB while loading")
        assert (seen.peak_memory_bytes or 0) > 200_000_000
    else:
        assert (seen.outcome, seen.peak_memory_bytes) == (Outcome.TIMED_OUT, None)


def test_one_claim_of_more_memory_than_there_is_runs_out_of_memory(stand_in: StandIn) -> None:
    stand_in.loads_by("return bytearray(1 << 46)")
    assert verify(stand_in.file, limits=VerifyLimits(seconds=30, memory_bytes=1 << 30)).outcome is Outcome.OUT_OF_MEMORY


def test_a_segmentation_fault_is_a_crash_by_name(stand_in: StandIn) -> None:
    stand_in.loads_by("os.kill(os.getpid(), 11)")
    seen = verify(stand_in.file)
    assert (seen.outcome, seen.loads, seen.keras) == (Outcome.CRASHED, False, "3.0.0")
    death = "was killed by SIGSEGV" if os.name == "posix" else "left with exit code 11"
    assert seen.error == f"Python {death} while loading"


def test_a_file_that_makes_python_exit_has_failed(stand_in: StandIn) -> None:
    stand_in.loads_by("sys.exit(0)")
    seen = verify(stand_in.file)
    assert (seen.outcome, seen.error) == (Outcome.FAILED, "SystemExit: 0")


def test_an_interpreter_that_leaves_without_an_answer_has_crashed(stand_in: StandIn) -> None:
    stand_in.loads_by("os._exit(0)")
    seen = verify(stand_in.file)
    assert (seen.outcome, seen.error) == (Outcome.CRASHED, "Python left with exit code 0 while loading")


def test_what_keras_prints_is_kept_apart_and_colours_are_removed(stand_in: StandIn) -> None:
    stand_in.loads_by("print('{\"outcome\": \"OK\"}', flush=True)\nos.write(1, b'{}')\nraise ValueError('\\x1b[1mbold\\x1b[0m words')")
    seen = verify(stand_in.file)
    assert (seen.outcome, seen.error) == (Outcome.FAILED, "ValueError: bold words")


def test_the_child_stands_in_an_empty_folder(stand_in: StandIn) -> None:
    stand_in.loads_by("raise ValueError(os.listdir('.'))")
    assert verify(stand_in.file).error == "ValueError: []"


def test_a_model_that_does_not_know_its_inputs_is_loaded_and_not_run(stand_in: StandIn) -> None:
    stand_in.loads_by("return object()")
    seen = verify(stand_in.file)
    assert (seen.outcome, seen.loads, seen.stage, seen.outputs) == (Outcome.OK, True, "predict", ())
    assert "loaded and not run" in str(seen.error)


def test_a_python_without_keras_says_what_to_install(stand_in: StandIn) -> None:
    stand_in.is_nothing_but("raise ModuleNotFoundError(\"No module named 'tensorflow'\")")
    seen = verify(stand_in.file)
    assert (seen.outcome, seen.loads, seen.keras) == (Outcome.NO_KERAS, False, None)
    assert 'pip install "kdoctor[verify]"' in str(seen.error)
    assert "tensorflow" in str(seen.error)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match=r"none\.keras"):
        verify(tmp_path / "none.keras")


def test_a_python_that_is_not_there_is_named(stand_in: StandIn) -> None:
    with pytest.raises(UsageError, match="no-such-python"):
        verify(stand_in.file, python="no-such-python")


def test_importing_verify_imports_neither_keras_nor_numpy() -> None:
    source = "import sys, json, kdoctor.verify; print(json.dumps([*{'keras', 'numpy', 'tensorflow', 'h5py'} & {*sys.modules}]))"
    seen = subprocess.run([sys.executable, "-c", source], check=True, capture_output=True, text=True)
    assert json.loads(seen.stdout) == []


def test_a_child_that_fills_its_output_does_not_block() -> None:
    command = [sys.executable, "-c", "import sys; sys.stdout.write('x' * 20_000_000); sys.stderr.write('y' * 9_000_000)"]
    ending = run_confined(command, request=b"", environment=os.environ, seconds=30, memory_bytes=1 << 30)
    assert (ending.returncode, ending.stopped_for) == (0, None)
    assert len(ending.answer) == 16 << 20
    assert len(ending.chatter) == 64 << 10
