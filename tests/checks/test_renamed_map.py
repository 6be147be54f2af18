"""K706: a map of shards that was renamed, or that has lost names: told, and the whole model is written from the shards with its architecture."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from kdoctor.archive import open_document
from kdoctor.archive.keras_parts import split_config
from kdoctor.archive.shard_names import called
from kdoctor.doctor import repair_file
from kdoctor.packs import load_checks
from kdoctor.repair import Wish, carry_out
from kdoctor.target import Given
from kdoctor.testing import KERAS_3, examine

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
DENSE = "/layers/dense/vars"


def made() -> Any:
    keras.utils.set_random_seed(1)
    return keras.Sequential([keras.Input((4,)), keras.layers.Dense(6), keras.layers.Dense(3), keras.layers.Dense(2)])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three shards; the arrays of the first layer are in two of them."""
    made().save_weights(tmp_path / "m.weights.json", max_shard_size=1e-7)
    return tmp_path


def renamed(folder: Path) -> str:
    (folder / "m.weights.json").rename(folder / "new.weights.json")
    return "new.weights.json"


def renamed_with_its_shards(folder: Path) -> str:
    for file in [*folder.iterdir()]:
        file.rename(file.with_name(f"new{file.name[1:]}"))
    return "new.weights.json"


def of_another_ending(folder: Path) -> str:
    (folder / "m.weights.json").rename(folder / "m.json")
    return "m.json"


def remapped(change: Callable[[dict[str, Any]], object]) -> Callable[[Path], str]:
    def changing(folder: Path) -> str:
        path = folder / "m.weights.json"
        found = json.loads(path.read_text(encoding="utf-8"))
        change(found["weight_map"])
        path.write_text(json.dumps(found), encoding="utf-8")
        return path.name

    return changing


def of_keras_3_10(mapped: dict[str, Any]) -> None:
    """Which names the first shard of each layer alone."""
    mapped |= {group: names[0] for group, names in mapped.items()}


@pytest.mark.parametrize(
    ("damage", "told", "advice"),
    [
        (renamed, "it looks for new_00000.weights.h5", "call the map m.weights.json"),
        (renamed_with_its_shards, "it looks for m_00000.weights.h5", "write new_00000.weights.h5 instead of m_00000.weights.h5, "),
        (of_another_ending, "by the ending .weights.json alone", "call the map m.weights.json"),
        (remapped(lambda mapped: mapped.pop(DENSE)), "of 1 group (layers/dense)", f'write "{DENSE}": ["m_00000.weights.h5", "m_00001.weights.h5"]'),
        (remapped(lambda mapped: mapped[DENSE].pop(0)), "of 1 group (layers/dense)", f'write "{DENSE}": ["m_00000.weights.h5", "m_00001.weights.h5"]'),
        (remapped(lambda mapped: mapped[DENSE].pop()), "of 1 group (layers/dense)", f'write "{DENSE}": ["m_00000.weights.h5", "m_00001.weights.h5"]'),
        (remapped(of_keras_3_10), "of 2 groups (layers/dense, layers/dense_1)", f'write "{DENSE}": ["m_00000.weights.h5", "m_00001.weights.h5"]'),
    ],
)  # fmt: skip
def test_it_is_told_and_the_whole_model_is_written(folder: Path, damage: Callable[[Path], str], told: str, advice: str) -> None:
    model = made()
    path = folder / damage(folder)
    with pytest.raises((ValueError, OSError)):
        made().load_weights(path)
    (finding,) = examine("K706", open_document(path))
    assert told in finding.message
    assert finding.repair is not None
    assert finding.repair.title.startswith(advice)
    architecture = split_config(json.loads(model.to_json()))["config"]
    target = replace(KERAS_3, given=Given(architecture=architecture))
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    out = carry_out(repair_file(path, target, load_checks()), path, Wish(out=folder / "whole.keras")).out
    assert out is not None
    given = np.linspace(-1, 1, 12).reshape(3, 4)
    assert np.allclose(keras.saving.load_model(out).predict(given, verbose=0), model.predict(given, verbose=0), rtol=1e-5)
    assert before == {file.name: file.read_bytes() for file in folder.iterdir() if file != out}


def test_a_map_under_its_own_name_is_healthy(folder: Path) -> None:
    assert examine("K706", open_document(folder / "m.weights.json")) == []


def test_another_save_under_the_maps_new_name_is_not_taken_for_its_shards(folder: Path) -> None:
    """Half of the old shards are there: which of the two is meant, the names do not tell."""
    renamed(folder)
    (folder / "new_00000.weights.h5").write_bytes((folder / "m_00000.weights.h5").read_bytes())
    (folder / "new_00001.weights.h5").write_bytes((folder / "m_00001.weights.h5").read_bytes())
    (folder / "m_00002.weights.h5").unlink()
    assert [finding.message.split(" is not")[0] for finding in examine("K706", open_document(folder / "new.weights.json"))][:1] == [
        "the shard m_00002.weights.h5"
    ]


def test_shards_of_no_one_name_leave_the_map_as_it_is() -> None:
    assert called("new.weights.json", ["a_00000.weights.h5", "b_00001.weights.h5"], lambda name: False).faults == ()
    assert called("new.weights.json", [], lambda name: False).faults == ()
