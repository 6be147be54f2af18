"""The guard table: which release refuses which trigger, as its source says; derived again here."""

from __future__ import annotations

import importlib.util
import subprocess
from pathlib import Path

import pytest

from kdoctor.keras_api.generate_guards import KERAS, PROBES, TF_KERAS, guards, in_folder, table
from kdoctor.security.guards import TRIGGERS, falls_for, generated, guards_of, judged, known_releases
from kdoctor.target import Target

DOWNLOADED = (("keras", "3.8.0"), ("keras", "3.12.3"), ("keras", "3.13.2"), ("tf-keras", "2.19.0"))


def target(label: str) -> Target:
    name, _, release = label.partition("==")
    return Target(release, family=name)


def test_the_installed_keras_has_the_guards_that_the_table_says() -> None:
    from importlib.metadata import version

    spec = importlib.util.find_spec("keras")
    assert spec is not None
    assert spec.origin is not None
    assert guards_of(Target(version("keras"))) == frozenset(guards(in_folder(Path(spec.origin).parent)))


def test_releases_from_the_registry_have_the_guards_that_the_table_says(tmp_path: Path) -> None:
    try:
        found = table(DOWNLOADED, tmp_path)
    except subprocess.CalledProcessError as error:
        if reachable():
            raise
        pytest.skip(f"no package registry can be reached: {error}")
    assert {label: frozenset(held) for label, held in found.items()} == {label: guards_of(target(label)) for label in found}


def reachable() -> bool:
    import sys

    asked = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", "/dev/null/none", "--dry-run", "six"]
    return subprocess.run(asked, capture_output=True, check=False).returncode == 0


def test_every_listed_release_has_its_row() -> None:
    assert known_releases() == (*(f"keras=={release}" for release in KERAS), *(f"tf-keras=={release}" for release in TF_KERAS))
    assert generated() >= "2026-11-20"


def test_every_guard_is_asked_for_by_a_weakness_and_every_weakness_by_its_guards() -> None:
    used = {guard for weaknesses in TRIGGERS.values() for weakness in weaknesses for guard in weakness.guards}
    assert used == set(PROBES)


@pytest.mark.parametrize(
    ("trigger", "last_open", "first_closed"),
    [
        ("foreign-module", "3.8.0", "3.9.0"),
        ("lambda-hdf5", "3.11.2", "3.12.3"),
        ("vocabulary-path", "3.11.3", "3.12.0"),
        ("saved-model-path", "3.13.1", "3.13.2"),
        ("hdf5-external-storage", "3.12.0", "3.12.1"),
        ("hdf5-link", "3.15.0", "3.15.1"),
        ("hdf5-virtual", "3.14.0", "3.14.1"),
        ("shape-bomb", "3.14.1", "3.15.0"),
        ("asset-path", "3.14.1", "3.15.0"),
        ("npz-pickle", "3.8.0", "3.9.0"),
        ("zip-bomb", "3.14.1", "3.15.0"),
        ("zip-bomb-assets", "3.15.0", "3.15.1"),
    ],
)
def test_the_guards_came_with_the_releases_that_brought_them(trigger: str, last_open: str, first_closed: str) -> None:
    assert falls_for(Target(last_open), trigger)
    assert not falls_for(Target(first_closed), trigger)


def test_a_later_minor_release_may_lack_what_an_earlier_ones_patch_has() -> None:
    assert not falls_for(Target("3.12.4"), "shape-bomb")
    assert falls_for(Target("3.13.2"), "shape-bomb") == ("CVE-2026-12570",)


def test_releases_that_are_in_no_table_are_answered_for() -> None:
    assert guards_of(Target("4.0.0")) == guards_of(Target("3.15.1"))
    assert guards_of(Target("2.3.1")) is None
    assert guards_of(Target("3.12")) == guards_of(Target("3.12.4"))
    assert falls_for(Target("2.3.1"), "foreign-module") == ("CVE-2025-1550",)


def test_a_message_says_what_the_target_does() -> None:
    assert judged(Target("3.8.0"), "foreign-module") == " (Keras 3.8.0 falls for CVE-2025-1550)"
    assert judged(Target("3.9.2"), "foreign-module") == " (CVE-2025-1550: Keras 3.9.2 guards against it)"
    assert judged(Target("3.11.3"), "torch-module") == " (Keras 3.11.3 falls for CVE-2026-12484, and guards against CVE-2025-49655)"
    assert judged(Target("3.15.1"), "shape-bomb", 10**9) == " (CVE-2026-0897, CVE-2026-12570: no release refuses less than 4,096 MiB)"


def test_an_asset_is_refused_sooner_than_what_is_read_into_memory() -> None:
    size = 300 << 20
    assert judged(Target("3.15.1"), "zip-bomb", size) == " (zip bombs: no release refuses less than 4,096 MiB)"
    assert judged(Target("3.15.1"), "zip-bomb-assets", size) == " (zip bombs of assets: Keras 3.15.1 guards against it)"
    assert judged(Target("3.15.0"), "zip-bomb-assets", size) == " (Keras 3.15.0 falls for zip bombs of assets)"
