"""Read, never run: proved by Python's own audit events, in the process of the command and in every process that it starts."""

from __future__ import annotations

import base64
import json
import marshal
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import h5py
import pytest
from rewriting import rewritten
from stored_lambdas import encoded, innermost

from kdoctor.testing import layer, sequential

ROOT = Path(__file__).parent.parent
SAMPLES = ROOT / "sample_models"
PROBE = "kdoctor_probe_module"
HOSTILE = (
    f"lambda x: (__import__('{PROBE}'), open('ran', 'w'), exec('import {PROBE}'), eval('1'), x)[-1]",
    "lambda x: __import__('marshal').loads(b'N') or __import__('pickle').loads(b'N.') or x",
    "lambda x: __import__('os').system('touch ran') or tf.io.write_file('ran', 'x') or x",
)


@pytest.fixture
def room(tmp_path: Path) -> Path:
    """A folder with a module that a model names; importing it leaves a trace."""
    (tmp_path / "room").mkdir()
    (tmp_path / "room" / f"{PROBE}.py").write_text("open('ran', 'w').close()\nclass Probe: pass\ndef probe(x): return x\n")
    return tmp_path / "room"


def audited(room: Path, *words: str | Path) -> tuple[subprocess.CompletedProcess[str], list[str]]:
    """Run this Python with these words; how it ended, and every event that should not have been."""
    log = room.parent / "audit.log"
    log.unlink(missing_ok=True)
    path = os.pathsep.join([str(ROOT / "tests" / "audit"), str(room)])  # the module that the model names could be imported
    environment = {
        **os.environ,
        "PYTHONPATH": path,
        "KDOCTOR_AUDIT": str(log),
        "KDOCTOR_AUDIT_ROOMS": str(room),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    done = subprocess.run([sys.executable, *map(str, words)], cwd=room, env=environment, capture_output=True, text=True, check=False)
    return done, log.read_text().splitlines()


def kdoctor(room: Path, *words: str | Path) -> tuple[int, str, list[str]]:
    done, events = audited(room, "-m", "kdoctor", *words)
    assert "Traceback" not in done.stderr, done.stderr
    assert not list(room.rglob("ran"))
    return done.returncode, done.stdout, events


def code(source: str) -> dict[str, Any]:
    return encoded(innermost(compile(source, "train.py", "eval")))


def hostile_config() -> dict[str, Any]:
    bad = [code(source) for source in HOSTILE]
    raw = base64.b64decode(bad[0]["config"]["code"])
    lambdas = [layer("Lambda", name=f"l{place}", function=each, output_shape=each, mask=each) for place, each in enumerate(bad)]
    lambdas.append(layer("Lambda", name="keras_2", function=[bad[0]["config"]["code"], None, [1]], function_type="lambda", module=PROBE))
    lambdas.append(layer("Lambda", name="keras_1", function=[raw.decode("raw_unicode_escape"), None, None], function_type="lambda"))
    lambdas.append(layer("Lambda", name="cut", function=encoded_bytes(raw[:50])))
    lambdas.append(layer("Lambda", name="odd", function=encoded_bytes(marshal.dumps((1, 2)))))
    named = {"module": PROBE, "class_name": "function", "config": "probe", "registered_name": "function"}
    others = [
        layer("Dense", name="d", units=2, activation=bad[1]),
        layer("Probe", name="p", module=PROBE),
        layer("Lambda", name="n", function=named),
    ]
    start = {
        "module": "keras.layers",
        "class_name": "InputLayer",
        "config": {"batch_shape": [None, 2], "name": "x"},
        "registered_name": None,
    }
    return sequential(start, *lambdas, *others)


def encoded_bytes(data: bytes) -> dict[str, Any]:
    return {"class_name": "__lambda__", "config": {"code": base64.b64encode(data).decode(), "defaults": None, "closure": None}}


def as_keras(file: Path) -> Path:
    sick = SAMPLES / "sick" / "lambda_reaches_system.keras"
    return rewritten(sick, file, {"config.json": lambda _: json.dumps(hostile_config()).encode()})


def as_h5(file: Path) -> Path:
    shutil.copyfile(SAMPLES / "sick" / "lambda_code.h5", file)
    with h5py.File(file, "r+") as opened:
        opened.attrs["model_config"] = json.dumps(hostile_config())
    return file


@pytest.mark.parametrize("name", ["model.keras", "model.h5"])
def test_nothing_of_a_hostile_file_is_run_imported_or_unmarshalled(room: Path, name: str) -> None:
    file = as_keras(room / name) if name.endswith(".keras") else as_h5(room / name)
    ended, out, events = kdoctor(room, "inspect", file, "--format", "json", "--deep")
    assert events == []
    (report,) = json.loads(out)["reports"]
    found = {finding["code"] for finding in report["findings"]}
    assert found >= {"K301", "K401", "K405", "K406", "K407"}
    assert (ended, report["failures"]) == (1, [])
    custom = room / "mine.py"
    custom.write_text("open('ran', 'w').close()\ndef probe(x):\n    return x\n")
    ended, out, events = kdoctor(
        room,
        "fix",
        file,
        "-o",
        room / f"out.{name}",
        "--unsafe",
        "--partial",
        "--custom",
        custom,
        "--bind-from",
        custom,
        "--bind",
        "tf=1",
        "--format",
        "json",
    )
    assert events == []
    assert {finding["code"] for finding in json.loads(out)["remaining"]} >= {"K401", "K407"}
    assert ended == 1


@pytest.mark.parametrize(
    "name",
    [
        "lambda_reads_global.keras",
        "lambda_code__keras_1.h5",
        "lambda_closure__array__keras_2.h5",
        "lambda_named_function.keras",
        "lambda_corrupt.keras",
    ],
)
def test_the_samples_with_lambdas_are_read_and_repaired_without_running_anything(room: Path, name: str) -> None:
    shutil.copyfile(SAMPLES / "sick" / name, room / name)
    assert kdoctor(room, "inspect", room / name)[2] == []
    assert kdoctor(room, "fix", room / name, "--bind", "CONV_WIDTH=3")[2] == []


def test_what_unsafe_compiles_a_child_compiles_that_takes_nothing_from_here(room: Path) -> None:
    """Python's isolated mode, which hears of no folder of ours: the witness sees its command, and nothing else."""
    shutil.copyfile(ROOT / "tests" / "recompiling" / "keras_2_9.h5", room / "loops.h5")
    ended, out, events = kdoctor(room, "fix", room / "loops.h5", "--unsafe", "--bind", "WINDOW=3")
    (event,) = events
    command = f"{sys.executable!r}, ['{sys.executable}', '-I', '-S', "
    assert (event.startswith(f"subprocess.Popen ({command}"), "recompiling" in event) == (True, True)
    assert (ended, "still holds Python bytecode" in " ".join(out.split())) == (0, True)


@pytest.mark.parametrize(
    ("line", "event"),
    [
        ("exec('1')", "exec"),
        ("eval('1')", "compile"),
        ("import marshal; marshal.loads(b'N')", "marshal.loads"),
        (f"import {PROBE}", "import"),
        ("open('/etc/hostname')", "open"),
        ("import subprocess; subprocess.run(['true'])", "subprocess.Popen"),
        ("import os; os.system('true')", "os.system"),
        ("import pickle; pickle.loads(b'cbuiltins\\nlen\\n.')", "pickle.find_class"),
        ("import socket; socket.getaddrinfo('localhost', 1)", "socket.getaddrinfo"),
    ],
)
def test_the_witness_sees_what_it_is_there_to_see(room: Path, line: str, event: str) -> None:
    (room / "act.py").write_text(line)
    done, events = audited(room, "-c", "import runpy; runpy.run_path('act.py')")
    assert event in {each.split(" ")[0] for each in events}, done.stderr
