"""K610: an archive without the vocabularies that its lookup layers learned. Real Keras loads it, and fails when it is called."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from kdoctor.archive.writing.write import write_document
from kdoctor.doctor import plan_file
from kdoctor.packs import load_checks
from kdoctor.target import Given, Target

SAVE = """
import sys, keras
words = keras.layers.StringLookup(name="words")
words.adapt(["b", "b", "a"])
start = keras.Input((1,), dtype="string")
keras.Model(start, keras.layers.Embedding(3, 2, embeddings_initializer="glorot_uniform")(words(start))).save(sys.argv[1])
"""
CALL = """
import sys, keras, tensorflow, numpy
first, second = (keras.models.load_model(name)(tensorflow.constant([["a"], ["b"], ["c"]])) for name in sys.argv[1:])
assert numpy.array_equal(first, second)
"""


def in_keras(program: str, *files: Path) -> None:
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
    command = [sys.executable, "-W", "ignore", "-c", program, *map(str, files)]
    subprocess.run(command, capture_output=True, env=environment, timeout=600, check=True)


def test_words_that_an_archive_lost_are_missed_and_taken_from_the_user(tmp_path: Path) -> None:
    whole, lost, cured = (tmp_path / f"{name}.keras" for name in ("whole", "lost", "cured"))
    in_keras(SAVE, whole)
    with zipfile.ZipFile(whole) as archive, zipfile.ZipFile(lost, "w") as less:
        for name in archive.namelist():
            if not name.startswith("assets"):
                less.writestr(name, archive.read(name))
    assert plan_file(whole, Target("3.15.1"), load_checks()).before.loads
    plan = plan_file(lost, Target("3.15.1"), load_checks())
    assert [found.finding.message for found in plan.before.errors] == [
        "the words that StringLookup 'words' looks up are not in the file: its assets are gone"
    ]
    with pytest.raises(subprocess.CalledProcessError):
        in_keras(CALL, whole, lost)
    given = Target("3.15.1", given=Given(settings={("words", "vocabulary"): ["b", "a"]}))
    plan = plan_file(lost, given, load_checks())
    assert plan.after.loads
    write_document(plan.before.document, plan.after.document, cured)
    in_keras(CALL, whole, cured)


def test_words_in_another_folder_are_moved_and_lost_ones_are_named(tmp_path: Path) -> None:
    whole = tmp_path / "whole.keras"
    in_keras(SAVE, whole)
    place = "assets/layers/string_lookup/vocabulary.txt"
    with zipfile.ZipFile(whole) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    cured = []
    for number, elsewhere in enumerate(("Assets/layers/string_lookup/vocabulary.txt", f"model/{place}")):
        moved, out = tmp_path / f"moved{number}.keras", tmp_path / f"cured{number}.keras"
        packed(moved, {elsewhere if name == place else name: data for name, data in members.items()})
        plan = plan_file(moved, Target("3.15.1"), load_checks())
        assert [found.finding.message for found in plan.before.errors] == [
            f"a part stands where Keras does not look: {place} as {elsewhere!r}"
        ]
        write_document(plan.before.document, plan.after.document, out)
        cured.append(out)
    in_keras(CALL, *cured)
    for number, other in enumerate(({place: b""}, {f"{place}.old": members[place]})):
        lost = tmp_path / f"lost{number}.keras"
        packed(lost, {name: data for name, data in members.items() if name != place} | other)
        (found,) = plan_file(lost, Target("3.15.1"), load_checks()).before.errors
        assert found.check.code == "K610"
        assert ("its assets are gone" if number == 0 else f"{place}, which Keras opens, is not there or empty") in found.finding.message


def packed(path: Path, members: dict[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
