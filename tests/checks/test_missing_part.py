"""K104: a part that belongs to every saved model is not there."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from kdoctor.archive.writing.zip_container import planned_texts
from kdoctor.check import Safety
from kdoctor.doctor import plan_file
from kdoctor.document import Document, Fault, Format
from kdoctor.edit import apply
from kdoctor.pointer import Pointer
from kdoctor.target import Target
from kdoctor.testing import document, examine, find_check, layer, model, sequential

KERAS_3 = Target("3.15.1")
INPUT, DENSE, DROPOUT, HEAD = layer("InputLayer", name="in"), layer("Dense", name="b"), layer("Dropout"), layer("Dense", name="a")
ARRAYS = {"model_weights/a/a/kernel:0": (3, 2), "model_weights/b/b/kernel:0": (4, 3)}
GROUPS: dict[str, Any] = {"/": {}, "/model_weights": {}, "/model_weights/a": {}, "/model_weights/b": {}, "/model_weights/dropout": {}}


def lacking(name: str, config: Any = None, format: Format = Format.KERAS_ZIP, **parts: Any) -> Document:
    return document(config, format=format, faults=(Fault("missing-part", "file", {"name": name}),), **parts)


@pytest.mark.parametrize(
    ("name", "flag", "keras_says"),
    [
        ("config.json", "FILE", "There is no item named 'config.json' in the archive"),
        ("model_config", "FILE", "No model config found in the file"),
        ("model.weights.h5", "FILE", "Expected a model.weights.h5 or model.weights.npz file."),
        ("model_weights", "FILE", "KeyError"),
    ],
)
def test_what_only_the_user_can_supply_is_asked_for(name: str, flag: str, keras_says: str) -> None:
    (finding,) = examine("K104", lacking(name))
    assert finding.message.startswith(f"{name} is missing: ")
    assert [need.flag for need in finding.needs] == [flag]
    assert keras_says in str(finding.keras_says)
    assert not finding.mild


@pytest.mark.parametrize("name", ["metadata.json", "keras_version", "backend"])
def test_what_keras_does_without_is_an_info(name: str) -> None:
    (finding,) = examine("K104", lacking(name, sequential(DENSE)))
    assert find_check("K104").severity_of(finding).name == "INFO"
    assert finding.keras_says is None


def test_the_names_of_the_layers_are_written_in_their_order_in_the_model() -> None:
    model = sequential(INPUT, DENSE, DROPOUT, HEAD)
    sick = lacking("layer_names", model, Format.H5_MODEL, weights=ARRAYS, attributes=GROUPS)
    (finding,) = examine("K104", sick)
    assert finding.repair is not None
    cured = apply(sick, finding.repair.edits)
    assert cured.at(Pointer("attributes", ("/model_weights", "layer_names"))) == ["b", "dropout", "a"]
    assert examine("K104", cured) == []


def test_a_layer_without_a_group_is_not_listed_because_keras_would_look_for_it() -> None:
    sick = lacking("layer_names", sequential(INPUT, DENSE, DROPOUT, HEAD), Format.H5_MODEL, weights=ARRAYS)
    (finding,) = examine("K104", sick)
    assert finding.repair is not None
    assert apply(sick, finding.repair.edits).attributes == {"/model_weights": {"layer_names": ["b", "a"]}}


@pytest.mark.parametrize("layers", [(DENSE,), (DENSE, layer("Dense", name="c")), (DENSE, HEAD, HEAD)])
def test_groups_that_do_not_belong_to_one_layer_each_are_not_guessed(layers: tuple[Any, ...]) -> None:
    (finding,) = examine("K104", lacking("layer_names", sequential(*layers), Format.H5_MODEL, weights=ARRAYS, attributes=GROUPS))
    assert finding.repair is None
    assert [need.name for need in finding.needs] == ["the order of the layers"]


def test_a_config_that_is_no_model_is_told_with_its_keys() -> None:
    (finding,) = examine("K104", document({"layers": [], "units": 3}))
    assert "its keys are 'layers', 'units'" in finding.message
    assert [need.flag for need in finding.needs] == ["FILE"]


def test_a_whole_model_is_healthy() -> None:
    assert examine("K104", model(DENSE)) == []


def test_groups_that_stand_at_the_root_are_moved_to_where_a_model_keeps_them() -> None:
    values: Any = {"/": {"keras_version": "2.15.0", "layer_names": ["a", "b"]}, "/a": {"weight_names": ["k"]}, "/b": {"weight_names": []}}
    fault = Fault("missing-part", "attributes", {"name": "model_weights", "group": "/"})
    sick = document(sequential(INPUT, DENSE, HEAD), format=Format.H5_MODEL, weights={"a/k": (2, 3)}, attributes=values, faults=(fault,))
    (finding,) = examine("K104", sick)
    assert finding.repair is not None
    healed = apply(sick, finding.repair.edits)
    assert list(healed.weights) == ["model_weights/a/k"]
    assert healed.attributes["/model_weights"]["layer_names"] == ["a", "b"]
    assert healed.attributes["/model_weights/a"] == {"weight_names": ["k"]}
    assert "layer_names" not in healed.attributes["/"]
    assert examine("K104", healed) == []


def test_the_one_group_that_lists_the_layers_is_called_model_weights() -> None:
    lists: Any = {"/weights": {"layer_names": ["a", "b"]}, "/weights/a": {"weight_names": ["k"]}, "/weights/b": {"weight_names": []}}
    fault = Fault("missing-part", "attributes", {"name": "model_weights", "group": "/"})

    def stored(**more: Any) -> Document:
        weights = {"weights/a/k": (2, 3), "weights_2/k": (1,)}
        values = {"/": {}, **lists, **more}
        return document(sequential(INPUT, DENSE, HEAD), format=Format.H5_MODEL, weights=weights, attributes=values, faults=(fault,))

    (finding,) = examine("K104", stored())
    assert finding.repair is not None
    healed = apply(stored(), finding.repair.edits)
    assert [*healed.weights] == ["model_weights/a/k", "weights_2/k"]
    assert healed.attributes["/model_weights/a"] == {"weight_names": ["k"]}
    assert examine("K104", healed) == []
    for other in ({"/old": {"layer_names": ["a"]}}, {"/weights": {"layer_names": ["a", "c"]}}):
        (finding,) = examine("K104", stored(**other))
        assert finding.repair is None or finding.repair.safety is Safety.ADVICE


def test_an_archive_of_three_files_with_one_of_words_is_given_its_metadata_again(tmp_path: Path) -> None:
    """Keras counts the files: it opens assets where there are more than three, and this one loads, and fails at its first call (run in 3.15.1)."""
    made = {
        "config.json": json.dumps(sequential(INPUT, layer("StringLookup", name="words"))),
        "model.weights.h5": "",
        "assets/a.txt": "b\n",
    }
    sick = tmp_path / "sick.keras"
    for more, mild in (({}, False), ({"notes.txt": ""}, True), ({"assets/b.txt": "b\n"}, None)):
        with zipfile.ZipFile(sick, "w") as archive:
            for name, text in {**made, **more}.items():
                archive.writestr(name, text)
        before = plan_file(sick, KERAS_3, []).before.document
        (finding,) = [found for found in examine("K104", before) if "metadata.json" in found.message]
        assert (finding.repair is None, finding.mild) == (mild is None, mild is not False)
        if finding.repair is not None:
            after = apply(before, finding.repair.edits)
            assert not [found for found in examine("K104", after) if found.repair is not None]
            assert planned_texts(before, after)["metadata"] == "{}"
