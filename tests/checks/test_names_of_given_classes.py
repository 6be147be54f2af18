"""By which name Keras finds a class whose source is given (K301): the one in the file, and no other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import pytest

from kdoctor.archive import open_document
from kdoctor.check import Severity
from kdoctor.custom.custom_objects import loading_code, sought
from kdoctor.structure.objects import objects
from kdoctor.target import Given, Target
from kdoctor.testing import examine, find_check, layer, model
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
    document = open_document(path)
    key = f"p1>{name or 'Scale'}"
    assert key in {sought(node, document) for node in objects(document)}
    assert keras.saving.load_model(path, custom_objects={key: Scale}).count_params() == 0
    with pytest.raises((TypeError, ValueError), match=r"Scale|Other"):
        keras.saving.load_model(path, custom_objects={"Scale": Scale})
