"""Models in the cache of huggingface_hub: every file is a link into ``blobs``, and no link that leads elsewhere is taken for one."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import keras
import numpy as np
import pytest
from typer.testing import CliRunner

from kdoctor.archive import open_document
from kdoctor.archive.snapshots import leads_elsewhere
from kdoctor.cli.app import app
from kdoctor.doctor import examine_file
from kdoctor.packs import load_checks
from kdoctor.testing import KERAS_3

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def cached(folder: Path, files: Path) -> Path:
    """A snapshot of these files as a download leaves it."""
    snapshot, blobs = folder / "models--u--m" / "snapshots" / "c0ffee", folder / "models--u--m" / "blobs"
    blobs.mkdir(parents=True)
    for number, file in enumerate(sorted(path for path in files.rglob("*") if path.is_file())):
        link = snapshot / file.relative_to(files)
        link.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, blobs / f"{number:040}")
        link.symlink_to(blobs / f"{number:040}")
    return snapshot


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """A model, as an archive, and what is in it, with a vocabulary; and its weights in shards."""
    words = keras.layers.StringLookup(vocabulary=["a", "b"], name="words")
    model = keras.Sequential(
        [keras.Input((1,), dtype="string"), words, keras.layers.Embedding(3, 400), *map(keras.layers.Dense, (300, 300))]
    )
    model.save(tmp_path / "model.keras")
    with zipfile.ZipFile(tmp_path / "model.keras") as archive:
        archive.extractall(tmp_path / "files")
    (tmp_path / "shards").mkdir()
    model.save_weights(tmp_path / "shards" / "model.weights.json", max_shard_size=0.0005)
    return tmp_path


def codes(path: Path) -> set[str]:
    return {found.check.code for found in examine_file(path, KERAS_3, load_checks()).findings}


def test_a_snapshot_is_the_model_itself(saved: Path) -> None:
    snapshot = cached(saved, saved / "files")
    assert codes(snapshot) == codes(saved / "files") == {"K501"}
    assert open_document(snapshot).file["size"] == open_document(saved / "files").file["size"]
    out = saved / "out.keras"
    done = CliRunner().invoke(app, ["fix", str(snapshot), "--compile", "optimizer=adam,loss=mse", "-o", str(out)])
    assert done.exit_code == 0, done.output
    before, after = keras.saving.load_model(saved / "model.keras"), keras.saving.load_model(out, compile=False)
    assert all(np.array_equal(one, other) for one, other in zip(before.get_weights(), after.get_weights(), strict=True))
    assert after.get_layer("words").get_vocabulary() == ["[UNK]", "a", "b"]


def test_the_shards_of_a_snapshot_lie_beside_the_map(saved: Path) -> None:
    snapshot = cached(saved, saved / "shards")
    assert len([*snapshot.iterdir()]) > 2
    assert codes(snapshot / "model.weights.json") == {"K108"}


@pytest.mark.parametrize("place", ["elsewhere", "models--u--m/elsewhere", "models--u--m/blobs/deeper", "models--u--m/snapshots/blobs"])
def test_a_link_out_of_the_download_is_told(saved: Path, place: str) -> None:
    snapshot = cached(saved, saved / "files")
    secret = saved / place / "secret"
    secret.parent.mkdir(exist_ok=True)
    shutil.move((snapshot / "config.json").resolve(), secret)
    (snapshot / "config.json").unlink()
    (snapshot / "config.json").symlink_to(secret)
    assert leads_elsewhere(snapshot / "config.json")
    assert "K806" in codes(snapshot)


def test_a_folder_of_blobs_that_is_a_link_is_none(saved: Path) -> None:
    """Else whoever packs a folder could make any file of the machine one of the download."""
    snapshot = cached(saved, saved / "files")
    blobs = snapshot.parent.parent / "blobs"
    blobs.rename(saved / "elsewhere")
    blobs.symlink_to(saved / "elsewhere")
    assert (snapshot / "config.json").is_file()
    assert leads_elsewhere(snapshot / "config.json")
    assert "K806" in codes(snapshot)


def test_a_file_is_no_link_and_one_to_nothing_leads_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "snapshots").mkdir()
    (tmp_path / "snapshots" / "link").symlink_to(tmp_path / "blobs" / "nothing")
    assert [leads_elsewhere(tmp_path / name) for name in ("file", "snapshots/link", "missing")] == [False, True, False]
