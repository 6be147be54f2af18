"""K304: arguments of a custom class that the file has lost, or that its constructor refuses."""

from __future__ import annotations

import ast
from textwrap import dedent
from typing import Any

import pytest

from kdoctor.custom.custom_objects import check_settings, loading_code
from kdoctor.document import Document, Format
from kdoctor.edit import apply
from kdoctor.errors import UsageError
from kdoctor.target import Given, Target
from kdoctor.testing import document, examine, layer, sequential
from kdoctor.user_code.reading import definitions

PROJECTION = """
    class Projection(keras.layers.Layer):
        def __init__(self, units{default}, {kwargs}):
            self.units = units
        def build(self, shape):
            self.kernel = self.add_weight(shape=(shape[-1], self.units))
"""


def target(source: str, **settings: Any) -> Target:
    code = {one.name: one for one in definitions(ast.parse(dedent(source)), "train", "train.py")}
    names = frozenset(name for one in code.values() for name in (one.name, one.name_in_file))
    told = {tuple(place.split("__")): value for place, value in settings.items()}
    return Target("3.15.1", custom=names, given=Given(code=code, settings=told))  # type: ignore[arg-type]


def projection(default: str = "", kwargs: str = "**kwargs", **settings: Any) -> Target:
    return target(PROJECTION.format(default=default, kwargs=kwargs), **settings)


def stored(**config: Any) -> Document:
    made = {**layer("Projection", module="train", name="p", **config), "registered_name": "Projection"}
    return document(sequential(made), weights={"layers/projection/vars/0": (4, 3)})


def test_an_argument_that_the_weights_leave_one_value_for_is_written() -> None:
    (finding,) = examine("K304", stored(), projection())
    assert finding.repair is not None
    assert not finding.needs
    assert apply(stored(), finding.repair.edits).config["config"]["layers"][0]["config"] == {"name": "p", "units": 3}


def test_an_argument_that_nothing_tells_is_asked_for() -> None:
    source = "class Projection(Layer):\n    def __init__(self, rate, **kwargs): ..."
    (finding,) = examine("K304", stored(), target(source))
    assert finding.repair is None
    assert [(need.flag, need.name) for need in finding.needs] == [("--set", "p.rate=…")]
    assert "missing 1 required positional argument: 'rate'" in str(finding.keras_says)


@pytest.mark.parametrize("name", ["p", "Projection"])
def test_what_the_user_says_is_written(name: str) -> None:
    source = "class Projection(Layer):\n    def __init__(self, rate, **kwargs): ..."
    asked = target(source, **{f"{name}__rate": 0.5})
    (finding,) = examine("K304", stored(), asked)
    assert finding.repair is not None
    after = apply(stored(), finding.repair.edits)
    assert after.config["config"]["layers"][0]["config"]["rate"] == 0.5
    assert examine("K304", after, asked) == []


def test_what_the_user_says_wins_over_what_the_file_states() -> None:
    (finding,) = examine("K304", stored(units=7), projection(p__units=3))
    assert finding.repair is not None
    assert finding.repair.edits[0].new == 3


def test_a_default_that_may_not_be_what_was_in_use_is_a_warning() -> None:
    source = "class Projection(Layer):\n    def __init__(self, rate=0.1, **kwargs): ..."
    (finding,) = examine("K304", stored(), target(source))
    assert finding.mild
    assert "rate=0.1" in finding.message


def test_a_config_that_holds_everything_is_fine() -> None:
    assert examine("K304", stored(units=3), projection()) == []


def test_what_means_nothing_is_left_out_where_the_constructor_refuses_it() -> None:
    sick = stored(units=3, trainable=True, dtype="float32")
    (finding,) = examine("K304", sick, projection(kwargs="name=None"))
    assert finding.repair is not None
    assert apply(sick, finding.repair.edits).config["config"]["layers"][0]["config"] == {"name": "p", "units": 3}


@pytest.mark.parametrize("more", [{"trainable": False}, {"dtype": "float16"}, {"gain": 2}])
def test_what_means_something_is_not_dropped(more: dict[str, Any]) -> None:
    (finding,) = examine("K304", stored(units=3, **more), projection(kwargs="name=None"))
    assert finding.repair is None
    assert finding.needs
    assert "unexpected keyword argument" in str(finding.keras_says)


def test_a_setting_for_a_layer_that_is_not_there_is_wrong_usage() -> None:
    with pytest.raises(UsageError, match="'p'"):
        check_settings(stored(), projection(q__units=3))
    with pytest.raises(UsageError, match="takes no argument"):
        check_settings(stored(), projection(kwargs="name=None", p__gain=3))


def test_without_the_source_a_layer_with_weights_and_nothing_of_its_own_is_a_warning() -> None:
    (finding,) = examine("K304", stored())
    assert finding.mild
    assert "(4, 3)" in finding.message
    assert examine("K304", stored(units=3)) == []


def test_a_class_is_written_under_the_name_that_keras_looks_for() -> None:
    sick = document(sequential({"class_name": "my>Projection", "config": {"name": "p", "units": 3}}), format=Format.H5_MODEL)
    (finding,) = examine("K301", sick, projection())
    assert finding.repair is not None
    after = apply(sick, finding.repair.edits)
    made = after.config["config"]["layers"][0]
    assert (made["module"], made["class_name"], made["registered_name"]) == ("train", "Projection", "Projection")
    assert examine("K301", after, projection()) == []
    assert [*loading_code(after, projection(), "m.h5")] == [
        "from train import Projection",
        "model = keras.saving.load_model('m.h5', custom_objects={'Projection': Projection})",
    ]


def test_a_registered_class_is_imported_and_nothing_more() -> None:
    source = '@register_keras_serializable("my")\nclass Projection(Layer): ...'
    (finding,) = examine("K301", stored(), target(source))
    assert finding.repair is not None
    after = apply(stored(), finding.repair.edits)
    assert after.config["config"]["layers"][0]["registered_name"] == "my>Projection"
    assert [*loading_code(after, target(source), "m.keras")] == ["import train  # registers what the model uses"]


def test_a_function_is_written_under_the_name_that_keras_looks_for() -> None:
    swishy = {"module": "builtins", "class_name": "function", "config": "swishy", "registered_name": "function"}
    sick = document(sequential(layer("Activation", activation=swishy)))
    asked = target('@register_keras_serializable("my")\ndef swishy(x): ...')
    (finding,) = examine("K303", sick, asked)
    assert finding.repair is not None
    made = apply(sick, finding.repair.edits).config["config"]["layers"][0]["config"]["activation"]
    assert (made["config"], made["module"]) == ("my>swishy", "train")


def dense(kernel: tuple[int, ...] | None = None, **config: Any) -> Document:
    weights = {} if kernel is None else {"layers/dense/vars/0": kernel, "layers/dense/vars/1": kernel[-1:]}
    return document(sequential(layer("Dense", name="d", **config)), weights=weights)


def test_a_layer_of_keras_itself_that_has_lost_an_argument_gets_what_its_kernel_proves() -> None:
    sick = dense((4, 3))
    (finding,) = examine("K304", sick)
    assert finding.keras_says == "TypeError: Dense.__init__() missing 1 required positional argument: 'units'"
    assert finding.repair is not None
    assert [edit.new for edit in finding.repair.edits] == [3]
    assert examine("K304", apply(sick, finding.repair.edits)) == []


def test_where_nothing_proves_it_the_user_is_asked_and_may_say() -> None:
    (finding,) = examine("K304", dense())
    assert [(need.flag, need.name) for need in finding.needs] == [("--set", "d.units=…")]
    (finding,) = examine("K304", dense(), Target("3.15.1", given=Given(settings={("d", "units"): 5})))
    assert finding.repair is not None
    assert [edit.new for edit in finding.repair.edits] == [5]


def test_the_words_of_keras_1_are_the_business_of_others() -> None:
    assert examine("K304", dense(output_dim=3)) == []


RECURRENT = """
    class Memory(keras.layers.LSTM):
        def __init__(self, units, gain=1.0, **kwargs):
            super().__init__(units, **kwargs)
            self.gain = gain
"""


def memory(**config: Any) -> Document:
    return document(sequential({**layer("Memory", module="train", name="m", units=3, **config), "registered_name": "Memory"}))


def test_what_is_handed_on_is_held_against_the_base_in_keras() -> None:
    sick = memory(gain=2.0, time_major=False, recurrent_dropout=0.5)
    (finding,) = examine("K304", sick, target(RECURRENT))
    assert "takes no time_major" in finding.message
    assert str(finding.keras_says).startswith("ValueError: Unrecognized keyword arguments passed to Memory")
    assert finding.repair is not None
    assert examine("K304", apply(sick, finding.repair.edits), target(RECURRENT)) == []
    (finding,) = examine("K304", memory(gain=2.0, time_major=True), target(RECURRENT))
    assert finding.repair is None


def test_a_class_without_a_constructor_takes_all_that_a_layer_of_keras_takes() -> None:
    source = target("class Memory(layers.Layer):\n    def call(self, x): ...")
    saved = {**layer("Memory", module="train", name="m", activity_regularizer=None, trainable=True, dtype="float32", autocast=True)}
    assert examine("K304", document(sequential({**saved, "registered_name": "Memory"})), source) == []
    (finding,) = examine("K304", memory(autocast=True), source)
    assert "takes no units" in finding.message


def test_a_keyword_that_only_the_author_knows_is_not_dropped() -> None:
    source = "class Memory(Layer):\n    def __init__(self, units, **kwargs):\n        super().__init__(**kwargs)"
    (finding,) = examine("K304", memory(note="mine"), target(source))
    assert "takes no note" in finding.message
    assert finding.repair is None


@pytest.mark.parametrize(
    "body", ["kwargs.pop('note'); super().__init__(**kwargs)", "super().__init__(name=kwargs.get('name'))", "super().__init__()"]
)
def test_where_keywords_are_not_handed_on_as_they_are_nothing_is_said(body: str) -> None:
    source = f"class Memory(Layer):\n    def __init__(self, units, **kwargs):\n        {body}"
    assert examine("K304", memory(note="mine"), target(source)) == []


def test_a_subclass_with_a_train_step_is_put_together_from_its_graph() -> None:
    config = {"name": "gan", "trainable": True, "layers": [], "input_layers": [], "output_layers": []}
    graph = document({"module": None, "class_name": "Gan", "config": config, "registered_name": "Gan"})
    assert examine("K304", graph, target("class Gan(keras.Model):\n    def train_step(self, data): ...")) == []
    assert (
        examine(
            "K304", graph, target("class Gan(Model):\n    def __init__(self, *args, **kwargs):\n        super().__init__(*args, **kwargs)")
        )
        == []
    )
    (finding, *_) = examine("K304", graph, target("class Gan(Model):\n    def __init__(self, units):\n        super().__init__()"))
    assert "takes no" in finding.message


def test_an_operation_that_has_the_name_of_a_layer_is_not_asked_for_the_layers_arguments() -> None:
    """Keras 2 reads ``ops.dot`` by its class name alone; what it lacks is a layer for the operation, not the axes of one."""
    product = {**layer("Dot", name="dot"), "module": "keras.src.ops.numpy"}
    assert examine("K304", document(sequential(product)), Target("2.15.0")) == []
