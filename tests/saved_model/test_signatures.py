"""What a SavedModel says of itself, read from its folder as TensorFlow writes it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from protobufs import field

from kdoctor.archive import open_document
from kdoctor.check import Severity
from kdoctor.doctor import examine_file
from kdoctor.packs import load_checks
from kdoctor.saved_model.signatures import describe
from kdoctor.target import Target

SAMPLE = Path(__file__).parents[2] / "sample_models" / "sick" / "other_format__saved_model"


def test_the_signature_of_an_exported_model_is_read() -> None:
    found = describe(SAMPLE)
    assert found is not None
    assert "serve" in found.tags
    assert found.tensorflow.startswith("2.")
    signature = found.signatures["serving_default"]
    assert list(signature.inputs.values()) == ["float32 (None, 4)"]
    assert [value.split(" ")[0] for value in signature.outputs.values()] == ["float32"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes")
@pytest.mark.parametrize("name", ["saved_model.pb", "keras_metadata.pb"])
def test_a_pipe_under_the_name_of_a_part_is_not_waited_for(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "model"
    shutil.copytree(SAMPLE, folder)
    (folder / name).unlink(missing_ok=True)
    os.mkfifo(folder / name)
    report = examine_file(folder, Target("3.15.1"), load_checks())
    assert report.failures == ()
    assert [found.check.code for found in report.errors] == ["K110"]


def test_it_is_what_tensorflow_reads(tmp_path: Path) -> None:
    asked = (
        "import json, sys, tensorflow as tf; s = tf.saved_model.load(sys.argv[1]).signatures; "
        "print(json.dumps({n: {k: [v.dtype.name, v.shape.as_list()] for k, v in f.structured_input_signature[1].items()} for n, f in s.items()}))"
    )
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", asked, str(SAMPLE)], capture_output=True, text=True, check=True)
    theirs = json.loads(done.stdout.splitlines()[-1])
    found = describe(SAMPLE)
    assert found is not None
    ours = {name: dict(signature.inputs) for name, signature in found.signatures.items()}
    said = {
        name: {key: f"{dtype} ({', '.join(str(length) for length in shape)})" for key, (dtype, shape) in inputs.items()}
        for name, inputs in theirs.items()
    }
    assert ours == said


@pytest.mark.parametrize("versions", [("1",), ("9", "10", "2")])
def test_the_layout_of_tensorflow_serving_is_recognised(tmp_path: Path, versions: tuple[str, ...]) -> None:
    for version in versions:
        shutil.copytree(SAMPLE, tmp_path / "model" / version)
    (tmp_path / "model" / "007").mkdir()
    (fault,) = open_document(tmp_path / "model").faults.values()
    assert fault.detail["versions"] == sorted(int(version) for version in versions)
    report = examine_file(tmp_path / "model", Target("3.15.1"), load_checks())
    (told,) = (found.finding.message for found in report.findings if found.check.code == "K110")
    assert f"version {max(map(int, versions))} of {len(versions)}, in the layout of TensorFlow Serving" in told
    assert "serving_default(" in told


def test_for_serving_it_is_what_is_wanted() -> None:
    report = examine_file(SAMPLE, Target("3.15.1", purpose="serving"), load_checks())
    assert {found.check.code: found.severity for found in report.findings} == {"K110": Severity.INFO}
    assert report.loads is None


def test_the_keras_model_that_it_was_is_named(tmp_path: Path) -> None:
    shutil.copytree(SAMPLE, tmp_path / "model")
    root = json.dumps({"class_name": "Sequential", "keras_version": "2.11.0", "config": {}})
    node = field(2, 0) + field(3, "root") + field(5, root)
    (tmp_path / "model" / "keras_metadata.pb").write_bytes(field(1, node))
    found = describe(tmp_path / "model")
    assert found is not None
    assert found.keras == {"class_name": "Sequential", "keras_version": "2.11.0"}


@pytest.mark.parametrize("data", [b"", b"\x08\x01\x12", b"\xff" * 100, b"\x12\x05abc"])
def test_a_damaged_program_is_no_crash(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "saved_model.pb").write_bytes(data)
    found = describe(tmp_path)
    assert found is None or dict(found.signatures) == {}
    kinds = [fault.kind for fault in open_document(tmp_path).faults.values()]
    assert kinds == (["other-format", "json-malformed"] if data else ["other-format"])  # what is in it is not known, and that is told
