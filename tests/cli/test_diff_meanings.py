"""``kdoctor diff`` of files that say the same otherwise, or seem to: words beside a config, a Sequential and a graph, what metrics counted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from cli.command import Run

keras = pytest.importorskip("keras")
pytest.importorskip("tensorflow")
pytestmark = [
    pytest.mark.skipif(keras.__version__.startswith("2"), reason="Keras 3 saves these"),
    pytest.mark.filterwarnings("ignore"),  # of Keras, when it saves
]


def places(kdoctor: Run, one: Path, other: Path) -> list[tuple[Any, ...]]:
    ended = kdoctor("diff", one, other, "--deep", "--format", "json")
    return [(change["place"], change["one"], change["other"]) for change in ended.json["changes"]]


def looking_up(path: Path, *, learned: list[Any] | None = None, **said: Any) -> Path:
    keras.utils.set_random_seed(1)
    lookup = keras.layers.StringLookup(name="words", **said)
    if learned is not None:
        lookup.adapt(learned)
    inputs = keras.Input((2,), dtype="string", name="texts")
    keras.Model(inputs, keras.layers.Embedding(9, 3, name="vectors")(lookup(inputs)), name="model").save(path)
    return path


def test_words_that_a_layer_learned_are_compared(kdoctor: Run, tmp_path: Path) -> None:
    one = looking_up(tmp_path / "one.keras", learned=["b", "b", "a"])
    same = looking_up(tmp_path / "same.keras", learned=["b", "a", "b"])
    other = looking_up(tmp_path / "other.keras", learned=["c", "c", "a"])
    assert places(kdoctor, one, same) == []
    assert places(kdoctor, one, other) == [("words.vocabulary", ["b", "a"], ["c", "a"])]


def test_words_beside_a_config_and_in_it_are_the_same_ones(kdoctor: Run, tmp_path: Path) -> None:
    learned = looking_up(tmp_path / "learned.keras", learned=["b", "b", "a"])
    assert kdoctor("convert", learned, "--to", "h5", "-o", tmp_path / "stated.h5").code == 0
    assert places(kdoctor, learned, tmp_path / "stated.h5") == []


def test_an_h5_that_lost_its_words_is_told_from_an_archive_that_has_them(kdoctor: Run, tmp_path: Path) -> None:
    one = looking_up(tmp_path / "one.keras", learned=["b", "b", "a"])
    other = looking_up(tmp_path / "other.h5", learned=["b", "b", "a"])
    assert places(kdoctor, one, other) == [("words.vocabulary", ["b", "a"], None)]


def test_weights_of_words_stand_in_the_config_of_an_h5(kdoctor: Run, tmp_path: Path) -> None:
    inputs = keras.Input((1,), dtype="string")
    counted = keras.layers.TextVectorization(output_mode="tf_idf", vocabulary=["a", "b"], idf_weights=[1.0, 2.0], name="words")(inputs)
    model = keras.Model(inputs, counted)
    for name in ("model.keras", "model.h5"):
        model.save(tmp_path / name)
    assert places(kdoctor, tmp_path / "model.keras", tmp_path / "model.h5") == []
    ended = kdoctor("convert", tmp_path / "model.h5", "--to", "keras", "-o", tmp_path / "out.keras")
    assert ended.code == 1  # run in 3.15.1: the archive without that array does not load
    assert "the config alone has the weights of the words of 'words' (tf_idf)" in " ".join((ended.out + ended.err).split())
    assert not (tmp_path / "out.keras").exists()


def test_a_sequential_and_a_graph_of_the_same_layers_differ_in_their_class_alone(kdoctor: Run, tmp_path: Path) -> None:
    inputs = keras.Input((4,), name="x")
    chain = [keras.layers.Dense(3, name="a"), keras.layers.Dense(2, name="b")]
    keras.Sequential([inputs, *chain], name="model").save(tmp_path / "one.keras")
    keras.Model(inputs, chain[1](chain[0](inputs)), name="model").save(tmp_path / "other.keras")
    assert places(kdoctor, tmp_path / "one.keras", tmp_path / "other.keras") == [("class of the model", "Sequential", "Functional")]
    turned = keras.Input((3,), name="x")
    keras.Model(turned, chain[0](keras.layers.Dense(4, name="b")(turned)), name="model").save(tmp_path / "turned.keras")
    assert {"a: inputs", "b: inputs"} <= {place for place, *_ in places(kdoctor, tmp_path / "one.keras", tmp_path / "turned.keras")}
