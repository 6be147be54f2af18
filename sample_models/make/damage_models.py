"""`.keras` files whose config.json was edited: connections, names, modules, lost arguments, and what no model holds (K2, K304-K306, K608, K702, K8)."""

from __future__ import annotations

import base64
import json
import pickle
from typing import Any

from damage_documents import Document, edit
from damage_hdf5 import edit_config, in_json
from damage_zip import members, zip_again

CHAIN, STACK, PLAIN = "broken_connection.keras", "duplicate_layer_name.keras", "not_a_model.keras"


def make() -> None:
    for source, target, change in (
        (CHAIN, "broken_connection.keras", unknown_source),
        (STACK, "duplicate_layer_name.keras", same_name),
        (CHAIN, "duplicate_layer_name__repeated_entry.keras", entry_repeated),
        (CHAIN, "dangling_endpoint.keras", no_inputs),
        (STACK, "layer_shape_mismatch.keras", steps_of_none),
        (CHAIN, "wrong_input_count.keras", both_at_once),
        (CHAIN, "malformed_config.keras", without_class),
        (CHAIN, "dangling_endpoint__unknown_output.keras", unknown_output),
        (PLAIN, "moved_object__tensorflow_keras.keras", other_module),
        (PLAIN, "moved_object__registered_name.keras", registered),
        (STACK, "weights_shape_mismatch.keras", more_units),
        (PLAIN, "package_needed.keras", of_a_package),
        (PLAIN, "foreign_module.keras", calls_python),
        (PLAIN, "non_modelling_function.keras", calls_get_file),
        ("irregular_members.keras", "external_file_reference.keras", words_elsewhere),
        (PLAIN, "embedded_pickle.keras", torch_module),
    ):
        edit(source, target, change)
    edit("../sick/lambda_code.keras", "lambda_corrupt.keras", half_a_function)
    edit_config("healthy/not_compiled__keras_2.h5", "sick/keras_1_config.h5", in_json(bare_list))
    edit_config("healthy/not_compiled__keras_2.h5", "sick/missing_constructor_arguments.h5", in_json(without_arguments))
    in_text()


def half_a_function(document: Document) -> None:
    code = document["config"]["layers"][1]["config"]["function"]["config"]
    code["code"] = base64.b64encode(base64.b64decode(code["code"])[:60]).decode()


def in_text() -> None:
    whole = members(PLAIN)
    config = whole["config.json"]
    twice = config.replace(b'"units": 3', b'"units": 5, "units": 3')
    deep = config[:-1] + b', "notes": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    zip_again("hostile_structure__same_key_twice.keras", {**whole, "config.json": twice})
    zip_again("hostile_structure.keras", {**whole, "config.json": deep})
    zip_again("archive_bomb.keras", {**whole, "config.json": config + b" " * 17 * 2**20})


def entries(document: Document) -> list[Any]:
    listed: list[Any] = document["config"]["layers"]
    return listed


def unknown_source(document: Document) -> None:
    """`scores` takes its input from `middle`, which was renamed."""
    entries(document)[2]["inbound_nodes"][0]["args"][0]["config"]["keras_history"][0] = "middle"


def without_class(document: Document) -> None:
    """The initializer of `scores` has lost its class, and its entry the name."""
    del entries(document)[2]["config"]["kernel_initializer"]["class_name"]
    del entries(document)[2]["name"]


def same_name(document: Document) -> None:
    entries(document)[2]["config"]["name"] = "hidden"


def entry_repeated(document: Document) -> None:
    entries(document).insert(2, json.loads(json.dumps(entries(document)[1])))


def steps_of_none(document: Document) -> None:
    """A layer that pads steps in time between the two layers, where there are no steps."""
    config = {"name": "steps", "trainable": True, "dtype": "float32", "padding": [1, 1]}
    padding = {"module": "keras.layers", "class_name": "ZeroPadding1D", "config": config, "registered_name": None}
    entries(document).insert(2, padding)


def both_at_once(document: Document) -> None:
    """`scores` takes the features beside what `hidden` makes of them."""
    call = entries(document)[2]["inbound_nodes"][0]
    call["args"] = [[call["args"][0], entries(document)[1]["inbound_nodes"][0]["args"][0]]]


def no_inputs(document: Document) -> None:
    document["config"]["input_layers"] = []


def unknown_output(document: Document) -> None:
    document["config"]["output_layers"] = [["probabilities", 0, 0]]


def other_module(document: Document) -> None:
    entries(document)[1]["module"] = "tensorflow.keras.layers"


def registered(document: Document) -> None:
    entries(document)[1]["registered_name"] = "Custom>Dense"


def more_units(document: Document) -> None:
    """The kernel in the file is that of 2 units."""
    entries(document)[2]["config"]["units"] = 5


def activation(document: Document, module: str, name: str) -> None:
    function = {"module": module, "class_name": "function", "config": name, "registered_name": name}
    entries(document)[1]["config"]["activation"] = function


def calls_python(document: Document) -> None:
    """A function that harms nobody, in the place where hostile files have eval."""
    activation(document, "builtins", "print")


def calls_get_file(document: Document) -> None:
    activation(document, "keras.utils", "get_file")


def words_elsewhere(document: Document) -> None:
    entries(document)[1]["config"]["vocabulary"] = "words.txt"


def torch_module(document: Document) -> None:
    """A pickle of plain numbers where the layer has a module of PyTorch."""
    numbers = base64.b64encode(pickle.dumps([0.1, 0.2], protocol=2)).decode("ascii")
    config = {"name": "wrapped", "trainable": True, "dtype": "float32", "module": numbers}
    entries(document)[1] = {"module": "keras.layers", "class_name": "TorchModuleWrapper", "config": config, "registered_name": None}


def of_a_package(document: Document) -> None:
    entries(document)[1].update(
        module="keras_self_attention.seq_self_attention", class_name="SeqSelfAttention", registered_name="SeqSelfAttention"
    )


def without_arguments(document: Document) -> None:
    """A class of the user's own that did not override get_config."""
    row = entries(document)[1]
    row.update(class_name="Projection", config={key: row["config"][key] for key in ("name", "trainable", "dtype")})


def bare_list(document: Document) -> None:
    document["config"] = entries(document)
