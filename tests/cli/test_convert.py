"""``kdoctor convert`` on real files: what is written, what is refused, and what it says about it."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import h5py
import jsonschema
import pytest
from cli.command import Run

from kdoctor.report.json import schema

Copy = Callable[[str], Path]
OLD = "sick/retired_optimizer_argument__lr__keras_2_2.h5"
OLD_ARCHIVE = "sick/moved_object__keras_2.keras"
TODAY = "healthy/input_shape_conflict.keras"
PLAIN = "healthy/not_a_model.keras"
HELPLESS = "sick/missing_part__no_config.keras"


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("name", [OLD, OLD_ARCHIVE, "healthy/not_compiled.h5", "sick/keras_1_config__keras_1.h5"])
def test_an_older_file_becomes_an_archive_in_which_nothing_is_left_to_cure(kdoctor: Run, sample: Copy, tmp_path: Path, name: str) -> None:
    old, out = sample(name), tmp_path / "new.keras"
    before = digest(old)
    assert kdoctor("convert", old, "--to", "keras", "-o", out).code == 0
    assert digest(old) == before
    (report,) = kdoctor("inspect", out, "--format", "json").json["reports"]
    assert (report["format"], report["loads"]) == ("keras-zip", True)
    assert {found["code"] for found in report["findings"]} <= {"K501"}  # never compiled


def test_without_an_output_the_new_file_stands_beside_the_old_one_by_its_name(kdoctor: Run, sample: Copy, tmp_path: Path) -> None:
    ended = kdoctor("convert", sample("healthy/not_compiled.h5"), "--to", "keras")
    assert (ended.code, ended.err) == (0, "")
    assert f"Wrote {tmp_path / 'not_compiled.keras'}." in ended.words
    assert {path.name for path in tmp_path.iterdir()} == {"not_compiled.h5", "not_compiled.keras"}


def test_an_older_archive_keeps_its_own_name(kdoctor: Run, sample: Copy, tmp_path: Path) -> None:
    assert kdoctor("convert", sample(OLD_ARCHIVE), "--to", "keras").code == 0
    assert (tmp_path / "moved_object__keras_2.converted.keras").exists()


def test_nothing_is_overwritten(kdoctor: Run, sample: Copy, tmp_path: Path) -> None:
    (tmp_path / "not_compiled.keras").write_text("precious")
    ended = kdoctor("convert", sample("healthy/not_compiled.h5"), "--to", "keras")
    assert (ended.code, (tmp_path / "not_compiled.keras").read_text()) == (2, "precious")
    assert "never overwrites" in ended.err


def test_an_archive_becomes_an_h5_with_the_same_numbers(kdoctor: Run, sample: Copy, tmp_path: Path) -> None:
    old, out = sample(PLAIN), tmp_path / "out.h5"
    assert kdoctor("convert", old, "--to", "h5", "-o", out).code == 0
    with zipfile.ZipFile(old) as archive, archive.open("model.weights.h5") as member, h5py.File(member) as stored, h5py.File(out) as new:
        names = [name for group in new["model_weights"].attrs["layer_names"] for name in new["model_weights"][group].attrs["weight_names"]]
        assert names
        for number, name in enumerate(names):
            kept = stored[f"layers/dense/vars/{number}"]
            assert (kept[()] == new["model_weights"][name.decode().split("/")[0]][name][()]).all()
    assert kdoctor("inspect", out).code == 0


def test_for_keras_2_the_words_are_those_of_keras_2(kdoctor: Run, sample: Copy, tmp_path: Path) -> None:
    out = tmp_path / "out.h5"
    assert kdoctor("convert", sample(PLAIN), "--to", "h5", "--target", "keras==2.15", "-o", out).code == 0
    with h5py.File(out) as new:
        assert new.attrs["keras_version"] in ("2.15", b"2.15")
        stored = new.attrs["model_config"]
        text = stored if isinstance(stored, str) else stored.decode()
    layers = json.loads(text)["config"]["layers"]
    assert layers[0]["class_name"] == "InputLayer"
    assert "batch_input_shape" in layers[0]["config"]
    assert not any(word in text for word in ("batch_shape", "DTypePolicy", "quantization_config", "registered_name", "module"))


def test_the_answer_for_programs_keeps_its_contract(kdoctor: Run, sample: Copy, tmp_path: Path) -> None:
    written = kdoctor("convert", sample(OLD), "--to", "keras", "--format", "json").json
    refused = kdoctor("convert", sample(HELPLESS), "--to", "keras", "--format", "json").json
    for answer in (written, refused):
        jsonschema.validate(answer, schema("convert"))
    assert (written["written"], Path(written["out"]).suffix) == (True, ".keras")
    assert {one["code"] for one in written["applied"]} >= {"K504"}
    assert (refused["written"], refused["out"]) == (False, None)


def test_what_cannot_be_converted_is_refused_with_a_sentence(kdoctor: Run, sample: Copy, tmp_path: Path) -> None:
    ended = kdoctor("convert", sample("sick/lambda_reads_global.keras"), "--to", "h5", "--target", "keras==2.15")
    assert ended.code == 1
    assert "Nothing was written" in ended.words
    assert [path.name for path in tmp_path.iterdir()] == ["lambda_reads_global.keras"]


def test_what_is_found_is_said_of_the_release_that_was_asked_about(kdoctor: Run, sample: Copy, tmp_path: Path) -> None:
    written = kdoctor("convert", sample(PLAIN), "--to", "h5", "--target", "keras==2.15", "-o", tmp_path / "out.h5")
    assert (written.code, "Keras 3.15.1 ─╯" in written.words) == (0, False)
    assert "will not load in Keras 2.15, or not as saved" in written.words
    assert "write the model in the words of Keras 2.15" in written.words
    refused = kdoctor("convert", sample("sick/lambda_reads_global.keras"), "--to", "h5", "--target", "keras==2.15", "--format", "json").json
    assert "K402" in {one["code"] for one in refused["remaining"]} <= {"K401", "K402"}
    assert [need["flag"] for need in refused["needs"]] == ["--bind"]


def test_what_keras_2_has_no_words_for_is_named(kdoctor: Run, sample: Copy) -> None:
    ended = kdoctor("convert", sample("healthy/foreign_dtype_policy.keras"), "--to", "keras", "--target", "keras==2.9")
    assert ended.code == 1
    assert "Keras 2.9 reads no .keras archive that kdoctor can write; --to h5 is what it reads." in ended.words


def test_what_is_in_the_form_already_is_left_alone(kdoctor: Run, sample: Copy, tmp_path: Path) -> None:
    ended = kdoctor("convert", sample(TODAY), "--to", "keras")
    assert (ended.code, len([*tmp_path.iterdir()])) == (0, 1)
    assert "nothing was written" in ended.words
    assert kdoctor("convert", sample("healthy/not_compiled__keras_2.h5"), "--to", "h5", "--target", "keras==2.15").code == 1


def test_what_is_wrong_with_a_file_of_keras_2_is_said_for_the_keras_2_asked_about(kdoctor: Run, sample: Copy) -> None:
    sick = sample("sick/lambda_reads_global__keras_2.h5")
    for container in ("h5", "keras"):
        ended = kdoctor("convert", sick, "--to", container, "--target", "keras==2.15.0")
        assert ended.code == 1
        assert "will not load in Keras 2.15.0" in ended.words
        assert "K402" in ended.words
        assert "nothing to convert" not in ended.words


@pytest.mark.parametrize("container", ["h5", "keras"])
def test_what_is_cured_for_a_keras_2_is_converted_for_it(kdoctor: Run, sample: Copy, tmp_path: Path, container: str) -> None:
    sick, out = sample("sick/lambda_python_mismatch__keras_2_9.h5"), tmp_path / f"out.{container}"
    assert kdoctor("convert", sick, "--to", container, "--target", "keras==2.15.0", "-o", out).code == 0
    assert kdoctor("inspect", out, "--target", "keras==2.15.0").code == 0


def test_keras_3_cannot_prove_a_file_for_keras_2(kdoctor: Run, sample: Copy) -> None:
    ended = kdoctor("convert", sample(PLAIN), "--to", "h5", "--target", "keras==2.15", "--verify")
    assert ended.code == 2
    assert "--verify" in ended.err


def test_an_archive_of_keras_3_becomes_one_of_keras_2_15(kdoctor: Run, sample: Copy, tmp_path: Path) -> None:
    out = tmp_path / "out.keras"
    assert kdoctor("convert", sample(PLAIN), "--to", "keras", "--target", "keras==2.15.0", "-o", out).code == 0
    with zipfile.ZipFile(out) as archive, archive.open("model.weights.h5") as member, h5py.File(member) as stored:
        assert json.loads(archive.read("metadata.json"))["keras_version"] == "2.15.0"
        assert "batch_input_shape" in archive.read("config.json").decode()
        assert "vars" in stored
    assert kdoctor("convert", out, "--to", "keras", "-o", tmp_path / "back.keras").code == 0


def test_what_answers_a_need_of_fix_answers_it_here_too(kdoctor: Run, sample: Copy, samples: Path) -> None:
    script = samples.parent / "none.py"
    assert kdoctor("convert", sample("sick/lambda_reads_global.keras"), "--to", "keras", "--bind-from", script).code == 2
    asked = ("--custom", "hub", "--hub-path", f"https://tfhub.dev/example/tiny/1={samples / 'hub_modules/tiny'}", "--embed")
    ended = kdoctor("convert", sample("sick/hub_layer.h5"), "--to", "keras", *asked, "--format", "json")
    assert (ended.code, ended.json["written"]) == (0, True)
    assert ended.json["before_loading"][0] == "import kdoctor.hub"
    jsonschema.validate(ended.json, schema("convert"))
