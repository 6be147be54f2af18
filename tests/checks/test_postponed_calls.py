"""K604: layers that call each other in turn, for Keras 3.0 to 3.6.

Every cured archive here was loaded in Keras 3.0.5, 3.3.3 and 3.6.0 and gave the numbers that it was saved with; as saved, none of them loads there.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy
import pytest
from keras import Input, Model, layers, ops
from typer.testing import CliRunner

from kdoctor.cli.app import app
from kdoctor.keras_api import habits
from kdoctor.target import Target

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation")  # NumPy 2 says it of what Keras makes

EARLY = "3.6.0"


def in_turn(given: Any) -> Any:
    first, second = layers.Dense(4), layers.Dense(4, activation="tanh")
    return first(second(first(second(given))))


def added(given: Any) -> Any:
    shared = layers.Dense(4, activation="tanh")
    for _ in range(3):
        given = layers.Add()([given, shared(given)])
    return given


def with_operations(given: Any) -> Any:
    shared, norm = layers.Dense(4), layers.LayerNormalization()
    for _ in range(3):
        given = norm(given + shared(given))
    return given


def attending(given: Any) -> Any:
    attention, norm = layers.MultiHeadAttention(2, 2), layers.LayerNormalization()
    steps = layers.Reshape((2, 2))(given)
    for _ in range(2):
        steps = norm(steps + attention(steps, steps))
    return steps[:, 0]


CURED: dict[str, Callable[[Any], Any]] = {
    "in turn": in_turn, "merged": added, "with operations": with_operations, "several arguments": attending,
}  # fmt: skip


def fixed(folder: Path, model: Any, ending: str = "keras") -> tuple[Path | None, str]:
    path, out = folder / f"model.{ending}", folder / f"cured.{ending}"
    model.save(path)
    said = CliRunner().invoke(app, ["fix", str(path), "--target", f"keras=={EARLY}", "-o", str(out)], env={"COLUMNS": "500"})
    return (out if out.exists() else None), said.output


@pytest.mark.parametrize("kind", CURED)
def test_calls_that_have_to_wait_are_written_so_that_every_release_waits(tmp_path: Path, kind: str) -> None:
    keras.utils.set_random_seed(7)
    begin = Input((4,))
    saved = Model(begin, CURED[kind](begin))
    out, said = fixed(tmp_path, saved)
    assert out is not None, said
    assert "K604" in said
    assert CliRunner().invoke(app, ["inspect", str(out), "--target", f"keras=={EARLY}"]).exit_code == 0
    given = numpy.random.default_rng(3).normal(size=(2, 4)).astype("float32")
    assert numpy.allclose(saved(given), keras.saving.load_model(out)(given), atol=1e-5)


def test_an_h5_keeps_its_form_where_lists_suffice(tmp_path: Path) -> None:
    begin = Input((4,))
    out, said = fixed(tmp_path, Model(begin, in_turn(begin)), "h5")
    assert out is not None, said


def test_a_mask_is_not_lost_to_a_copy(tmp_path: Path) -> None:
    begin = Input((4,), dtype="int32")
    steps, attention, norm = layers.Embedding(5, 4, mask_zero=True)(begin), layers.MultiHeadAttention(2, 2), layers.LayerNormalization()
    for _ in range(2):
        steps = norm(attention(steps, steps))
    out, said = fixed(tmp_path, Model(begin, steps))
    assert out is None
    assert "load it with Keras 3.7 or later" in said


def test_a_nested_model_whose_calls_could_be_taken_for_counted_from_one_is_refused(tmp_path: Path) -> None:
    def generator(name: str) -> Any:
        begin = Input((4,))
        return Model(begin, layers.Dense(4)(begin), name=name)

    there, back, begin = generator("there"), generator("back"), Input((4,))
    out, said = fixed(tmp_path, Model(begin, [there(back(begin)), back(there(begin))]))
    assert out is None
    assert "load it with Keras 3.7 or later" in said


def test_the_releases_that_wait_take_the_file_as_it_is() -> None:
    assert not any(habits.WAITS_IN_ITS_OWN_WORDS.of(Target(release)) for release in ("3.0.5", "3.3.3", "3.6.0"))
    assert habits.WAITS_IN_ITS_OWN_WORDS.of(Target("3.7.0"))


def test_what_is_read_in_one_round_is_left_alone(tmp_path: Path) -> None:
    begin = Input((4,))
    twice = layers.Dense(4)
    path = tmp_path / "model.keras"
    Model(begin, ops.maximum(twice(begin), twice(layers.Dense(4)(begin)))).save(path)
    assert "does not wait" not in CliRunner().invoke(app, ["inspect", str(path), "--target", f"keras=={EARLY}"]).output
