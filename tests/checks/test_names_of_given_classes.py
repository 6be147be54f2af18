"""By which name Keras finds a class whose source is given (K301): the one in the file, and no other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import pytest
from graphs import cured

from kdoctor.archive import open_document
from kdoctor.check import Severity
from kdoctor.custom.custom_objects import loading_code, sought
from kdoctor.document import Format
from kdoctor.structure.objects import objects
from kdoctor.target import Given, Target
from kdoctor.testing import document, examine, find_check, layer, model, sequential
from kdoctor.user_code.definition import Definition


def given(registered: str | None) -> Target:
    source = Definition("Scale", True, "mine", "mine.py", 3, registered=registered, arguments=(), takes_anything=True)
    names = frozenset({"Scale", *([registered] if registered else [])})
    return replace(Target("3.15.1"), custom=names, given=Given(code={"Scale": source}))


@pytest.mark.parametrize(
    ("stated", "registered", "severity", "loads"),
    [
        ("Scale", None, Severity.INFO, "custom_objects={'Scale': Scale}"),
        ("Scale", "p2>Scale", Severity.INFO, "custom_objects={'Scale': Scale}"),
        ("p1>Scale", "p1>Scale", Severity.INFO, "import mine  # registers what the model uses"),
        ("p1>Scale", "p2>Scale", Severity.ERROR, "custom_objects={'p1>Scale': Scale}"),
        ("p1>Scale", None, Severity.ERROR, "custom_objects={'p1>Scale': Scale}"),
        ("p1>Other", "p1>Other", Severity.INFO, "import mine  # registers what the model uses"),
    ],
)
def test_it_is_missed_where_neither_its_own_name_nor_its_registered_one_is_in_the_file(
    stated: str, registered: str | None, severity: Severity, loads: str
) -> None:
    """Each was run in 2.15.0, 3.0.5 and 3.15.1."""
    target, sick = given(registered), model({**layer("Scale", module=None), "registered_name": stated})
    (finding,) = examine("K301", sick, target)
    assert find_check("K301").severity_of(finding) is severity
    assert loads in "\n".join(loading_code(sick, target, "m.keras"))
    assert ("the file says" in finding.message) is (stated != (registered or "Scale"))


@pytest.mark.parametrize(("wrapper", "by_class"), [("TimeDistributed", True), ("Bidirectional", False)])
def test_a_wrapper_of_keras_2_goes_by_the_class_name_alone(wrapper: str, by_class: bool) -> None:
    """Of an archive; run in 2.15.0, where with the registered name as that of the class the import alone loads it."""
    held = {**layer("Scale", module=None), "registered_name": "p1>Scale"}
    sick, target = model(layer(wrapper, layer=held)), replace(given("p1>Scale"), release="2.15.0")
    (finding,) = examine("K301", sick, target)
    assert find_check("K301").severity_of(finding) is Severity.INFO
    loads = "custom_objects={'Scale': Scale}" if by_class else "import mine  # registers what the model uses"
    assert loads in "\n".join(loading_code(sick, target, "m.keras"))
    assert ("the file says 'Scale', by which it is found with custom_objects={'Scale': Scale} alone" in finding.message) is by_class
    after = cured(sick, finding)
    assert examine("K301", after, target) == []
    assert after.at(finding.at)["class_name"] == ("p1>Scale" if by_class else "Scale")
    assert "import mine  # registers" in "\n".join(loading_code(after, target, "m.keras"))


def test_a_class_that_is_registered_nowhere_is_found_by_a_wrapper_of_keras_2() -> None:
    held = {**layer("Scale", module=None), "registered_name": "p1>Scale"}
    sick, target = model(layer("TimeDistributed", layer=held)), given(None)
    assert [find_check("K301").severity_of(one) for one in examine("K301", sick, target)] == [Severity.ERROR]
    assert examine("K301", sick, replace(target, release="2.15.0")) == []


def test_the_advice_gives_the_name_in_the_file() -> None:
    (finding,) = examine("K301", model({**layer("Scale", module="train"), "registered_name": "p1>Scale"}))
    assert finding.repair is not None
    assert finding.repair.title == "load_model(path, custom_objects={'p1>Scale': Scale})"


@pytest.fixture
def registered() -> Iterator[dict[str, Any]]:
    """What Keras has registered, as it was before when the test is over."""
    known = keras.saving.get_custom_objects()
    before = dict(known)
    yield known
    known.clear()
    known.update(before)


@pytest.mark.parametrize("name", [None, "Other"])
@pytest.mark.parametrize("ending", ["keras", "h5"])
@pytest.mark.parametrize("wrapped", [False, True])
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_keras_finds_it_by_that_name_alone(
    name: str | None, ending: str, wrapped: bool, tmp_path: Path, registered: dict[str, Any]
) -> None:
    class Scale(keras.layers.Layer):  # type: ignore[misc]
        def call(self, x: Any) -> Any:
            return 2 * x

        def compute_output_shape(self, shape: Any) -> Any:
            return shape

    keras.saving.register_keras_serializable(package="p1", name=name)(Scale)
    made = keras.layers.TimeDistributed(Scale()) if wrapped else Scale()
    path = tmp_path / f"m.{ending}"
    keras.Sequential([keras.Input((3, 2)), made]).save(path)
    registered.clear()
    saved = open_document(path)
    key = f"p1>{name or 'Scale'}"
    assert key in {sought(node, saved, Target("3.15.1")) for node in objects(saved)}
    assert keras.saving.load_model(path, custom_objects={key: Scale}).count_params() == 0
    with pytest.raises((TypeError, ValueError), match=r"Scale|Other"):
        keras.saving.load_model(path, custom_objects={"Scale": Scale})


def test_for_keras_2_an_h5_states_the_registered_name_as_that_of_the_class() -> None:
    """Run in 2.15.0: under the plain name, with the registered one beside it, the import alone does not load it any more."""
    target = replace(given("p1>Scale"), release="2.15.0")
    old = {"class_name": "p1>Scale", "config": {"name": "scale"}}
    assert examine("K301", document(sequential(old), format=Format.H5_MODEL), target) == []
    sick = document(sequential({**layer("Scale", module="mine"), "registered_name": "p1>Scale"}), format=Format.H5_MODEL)
    (finding,) = examine("K301", sick, target)
    assert cured(sick, finding).at(finding.at)["class_name"] == "p1>Scale"


@pytest.mark.parametrize(("release", "heard"), [("3.0.5", False), ("3.2.1", False), ("3.3.3", True)])
@pytest.mark.parametrize("registered", [None, "p1>Scale"])
def test_the_reader_of_an_h5_of_keras_3_0_to_3_2_finds_layers_by_what_is_registered_alone(
    release: str, heard: bool, registered: str | None
) -> None:
    """Run in the three releases."""
    target, old = replace(given(registered), release=release), {"class_name": registered or "Scale", "config": {"name": "scale"}}
    sick = document(sequential(old), format=Format.H5_MODEL)
    errors = [one for one in examine("K301", sick, target) if find_check("K301").severity_of(one) is Severity.ERROR]
    assert len(errors) == (not heard and registered is None)
    assert all("custom_object_scope({'Scale': Scale})" in one.message for one in errors)
    assert [one for one in examine("K301", model(old), target) if "finds no layer" in one.message] == []


@pytest.mark.parametrize(("given", "told"), [({"Scale"}, True), ({"p1>Scale"}, False), ({"Scale", "p1>Scale"}, False)])
def test_a_class_given_by_name_alone_is_told_the_key_of_the_file(given: set[str], told: bool) -> None:
    held = {**layer("Scale", module="train"), "registered_name": "p1>Scale"}
    found = examine("K301", model(held, held), replace(Target("3.15.1"), custom=frozenset(given)))
    assert [one.mild for one in found] == [True] * told
    assert all("looks for Scale under 'p1>Scale'" in one.message for one in found)
