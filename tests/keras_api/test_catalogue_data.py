"""The data file itself: whole, small, and without a need for numpy or Keras."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from kdoctor.keras_api.catalogue import releases
from kdoctor.keras_api.release_index import DATA, family, index_of


def test_the_data_file_is_small_enough_to_load_at_every_start() -> None:
    assert DATA.stat().st_size < 400_000


def test_every_span_lies_within_the_releases_and_none_overlap() -> None:
    last_release = len(releases()) - 1
    for part in ("objects", "imports", "tables"):
        for names in family()[part].values():
            for name, spans in names.items():
                ends = [position for first, last, _ in spans for position in (first, last)]
                assert ends == sorted(ends), name
                assert len({first for first, _, _ in spans}) == len(spans), name
                assert 0 <= ends[0] <= ends[-1] <= last_release, name


def test_every_position_points_into_its_pool() -> None:
    pools = family()["pools"]
    for names in family()["objects"].values():
        for _, _, (_, _, _, _, exports, signature, lineage) in (span for spans in names.values() for span in spans):
            assert exports < len(pools["exports"])
            assert signature < len(pools["signatures"])
            assert lineage < len(pools["lineages"])
    assert all(position < len(pools["parameters"]) for _, *positions in pools["signatures"] for position in positions)


@pytest.mark.parametrize("release", releases())
def test_every_name_leads_to_an_object_of_its_release(release: str) -> None:
    index = index_of(release)
    targets = [path for names in (*index.imports.values(), *index.tables.values()) for path in names.values()]
    assert {path for path in (*targets, *index.public.values()) if index.object(path) is None} == set()


@pytest.mark.parametrize("release", releases())
def test_no_two_objects_are_exported_under_one_name(release: str) -> None:
    index = index_of(release)
    exports = [export for path in index.states for export in (index.object(path) or pytest.fail(path)).exports]
    assert len(exports) == len(set(exports))


def test_each_release_has_a_reader() -> None:
    assert len(family()["readers"]) == len(releases())
    assert json.loads(DATA.read_text(encoding="utf-8"))["families"].keys() == {"keras-3"}


def test_asking_the_catalogue_imports_neither_keras_nor_numpy() -> None:
    question = "from kdoctor.keras_api.catalogue import Catalogue; assert Catalogue.load('3.15.1').names('layer'); import sys; print(*sys.modules)"
    modules = subprocess.run([sys.executable, "-c", question], capture_output=True, text=True, check=True).stdout.split()
    assert not {"keras", "numpy", "h5py", "tensorflow"} & set(modules)
