"""Files in which one small thing is wrong thousands of times: each is to cost no more than if it were wrong once."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import h5py
from model_files import zip_bytes

from hostile.archives import SHARDED, Make, config, layer, layers


def tensor(name: str, call: int = 0) -> dict[str, Any]:
    return {"class_name": "__keras_tensor__", "config": {"shape": [None, 3], "dtype": "float32", "keras_history": [name, call, 0]}}


def connected(listed: list[dict[str, Any]]) -> bytes:
    """The config of a Functional of these layers, from the first of them to the second."""
    ends = {"input_layers": [[listed[0]["name"], 0, 0]], "output_layers": [[listed[1]["name"], 0, 0]]}
    whole = {"name": "f", "layers": listed, **ends}
    return json.dumps(
        {"class_name": "Functional", "module": "keras.src.models.functional", "config": whole, "registered_name": "Functional"}
    ).encode()


def called(name: str, *takes: tuple[str, int], class_name: str = "Dense", **arguments: Any) -> dict[str, Any]:
    nodes = [{"args": [tensor(*one)], "kwargs": {}} for one in takes]
    return {**layer(class_name, name=name, **arguments), "name": name, "inbound_nodes": nodes}


def ring(count: int) -> bytes:
    """Layers that each take what the next one gives."""
    taken = (called(f"d{n}", (f"d{(n + 1) % count}", 0), units=1) for n in range(count))
    return connected([called("i", class_name="InputLayer", batch_shape=[None, 3]), *taken])


def one_layer(count: int) -> bytes:
    """One layer whose calls take what later ones give, and there are none."""
    taken = called("d", *(("d", number + count) for number in range(count)), units=3)
    return connected([called("i", class_name="InputLayer", batch_shape=[None, 3]), taken])


def legacy_model(listed: list[Any], training: Any = None) -> bytes:
    """An ``.h5`` with a Sequential, and no weights."""
    held = io.BytesIO()
    with h5py.File(held, "w") as file:
        file.attrs["keras_version"], file.attrs["backend"] = "2.15.0", "tensorflow"
        file.attrs["model_config"] = json.dumps({"class_name": "Sequential", "config": {"name": "s", "layers": listed}})
        file.create_group("model_weights").attrs["layer_names"] = []
        if training is not None:
            file.attrs["training_config"] = json.dumps(training)
    return held.getvalue()


def shards(listed: dict[str, str]) -> bytes:
    """An archive whose weights stand in these files."""
    return zip_bytes({**SHARDED, "model.weights.json": json.dumps({"metadata": {}, "weight_map": listed}).encode()}, zipfile.ZIP_DEFLATED)


def in_twos(depth: int) -> list[Any]:
    """Models of two models each, all of one name."""
    found: list[Any] = [layer(name="d", units=1)]
    for number in range(depth):
        found = [
            {"class_name": "Sequential", "module": "keras", "config": {"name": f"s{number}", "layers": found * 2}, "registered_name": None}
        ]
    return found


def policies(key: str) -> dict[str, Any]:
    """A layer with a map of policies that has this key."""
    return layer(name="d", units=1, dtype=layer("DTypePolicyMap", "keras.dtype_policies", policy_map={key: None}))


# name -> its bytes, and the codes of which one names it
MULTITUDES: dict[str, tuple[Make, tuple[str, ...]]] = {
    "5_000_layers_of_one_name.keras": (lambda: config(layers(*(layer("Dropout", name="a", rate=0.5) for _ in range(5_000)))), ("K205",)),
    "5_000_inputs.keras": (lambda: config(layers(*(layer("InputLayer", name=f"i{n}", batch_shape=[None, n]) for n in range(5_000)))), ("K201",)),
    "5_000_unknown_classes.keras": (lambda: config(layers(*(layer(f"Mine{n}", None, name=f"d{n}") for n in range(5_000)))), ("K301",)),
    "5_000_packages.keras": (lambda: config(layers(*(layer("Mine", f"my_package_{n}", name=f"d{n}") for n in range(5_000)))), ("K301",)),
    "5_000_unknown_activations.keras": (lambda: config(layers(*(layer(name=f"d{n}", units=1, activation=f"mine_{n}") for n in range(5_000)))), ("K303",)),
    "5_000_functions_that_act.keras": (lambda: config(layers(*(layer("get_file", "keras.utils", name=f"d{n}", origin="http://invalid.example") for n in range(5_000)))), ("K802",)),
    "5_000_programs.keras": (lambda: config(layers(*(layer(f"call{n}", "subprocess", name=f"d{n}") for n in range(5_000)))), ("K801",)),
    "5_000_shapes_that_disagree.keras": (lambda: config(layers(*({**layer(name=f"d{n}", units=1), "build_config": {"input_shape": [None, n]}} for n in range(5_000)))), ("K201", "K206")),
    "5_000_layers_without_weights.h5": (lambda: legacy_model([{"class_name": "Dense", "config": {"name": f"d{n}", "units": 1, "batch_input_shape": [None, 3]}} for n in range(5_000)]), ("K701",)),
    "20_000_metrics.h5": (lambda: legacy_model([], {"optimizer_config": {"class_name": "Adam", "config": {}}, "loss": "mse", "metrics": [f"mine_{n}" for n in range(20_000)]}), ("K502",)),
    "a_circle_of_5_000_layers.keras": (lambda: config(ring(5_000)), ("K204",)),
    "a_circle_of_15_000_calls.keras": (lambda: config(one_layer(15_000)), ("K204",)),
    "1_000_values_200_levels_deep.keras": (lambda: config(layers(*(layer(name=f"d{n}", units=1, more=json.loads("[" * 200 + "1" + "]" * 200)) for n in range(1_000)))), ("K601",)),
    "an_input_of_500_000_axes.keras": (lambda: config(layers(layer("InputLayer", name="i", batch_shape=[1] * 500_000), layer(name="d", units=1))), ("K201",)),
    "a_long_name_that_climbs.keras": (lambda: config(layers(layer(name="../" * 300_000, units=1))), ("K806",)),
    "2_000_models_in_twos.keras": (lambda: config(layers(*in_twos(11))), ("K205",)),
    "a_set_without_an_end.keras": (lambda: config(layers(policies("[a" * 500_000 + "x*"))), ("K810",)),
    "20_000_shards.keras": (lambda: shards({f"/layers/d{n}/vars": f"m{n}.weights.h5" for n in range(20_000)}), ("K706",)),
    "20_000_shards_elsewhere.keras": (lambda: shards({f"/layers/d{n}/vars": f"../m{n}.weights.h5" for n in range(20_000)}), ("K806",)),
}  # fmt: skip
