"""The data files themselves: whole, small, and without a need for numpy or Keras."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from kdoctor.keras_api.catalogue import Catalogue, known_releases
from kdoctor.keras_api.families import FAMILIES, KERAS_3, Family
from kdoctor.keras_api.release_index import FOLDER, ReleaseIndex, document, family, index_of

each_family = pytest.mark.parametrize("one", FAMILIES, ids=lambda one: one.name)
each_release = pytest.mark.parametrize(
    "index", [(one, name) for one in FAMILIES for name in family(one.name)["releases"]], ids=lambda pair: pair[1], indirect=True
)


@pytest.fixture
def index(request: pytest.FixtureRequest) -> ReleaseIndex:
    one, name = request.param
    return index_of(name, one.name)


def test_the_data_files_are_small_enough_to_be_shipped_and_loaded() -> None:
    assert sum((FOLDER / one.file).stat().st_size for one in FAMILIES) < 600_000


@each_family
def test_a_file_holds_one_family_and_its_day(one: Family) -> None:
    assert document(one.name)["families"].keys() == {one.name}
    assert document(one.name)["generated"] >= "2026-11-20"


@each_family
def test_a_file_has_the_releases_that_its_family_names(one: Family) -> None:
    names = [release.number if one is KERAS_3 else release.label for release in one.releases]
    assert family(one.name)["releases"] == names
    assert len(family(one.name)["readers"]) == len(names)


@each_family
def test_every_span_lies_within_the_releases_and_none_overlap(one: Family) -> None:
    for part in ("objects", "imports", "tables", "interfaces", "taken"):
        for names in family(one.name)[part].values():
            for name, spans in names.items():
                ends = [position for first, last, _ in spans for position in (first, last)]
                assert ends == sorted(ends), name
                assert len({first for first, _, _ in spans}) == len(spans), name
                assert 0 <= ends[0] <= ends[-1] < len(one.releases), name


@each_family
def test_every_position_points_into_its_pool(one: Family) -> None:
    pools = family(one.name)["pools"]
    states = [state for names in family(one.name)["objects"].values() for spans in names.values() for _, _, state in spans]
    for place, pool in enumerate(("sorts", "exports", "signatures", "lineages", "configs")):
        assert max(state[place] for state in states) < len(pools[pool])
    assert all(position < len(pools["parameters"]) for _, *positions in pools["signatures"] for position in positions)
    assert all(position < len(pools["keys"]) for positions in pools["configs"] for position in positions)
    assert all(position < len(pools["targets"]) for positions in pools["lineages"] for position in positions)
    assert all(int(target.partition(".")[0]) < len(pools["modules"]) for target in pools["targets"])


@each_release
def test_every_name_leads_to_an_object_of_its_release(index: ReleaseIndex) -> None:
    targets = [path for names in (*index.imports.values(), *index.tables.values()) for path in names.values()]
    assert {path for path in (*targets, *index.public.values()) if index.object(path) is None} == set()


@each_release
def test_no_two_objects_are_exported_under_one_name(index: ReleaseIndex) -> None:
    exports = [export for path in index.states for export in (index.object(path) or pytest.fail(path)).exports]
    assert len(exports) == len(set(exports))


@pytest.mark.parametrize("label", known_releases())
def test_each_release_answers_for_itself(label: str) -> None:
    name, _, number = label.partition("==")
    catalogue = Catalogue.load(number, name)
    assert (catalogue.name, catalogue.known_release) == (name, number)


@pytest.mark.parametrize("asked", ["Catalogue.load('3.15.1')", "Catalogue.load('2.15.0')", "Catalogue.load('1.2.2')"])
def test_asking_for_one_release_reads_one_file_and_imports_neither_keras_nor_numpy(asked: str) -> None:
    question = f"""
from kdoctor.keras_api.catalogue import Catalogue
from kdoctor.keras_api.release_index import document
assert {asked}.names('layer')
import sys
print(document.cache_info().currsize, *sys.modules)"""
    files, *modules = subprocess.run([sys.executable, "-c", question], capture_output=True, text=True, check=True).stdout.split()
    assert files == "1"
    assert not {"keras", "numpy", "h5py", "tensorflow"} & set(modules)


def classes(index: ReleaseIndex) -> list[Any]:
    found = (index.object(path) for path in index.states)
    return [known for known in found if known is not None and not known.is_function]


@each_release
def test_bases_come_in_an_order_that_every_class_agrees_with(index: ReleaseIndex) -> None:
    lineages = {known.path: known.lineage for known in classes(index)}
    for path, lineage in lineages.items():
        for base in lineage:
            above = [other for other in lineages.get(base, ()) if other in lineage]
            assert above == sorted(above, key=lineage.index), path
            assert path not in lineages.get(base, ())
