"""CuDNN layers in wrappers, in nested models and in archives, against the plain layers whose numbers real Keras stored.

No release makes a CuDNN layer without a GPU: what Keras saves of the plain layers is laid out as CuDNN has it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest
from rewriting import in_hdf5, in_json, rewritten, with_config

from kdoctor.doctor import plan_file
from kdoctor.packs import load_checks
from kdoctor.repair import Wish, carry_out
from kdoctor.target import Target

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
GATES = {"lstm": 4, "gru": 3}
TWINS = {"LSTM": "CuDNNLSTM", "GRU": "CuDNNGRU"}
TOLD = ("activation", "recurrent_activation", "reset_after", "use_bias", "implementation", "unroll", "dropout", "recurrent_dropout")


def of_cudnn(kernel: Any, recurrent: Any, bias: Any, gates: int) -> list[Any]:
    """Keras 2.2.5's _convert_rnn_weights, from plain to CuDNN."""
    kernels = np.hstack([part.T.reshape(part.shape) for part in np.hsplit(kernel, gates)])
    recurrents = np.hstack([part.T for part in np.hsplit(recurrent, gates)])
    return [kernels, recurrents, np.concatenate([bias * 0.25, bias * 0.75]) if gates == 4 else bias.reshape(-1)]


def as_cudnn(config: Any) -> None:
    """Every plain layer of a config in the words of its twin."""
    for key, value in list(config.items()) if isinstance(config, dict) else []:
        if key == "class_name" and value in TWINS:
            config[key] = TWINS[value]
            config["config"] = {name: said for name, said in config["config"].items() if name not in TOLD}
        as_cudnn(value)
    for item in config if isinstance(config, list) else []:
        as_cudnn(item)


def moved(file: h5py.File) -> None:
    """The arrays of an archive's cells one folder up, and the layers counted by CuDNN's names."""
    cells: list[str] = []
    file.visit(lambda path: cells.append(path) if path.endswith("/cell") else None)
    for cell in cells:
        layer = cell.removesuffix("/cell")
        arrays = [file[f"{cell}/vars/{index}"][()] for index in range(3)]
        del file[layer]
        stem = layer.rpartition("/")[2].split("_")[0]
        own = layer.replace(f"layers/{stem}", f"layers/cu_dnn{stem}")
        gates = arrays[0].shape[1] // arrays[1].shape[0]
        for index, array in enumerate(of_cudnn(*arrays, gates)):
            file[f"{own}/vars/{index}"] = array


def in_groups(file: h5py.File) -> None:
    """The arrays of an ``.h5``, which stay where they are."""
    kernels: list[str] = []
    file.visit(lambda path: kernels.append(path) if path.endswith("/recurrent_kernel") else None)
    for path in kernels:
        names = [path.replace("recurrent_kernel", role) for role in ("kernel", "recurrent_kernel", "bias")]
        arrays = [file[name][()] for name in names]
        for name, array in zip(names, of_cudnn(*arrays, arrays[0].shape[1] // arrays[1].shape[0]), strict=True):
            del file[name]
            file[name] = array


def lstm(**more: Any) -> Any:
    return keras.layers.LSTM(3, bias_initializer="uniform", **more)


def gru(**more: Any) -> Any:
    return keras.layers.GRU(2, bias_initializer="uniform", **more)


def wrapped() -> Any:
    wide = keras.layers.Bidirectional(gru(return_sequences=True), merge_mode="sum")
    return keras.Sequential([keras.Input((2, 5, 3)), keras.layers.TimeDistributed(lstm()), wide, lstm(), keras.layers.Dense(1)])


def nested() -> Any:
    begin = keras.Input((5, 3))
    inner = keras.Model(begin, keras.layers.Dense(2)(gru()(lstm(return_sequences=True)(begin))), name="inner")
    start = keras.Input((5, 3))
    return keras.Model(start, keras.layers.Concatenate()([inner(start), lstm()(start)]))


def within_time() -> Any:
    begin = keras.Input((5, 3))
    inner = keras.Model(begin, keras.layers.Dense(2)(gru()(begin)))
    start = keras.Input((2, 5, 3))
    return keras.Model(start, keras.layers.TimeDistributed(inner)(start))


@pytest.mark.parametrize("kind", [".keras", ".h5"])
@pytest.mark.parametrize("build", [wrapped, nested, within_time])
def test_it_computes_what_the_plain_layers_compute(tmp_path: Path, build: Any, kind: str) -> None:
    model = build()
    given = np.random.default_rng(0).normal(size=(2, *model.input_shape[1:])).astype("float32")
    expected = model.predict(given, verbose=0)
    path = tmp_path / f"model{kind}"
    model.save(path)
    if kind == ".keras":
        rewritten(path, path, {"config.json": in_json(as_cudnn), "model.weights.h5": in_hdf5(moved)})
    else:
        with_config(path, path, as_cudnn)
        path.write_bytes(in_hdf5(in_groups)(path.read_bytes()))
    out = carry_out(plan_file(path, Target("3.15.1"), load_checks()), path, Wish(tmp_path / f"cured{kind}")).out
    assert out is not None
    np.testing.assert_allclose(keras.saving.load_model(out).predict(given, verbose=0), expected, rtol=1e-5, atol=1e-6)
