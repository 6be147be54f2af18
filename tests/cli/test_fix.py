"""``kdoctor fix`` on real files: what is written, what is not, and what it says about it."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest
from cli.command import Run

from kdoctor.report.json import schema

Copy = Callable[[str], Path]
CURABLE = "sick/input_shape_conflict.keras"
HELPLESS = "sick/missing_part__no_config.keras"
HEALTHY = "healthy/input_shape_conflict.keras"


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_a_repaired_file_is_written_beside_the_original_which_stays(kdoctor: Run, sample: Copy, tmp_path: Path) -> None:
    sick = sample(CURABLE)
    before = digest(sick)
    ended = kdoctor("fix", sick)
    assert (ended.code, ended.err) == (0, "")
    assert f"Wrote {tmp_path / 'input_shape_conflict.fixed.keras'}." in ended.out
    assert names(tmp_path) == {"input_shape_conflict.keras", "input_shape_conflict.fixed.keras"}
    assert digest(sick) == before
    assert kdoctor("inspect", tmp_path / "input_shape_conflict.fixed.keras").code == 0


def test_what_the_repair_leaves_alone_is_copied_byte_for_byte(kdoctor: Run, sample: Copy, tmp_path: Path) -> None:
    kdoctor("fix", sample(CURABLE), "-o", tmp_path / "out.keras")
    with zipfile.ZipFile(tmp_path / "input_shape_conflict.keras") as before, zipfile.ZipFile(tmp_path / "out.keras") as after:
        assert before.namelist() == after.namelist()
        changed = [name for name in before.namelist() if before.read(name) != after.read(name)]
    assert changed == ["config.json"]


@pytest.mark.parametrize(
    "name", ["sick/input_shape_conflict__two_input_layers.h5", "sick/wrapped_archive__gzip.h5", "sick/wrapped_archive__top_folder.keras"]
)
def test_each_container_is_repaired(kdoctor: Run, sample: Copy, tmp_path: Path, name: str) -> None:
    out = tmp_path / f"out{Path(name).suffix}"
    assert kdoctor("fix", sample(name), "-o", out).code == 0
    assert kdoctor("inspect", out).code == 0


def test_an_output_that_exists_is_never_overwritten(kdoctor: Run, sample: Copy, tmp_path: Path) -> None:
    out = tmp_path / "out.keras"
    out.write_text("precious")
    ended = kdoctor("fix", sample(CURABLE), "-o", out)
    assert (ended.code, ended.out) == (2, "")
    assert f"{out} exists" in ended.err
    assert out.read_text() == "precious"


def test_a_second_fix_does_not_overwrite_the_first(kdoctor: Run, sample: Copy) -> None:
    sick = sample(CURABLE)
    assert (kdoctor("fix", sick).code, kdoctor("fix", sick).code) == (0, 2)


def test_in_place_keeps_the_original_as_a_backup(kdoctor: Run, sample: Copy, tmp_path: Path) -> None:
    sick = sample(CURABLE)
    before = digest(sick)
    ended = kdoctor("fix", sick, "--in-place")
    assert ended.code == 0
    assert "The original is kept as input_shape_conflict.keras.bak." in ended.out
    assert digest(tmp_path / "input_shape_conflict.keras.bak") == before
    assert kdoctor("inspect", sick).code == 0


def test_in_place_and_an_output_exclude_each_other(kdoctor: Run, sample: Copy, tmp_path: Path) -> None:
    ended = kdoctor("fix", sample(CURABLE), "--in-place", "-o", tmp_path / "out.keras")
    assert (ended.code, ended.out) == (2, "")
    assert names(tmp_path) == {"input_shape_conflict.keras"}


def test_a_preview_shows_what_would_change_and_writes_nothing(kdoctor: Run, sample: Copy, tmp_path: Path) -> None:
    ended = kdoctor("fix", sample(CURABLE), "--diff")
    assert ended.code == 0
    assert "@ config#/config/build_input_shape\n- [32, 4, 8, 8, 3]\n" in ended.out
    assert "Preview: nothing was written." in ended.out
    assert names(tmp_path) == {"input_shape_conflict.keras"}


def test_a_preview_of_what_cannot_be_cured_ends_with_1(kdoctor: Run, sample: Copy) -> None:
    assert kdoctor("fix", sample(HELPLESS), "--diff").code == 1


def test_where_errors_would_remain_nothing_is_written(kdoctor: Run, sample: Copy, tmp_path: Path) -> None:
    ended = kdoctor("fix", sample(HELPLESS))
    assert ended.code == 1
    assert "Nothing was written: 1 error would remain." in ended.words
    assert len(names(tmp_path)) == 1


def test_what_could_be_salvaged_is_written_on_demand_and_still_ends_with_1(kdoctor: Run, sample: Copy, tmp_path: Path) -> None:
    sick = sample("sick/hub_layer.keras")
    assert kdoctor("fix", sick, "-o", tmp_path / "out.keras").code == 1
    ended = kdoctor("fix", sick, "-o", tmp_path / "out.keras", "--partial", "--format", "json")
    assert ended.code == 1
    assert (ended.json["written"], ended.json["out"]) == (True, str(tmp_path / "out.keras"))
    assert "K302" in {finding["code"] for finding in ended.json["remaining"]}


def test_nothing_to_salvage_writes_nothing_on_demand_either(kdoctor: Run, sample: Copy, tmp_path: Path) -> None:
    assert kdoctor("fix", sample("sick/weights_only_file.weights.h5"), "--partial").code == 1
    assert len(names(tmp_path)) == 1


def test_for_keras_2_the_whole_model_is_said_in_its_words(kdoctor: Run, sample: Copy, tmp_path: Path) -> None:
    new = sample("healthy/not_a_model.keras")
    assert kdoctor("inspect", new, "--target", "keras==2.15").code == 1
    ended = kdoctor("fix", new, "--target", "keras==2.15", "--format", "json")
    assert (ended.code, ended.json["out"]) == (0, str(tmp_path / "not_a_model.fixed.keras"))
    assert {(one["code"], one["title"]) for one in ended.json["applied"]} >= {("K601", "write the model in the words of Keras 2.15")}
    assert kdoctor("inspect", ended.json["out"], "--target", "keras==2.15").code == 0


def test_a_release_that_reads_no_archive_gets_an_h5(kdoctor: Run, sample: Copy, tmp_path: Path) -> None:
    ended = kdoctor("fix", sample("healthy/not_a_model.keras"), "--target", "keras==2.9", "--format", "json")
    assert (ended.code, ended.json["out"]) == (0, str(tmp_path / "not_a_model.fixed.h5"))
    assert kdoctor("inspect", ended.json["out"], "--target", "keras==2.9").code == 0


def test_what_keras_2_has_no_words_for_is_told(kdoctor: Run, sample: Copy, tmp_path: Path) -> None:
    ended = kdoctor("fix", sample("healthy/foreign_node_format__keywords.keras"), "--target", "keras==2.2.5")
    assert ended.code == 1
    assert "Nothing was written: Keras 2.2.5 has no layer MultiHeadAttention." in ended.words
    assert len(names(tmp_path)) == 1


def test_a_healthy_file_is_left_alone(kdoctor: Run, sample: Copy, tmp_path: Path) -> None:
    ended = kdoctor("fix", sample(HEALTHY), "-o", tmp_path / "out.keras")
    assert ended.code == 0
    assert "Nothing to repair; nothing was written." in ended.out
    assert not (tmp_path / "out.keras").exists()


def test_a_healthy_file_is_copied_on_demand(kdoctor: Run, sample: Copy, tmp_path: Path) -> None:
    healthy = sample(HEALTHY)
    assert kdoctor("fix", healthy, "-o", tmp_path / "out.keras", "--copy-healthy").code == 0
    assert kdoctor("inspect", tmp_path / "out.keras").code == 0


def test_what_cannot_be_examined_is_not_written(kdoctor: Run, tmp_path: Path) -> None:
    ended = kdoctor("fix", tmp_path, "-o", tmp_path / "out.keras", "--partial")
    assert (ended.code, ended.err) == (3, "")
    assert "the file could not be examined completely" in ended.words
    assert names(tmp_path) == set()


def test_a_missing_file_is_wrong_usage(kdoctor: Run) -> None:
    ended = kdoctor("fix", "surely_not_there.keras")
    assert (ended.code, ended.out, ended.err) == (2, "", "kdoctor: surely_not_there.keras: no such file\n")


def test_a_folder_that_does_not_exist_is_told_and_the_original_stays(kdoctor: Run, sample: Copy, tmp_path: Path) -> None:
    sick = sample(CURABLE)
    ended = kdoctor("fix", sick, "-o", tmp_path / "missing" / "out.keras")
    assert ended.code == 1
    assert "the folder" in ended.err
    assert "does not exist" in ended.err
    assert names(tmp_path) == {sick.name}


def test_a_folder_is_no_output(kdoctor: Run, sample: Copy, tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    ended = kdoctor("fix", sample(CURABLE), "-o", tmp_path / "here")
    assert ended.code == 2
    assert "it is a folder" in ended.err
    assert names(tmp_path) == {Path(CURABLE).name, "here"}


def test_content_gets_the_extension_that_it_needs(kdoctor: Run, sample: Copy, tmp_path: Path) -> None:
    ended = kdoctor("fix", sample("sick/wrong_extension__hdf5_named_keras.keras"), "-o", tmp_path / "out.keras", "--format", "json")
    assert (ended.code, ended.json["out"]) == (0, str(tmp_path / "out.h5"))
    assert kdoctor("inspect", tmp_path / "out.h5").code == 0


def test_the_other_extension_of_the_same_content_is_what_was_asked_for(kdoctor: Run, sample: Copy, tmp_path: Path) -> None:
    old = sample("sick/changed_meaning__hard_sigmoid__keras_2_2.h5").rename(tmp_path / "old.hdf5")
    assert kdoctor("fix", old, "-o", tmp_path / "new.h5").code == 0
    assert kdoctor("convert", old, "--to", "h5", "-o", tmp_path / "other.h5").code == 0
    assert {path.name for path in tmp_path.iterdir()} == {"old.hdf5", "new.h5", "other.h5"}


def test_in_place_refuses_to_leave_content_under_a_wrong_name(kdoctor: Run, sample: Copy, tmp_path: Path) -> None:
    sick = sample("sick/wrong_extension__zip_named_h5.h5")
    before = digest(sick)
    ended = kdoctor("fix", sick, "--in-place")
    assert ended.code == 2
    assert "use -o instead" in ended.err
    assert (digest(sick), names(tmp_path)) == (before, {sick.name})


def test_every_sick_sample_ends_as_the_contract_says(kdoctor: Run, samples: Path, tmp_path: Path) -> None:
    """0: there is a file without errors; 1: there is none, and errors or needs say why; 3: it could not be examined."""
    validator = jsonschema.Draft202012Validator(schema("fix"))
    for path in sorted((samples / "sick").iterdir()):
        folder = tmp_path / path.suffix[1:]  # an .h5 may become a .keras of the name of another one
        folder.mkdir(exist_ok=True)
        ended = kdoctor("fix", path, "-o", folder / path.name, "--format", "json")
        validator.validate(ended.json)
        errors = [finding for finding in ended.json["remaining"] if finding["severity"] == "error"]
        assert ended.json["written"] == (ended.json["out"] is not None), path.name
        assert ended.code in (0, 1, 3), path.name
        if ended.code == 0:
            assert errors == [], path.name
        elif ended.code == 1:
            assert not ended.json["written"], path.name
        if ended.json["written"]:
            assert kdoctor("inspect", ended.json["out"]).code == 0, path.name


def test_json_lists_what_was_done_and_what_is_needed(kdoctor: Run, sample: Copy) -> None:
    found = kdoctor("fix", sample("sick/lambda_reads_global.keras"), "--format", "json").json
    assert [(need["flag"], need["name"]) for need in found["needs"]] == [("--bind", "CONV_WIDTH")]
    (applied,) = kdoctor("fix", sample(CURABLE), "--format", "json").json["applied"]
    assert (applied["code"], applied["safety"]) == ("K201", "safe")


def test_nothing_is_left_behind_when_writing_fails(kdoctor: Run, sample: Copy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sick = sample(CURABLE)

    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    ended = kdoctor("fix", sick)
    assert ended.code == 1
    assert "no space is left" in ended.err
    assert names(tmp_path) == {sick.name}


def test_a_folder_named_like_an_archive_becomes_one(kdoctor: Run, sample: Copy, tmp_path: Path) -> None:
    folder = tmp_path / "unzipped.keras"
    with zipfile.ZipFile(sample(CURABLE)) as archive:
        archive.extractall(folder)
        parts = sorted(archive.namelist())
    ended = kdoctor("fix", folder)
    assert ended.code == 0
    written = tmp_path / "unzipped.fixed.keras"
    with zipfile.ZipFile(written) as archive:
        assert sorted(archive.namelist()) == parts
    assert kdoctor("inspect", written).code == 0
    assert kdoctor("fix", folder, "--in-place").code == 2


def test_a_folder_of_any_other_name_stays_one_unless_an_archive_is_asked_for(kdoctor: Run, sample: Copy, tmp_path: Path) -> None:
    with zipfile.ZipFile(sample(CURABLE)) as archive:
        archive.extractall(tmp_path / "unzipped")
    assert kdoctor("fix", tmp_path / "unzipped").code == 0
    assert (tmp_path / "unzipped.fixed").is_dir()
    assert kdoctor("fix", tmp_path / "unzipped", "-o", tmp_path / "out.keras").code == 0
    assert zipfile.is_zipfile(tmp_path / "out.keras")


@pytest.mark.filterwarnings("ignore:__array__ implementation", "ignore:You are saving")  # of Keras, when it saves
@pytest.mark.parametrize("ending", [".keras", ".h5"])
def test_a_file_without_the_optimizers_state_is_about_a_third_as_large(kdoctor: Run, tmp_path: Path, ending: str) -> None:
    import keras

    model = keras.Sequential([keras.Input((32,)), keras.layers.Dense(256), keras.layers.Dense(1)])
    model.compile("adam", "mean_squared_error")
    model.optimizer.build(model.trainable_variables)
    model.save(tmp_path / f"whole{ending}")
    assert kdoctor("fix", tmp_path / f"whole{ending}", "--drop-optimizer", "-o", tmp_path / f"small{ending}").code == 0
    whole, small = ((tmp_path / f"{name}{ending}").stat().st_size for name in ("whole", "small"))
    assert small < 0.55 * whole
    assert model.count_params() * 4 < small
