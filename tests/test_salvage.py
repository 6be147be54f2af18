"""What survives of a damaged file is written, everything else is NaN and listed: and the survivors are the very numbers that were saved."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import jsonschema
import numpy as np
import pytest
from model_files import h5_file, keras_file
from rewriting import in_hdf5, rewritten
from typer.testing import CliRunner

from kdoctor.cli.app import app
from kdoctor.report.json import schema

SAMPLES = Path(__file__).parent.parent / "sample_models"
NATIVE, LEGACY = SAMPLES / "healthy" / "truncated_file.keras", SAMPLES / "healthy" / "truncated_file.h5"
TWO_LAYERS = SAMPLES / "healthy" / "half_written_file__keras_3_0.keras"


def partial(path: Path, out: Path) -> dict[str, Any]:
    """What ``fix --partial`` answers, with its exit code."""
    ended = CliRunner().invoke(app, ["fix", str(path), "--partial", "-o", str(out), "--format", "json"])
    answer: dict[str, Any] = json.loads(ended.stdout)
    jsonschema.Draft202012Validator(schema("fix")).validate(answer)
    return {**answer, "code": ended.exit_code}


def arrays(path: Path) -> dict[str, Any]:
    """Path -> numbers of every array in a file."""
    found: dict[str, Any] = {}
    content: Any = path
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            content = io.BytesIO(archive.read("model.weights.h5"))
    with h5py.File(content, "r") as file:
        file.visititems(lambda name, node: found.update({name: node[()]}) if isinstance(node, h5py.Dataset) else None)
    return found


def layers_only(found: dict[str, Any]) -> dict[str, Any]:
    return {path: array for path, array in found.items() if not path.startswith("optimizer")}


@pytest.mark.parametrize("whole", [NATIVE, LEGACY, TWO_LAYERS], ids=lambda path: path.name)
@pytest.mark.parametrize("share", [0.3, 0.45, 0.6, 0.75, 0.9])
def test_every_survivor_is_what_was_saved_and_everything_else_is_listed(whole: Path, share: float, tmp_path: Path) -> None:
    cut, out = tmp_path / f"cut{whole.suffix}", tmp_path / f"out{whole.suffix}"
    cut.write_bytes(whole.read_bytes()[: int(whole.stat().st_size * share)])
    answer = partial(cut, out)
    if not answer["written"]:
        assert answer["code"] == 1
        assert [found["code"] for found in answer["remaining"] if found["severity"] == "error"]
        return
    assert answer["code"] == (1 if answer.get("lost") else 0)
    lost = {one["path"] for one in answer.get("lost", ())}
    right, found = layers_only(arrays(whole)), layers_only(arrays(out))
    assert sorted(array.shape for array in found.values()) == sorted(array.shape for array in right.values())
    for path, array in found.items():
        if path in lost:  # under a name of its own, where the list of names is lost, too
            assert np.isnan(array).all()
        else:
            np.testing.assert_array_equal(array, right[path])


def test_an_archive_cut_in_its_weights_keeps_what_stands_before_the_cut(tmp_path: Path) -> None:
    data, out = TWO_LAYERS.read_bytes(), tmp_path / "out.keras"
    (tmp_path / "cut.keras").write_bytes(data[: int(len(data) * 0.8)])
    answer = partial(tmp_path / "cut.keras", out)
    assert (answer["written"], answer["code"]) == (True, 1)
    held, lost = layers_only(arrays(out)), [one for one in answer["lost"] if one["layer"]]
    assert 0 < len(lost) < len(held)
    assert {(one["dtype"], one["why"]) for one in lost} == {("float32", "it is not in the file any more")}


def test_weights_with_a_wrong_checksum_are_kept_and_every_one_is_called_unproven(tmp_path: Path) -> None:
    answer = partial(SAMPLES / "sick" / "damaged_archive__checksum.keras", tmp_path / "out.keras")
    assert (answer["written"], answer["code"]) == (True, 1)
    assert {one["path"] for one in answer["lost"]} == set(arrays(tmp_path / "out.keras"))
    assert all("checksum" in one["why"] for one in answer["lost"])


@pytest.mark.parametrize("count", [1, 7, 512])
def test_of_weights_from_which_bytes_were_cut_out_every_array_is_called_unproven(count: int, tmp_path: Path) -> None:
    """Arrays behind the gap have their length, and the numbers of what stood behind them."""
    data, out = TWO_LAYERS.read_bytes(), tmp_path / "out.keras"
    gap = data.index(b"\x89HDF") + 20_000
    (tmp_path / "cut.keras").write_bytes(data[:gap] + data[gap + count :])
    answer = partial(tmp_path / "cut.keras", out)
    assert (answer["written"], answer["code"]) == (True, 1)
    assert {one["path"] for one in answer["lost"]} >= set(arrays(out))


def test_without_the_architecture_nothing_is_written(tmp_path: Path) -> None:
    data = keras_file(tmp_path / "whole.keras").read_bytes()
    (tmp_path / "cut.keras").write_bytes(data[: data.index(b"config.json") + 50])
    assert not partial(tmp_path / "cut.keras", tmp_path / "out.keras")["written"]


def test_the_list_is_in_the_text_too(tmp_path: Path) -> None:
    data = LEGACY.read_bytes()
    (tmp_path / "cut.h5").write_bytes(data[: len(data) // 2])
    ended = CliRunner().invoke(app, ["fix", str(tmp_path / "cut.h5"), "--partial", "-o", str(tmp_path / "out.h5")])
    assert "What did not survive:" in ended.stdout
    assert "kernel of dense): it is not in the file any more" in ended.stdout


def test_nothing_is_salvaged_unless_asked(tmp_path: Path) -> None:
    whole = h5_file(tmp_path / "whole.h5").read_bytes()
    (tmp_path / "cut.h5").write_bytes(whole[: len(whole) * 2 // 3])
    ended = CliRunner().invoke(app, ["fix", str(tmp_path / "cut.h5"), "-o", str(tmp_path / "out.h5")])
    assert ended.exit_code == 1
    assert not (tmp_path / "out.h5").exists()


def test_a_deflated_archive_keeps_what_its_stream_gives_up_to_the_cut(tmp_path: Path) -> None:
    packed, out = tmp_path / "packed.keras", tmp_path / "out.keras"
    with zipfile.ZipFile(TWO_LAYERS) as archive, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as again:
        for name in archive.namelist():
            again.writestr(name, archive.read(name))
        member = again.getinfo("model.weights.h5")
    packed.write_bytes(packed.read_bytes()[: member.header_offset + member.compress_size * 9 // 10])
    answer = partial(packed, out)
    assert (answer["written"], answer["code"]) == (True, 1)
    lost, right = {one["path"] for one in answer["lost"]}, layers_only(arrays(TWO_LAYERS))
    found = layers_only(arrays(out))
    assert found.keys() == right.keys()
    assert 0 < len(lost & found.keys()) < len(found)
    assert all(np.isnan(array).all() if path in lost else np.array_equal(array, right[path]) for path, array in found.items())


@pytest.mark.parametrize("flag", ["--partial", "--unsafe"])
def test_what_stands_before_hdf5_is_left_behind_and_never_unasked(tmp_path: Path, flag: str) -> None:
    sick, out = tmp_path / "sick.h5", tmp_path / "out.h5"
    sick.write_bytes(b"HTTP/1.1 200 OK".ljust(512, b"!") + LEGACY.read_bytes())
    refused = CliRunner().invoke(app, ["fix", str(sick), "-o", str(out)])
    assert (refused.exit_code, out.exists()) == (1, False)
    done = CliRunner().invoke(app, ["fix", str(sick), "-o", str(out), flag])
    assert done.exit_code == 0
    assert ("left behind" in " ".join(done.stdout.split())) is (flag == "--partial")
    assert b"HTTP" not in out.read_bytes()
    right, found = layers_only(arrays(LEGACY)), layers_only(arrays(out))
    assert found.keys() == right.keys()
    assert all(np.array_equal(found[path], right[path]) for path in right)


def test_of_a_model_in_a_zip_that_is_cut_what_stands_before_the_cut_survives(tmp_path: Path) -> None:
    around = tmp_path / "around.zip"
    with zipfile.ZipFile(around, "w") as archive:
        archive.write(TWO_LAYERS, "models/model.keras")
    around.write_bytes(around.read_bytes()[: int(around.stat().st_size * 0.8)])
    answer = partial(around, tmp_path / "out.keras")
    assert (answer["written"], answer["code"]) == (True, 1)
    before, after = arrays(TWO_LAYERS), layers_only(arrays(tmp_path / "out.keras"))
    assert after
    gone = {row["path"] for row in answer["lost"]}
    assert all(np.array_equal(before[path], array) for path, array in after.items() if path not in gone)


def test_nothing_is_written_that_has_no_architecture(tmp_path: Path) -> None:
    """A repair of the rest would leave out the stray member, which may be what is left of it."""
    sick = tmp_path / "sick.keras"
    with zipfile.ZipFile(SAMPLES / "healthy" / "lambda_code.keras") as good, zipfile.ZipFile(sick, "w") as bad:
        for name in good.namelist():
            bad.writestr("config.json.bak" if name == "config.json" else name, good.read(name))
    assert not partial(sick, tmp_path / "out.keras")["written"]
    assert not (tmp_path / "out.keras").exists()


def broken(path: Path, whole: Path, signature: bytes, number: int) -> Path:
    """A copy of a file in which one structure of HDF5 (SNOD: names of a group, HEAP: their texts, TREE: their index) is overwritten."""
    content, at = whole.read_bytes(), -1
    for _ in range(number + 1):
        at = content.index(signature, at + 1)
    mended = content[:at] + b"XXXX" + content[at + 4 :]
    if not zipfile.is_zipfile(whole):
        path.write_bytes(mended)
        return path
    start = content.index(b"\x89HDF\r\n\x1a\n")
    return rewritten(whole, path, {"model.weights.h5": lambda good: mended[start : start + len(good)]})


def structures(whole: Path) -> list[tuple[Path, bytes, int]]:
    content = whole.read_bytes()
    return [(whole, signature, number) for signature in (b"SNOD", b"HEAP", b"TREE") for number in range(0, content.count(signature), 6)]


@pytest.mark.parametrize(("whole", "signature", "number"), [*structures(LEGACY), *structures(TWO_LAYERS)])
def test_of_broken_groups_every_other_one_survives(whole: Path, signature: bytes, number: int, tmp_path: Path) -> None:
    sick, out = broken(tmp_path / f"sick{whole.suffix}", whole, signature, number), tmp_path / f"out{whole.suffix}"
    answer = partial(sick, out)
    assert (answer["written"], answer["code"]) == (True, 1)
    assert answer["lost"]
    lost = {one["path"] for one in answer["lost"]}
    right, found = layers_only(arrays(whole)), layers_only(arrays(out))
    assert sorted(array.shape for array in found.values()) == sorted(array.shape for array in right.values())
    for path, array in found.items():
        assert np.isnan(array).all() if path in lost else np.array_equal(array, right[path])


def test_an_optimizer_whose_group_is_broken_is_left_out_and_listed(tmp_path: Path) -> None:
    last = LEGACY.read_bytes().count(b"HEAP") - 1
    answer = partial(broken(tmp_path / "sick.h5", LEGACY, b"HEAP", last), tmp_path / "out.h5")
    (lost,) = answer["lost"]
    assert (lost["path"].partition("/")[0], lost["role"], lost["why"]) == (
        "optimizer_weights",
        "optimizer",
        "the HDF5 structure there is damaged",
    )


def test_a_root_that_is_broken_leaves_word_of_who_wrote_the_file_beside_the_weights(tmp_path: Path) -> None:
    """Keras takes weights without a release for those of Keras 1."""
    assert partial(broken(tmp_path / "sick.h5", LEGACY, b"HEAP", 0), tmp_path / "out.h5")["written"]
    with h5py.File(LEGACY) as whole, h5py.File(tmp_path / "out.h5") as file:
        for name in ("keras_version", "backend"):
            assert file["model_weights"].attrs[name] in (whole.attrs[name], whole.attrs[name].encode())


@pytest.mark.parametrize("count", [0, 8, 46])
def test_weights_of_a_few_bytes_are_all_lost(count: int, tmp_path: Path) -> None:
    sick = rewritten(TWO_LAYERS, tmp_path / "sick.keras", {"model.weights.h5": lambda good: good[:count]})
    answer = partial(sick, tmp_path / "out.keras")
    assert answer["written"]
    assert all(np.isnan(array).all() for array in layers_only(arrays(tmp_path / "out.keras")).values())


def without(path: Path, whole: Path, lost: Callable[[Any], None]) -> Path:
    """A copy of a file of which something is lost: ``lost`` is given its open HDF5 content."""
    path.write_bytes(whole.read_bytes())
    if not zipfile.is_zipfile(whole):
        with h5py.File(path, "a") as file:
            lost(file)
        return path
    return rewritten(whole, path, {"model.weights.h5": in_hdf5(lost)})


def unlisted(file: Any) -> None:
    """The first layer's group lists but its kernel, and the name of the other array tells nothing."""
    file.move(f"{FIRST}/bias", f"{FIRST}/offset")
    group = file["model_weights/first"]
    group.attrs["weight_names"] = [name for name in group.attrs["weight_names"] if str(name).strip("'").endswith("kernel")]


def shorter(path: str) -> Callable[[Any], None]:
    """The array without its last row."""

    def cut(file: Any) -> None:
        kept = file[path][:-1]
        del file[path]
        file[path] = kept

    return cut


FIRST = "model_weights/first/stack/first"
LOSSES: dict[str, tuple[str, Callable[[Any], None], list[str]]] = {
    "an array of an archive": (".keras", lambda file: file.__delitem__("layers/dense/vars/1"), ["bias"]),
    "a layer of an archive": (".keras", lambda file: file.__delitem__("layers/dense"), ["kernel", "bias"]),
    "a row in an archive": (".keras", shorter("layers/dense_1/vars/0"), ["kernel"]),
    "an array of an .h5": (".h5", lambda file: file.__delitem__(f"{FIRST}/bias"), ["bias"]),
    "a group of an .h5": (".h5", lambda file: file.__delitem__("model_weights/first"), ["kernel", "bias"]),
    "a name of an .h5": (".h5", unlisted, ["bias"]),
    "a row in an .h5": (".h5", shorter("model_weights/second/stack/second/kernel"), ["kernel"]),
}


@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file", "ignore:__array__ implementation")
@pytest.mark.parametrize("case", LOSSES)
def test_a_model_that_lacks_arrays_loads_with_nan_in_their_place(case: str, tmp_path: Path) -> None:
    import keras

    suffix, lost, roles = LOSSES[case]
    made = keras.Sequential([keras.Input((4,)), keras.layers.Dense(5, name="first"), keras.layers.Dense(3, name="second")], name="stack")
    made.save(tmp_path / f"whole{suffix}")
    sick = without(tmp_path / f"sick{suffix}", tmp_path / f"whole{suffix}", lost)
    unasked = CliRunner().invoke(app, ["fix", str(sick), "-o", str(tmp_path / f"none{suffix}")])
    assert (unasked.exit_code, (tmp_path / f"none{suffix}").exists()) == (1, False)
    answer = partial(sick, tmp_path / f"out{suffix}")
    assert (answer["written"], answer["code"], [one["role"] for one in answer["lost"]]) == (True, 1, roles)
    found = keras.models.load_model(tmp_path / f"out{suffix}")
    gone = {(one["layer"], one["role"]) for one in answer["lost"]}
    for before, after in zip(made.layers, found.layers, strict=True):
        for role in ("kernel", "bias"):
            numbers = np.asarray(getattr(after, role))
            assert np.isnan(numbers).all() if (after.name, role) in gone else np.array_equal(numbers, np.asarray(getattr(before, role)))


def test_programs_get_their_object_where_writing_fails(tmp_path: Path) -> None:
    answer = partial(SAMPLES / "sick" / "damaged_archive__checksum.keras", tmp_path / "none" / "out.keras")
    assert (answer["written"], answer["out"], answer["code"]) == (False, None, 1)
    assert "does not exist" in answer["error"]
