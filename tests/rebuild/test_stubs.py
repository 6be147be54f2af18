"""Stubs for what the training state names."""

from __future__ import annotations

import os
import subprocess
import sys

from kdoctor.rebuild.stubs import training_stubs
from kdoctor.testing import KERAS_3, document, layer, sequential


def stubs(optimizer: str) -> list[str]:
    training = {"optimizer_config": {"class_name": optimizer, "config": {"name": "o"}}, "loss": "mse"}
    return [*training_stubs(document(sequential(layer("Dense")), training=training), KERAS_3)]


def test_an_optimizer_of_the_users_own_gets_one() -> None:
    assert stubs("Mine") == ["Mine"]


def test_one_that_keras_has_retired_gets_none() -> None:
    assert stubs("LossScaleOptimizerV3") == []


COMPILED = """
import keras
import numpy

{stubs}

model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
model.compile(optimizer=MyWay(learning_rate=0.1, rho=1), loss=MyLoss(name="l", gamma=2.0), metrics=[MyScore(name="s", k=3)])
model.predict(numpy.ones((1, 2)), verbose=0)
asked = (
    lambda: model.loss(numpy.ones((1, 1)), numpy.ones((1, 1))),
    lambda: MyScore(k=3).update_state(1, 1),
    lambda: MyScore(k=3).result(),
    lambda: model.optimizer.apply_gradients([(keras.ops.ones((2, 1)), model.weights[0])]),
)
for question in asked:
    try:
        question()
    except NotImplementedError as error:
        print(error)
"""


def test_a_model_with_them_is_compiled_and_predicts_in_real_keras_and_says_what_is_missing_to_train_it() -> None:
    training = {
        "optimizer_config": {"class_name": "MyWay", "config": {"name": "o"}},
        "loss": {"class_name": "MyLoss", "config": {"gamma": 2.0}},
        "metrics": [{"class_name": "MyScore", "config": {"k": 3}}],
    }
    sources = training_stubs(document(sequential(layer("Dense")), training=training), KERAS_3)
    script = COMPILED.replace("{stubs}", "\n\n".join(sources.values()))
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1", "PYTHONWARNINGS": "ignore"}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=environment, timeout=600, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    said = [f"what does {name} compute?" for name in ("MyLoss", "MyScore", "MyScore", "MyWay")]
    assert [line for line in done.stdout.splitlines() if line.startswith("what")] == said
