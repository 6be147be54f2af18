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
