"""One model in the words of two releases: what both say is no difference, and null beside nothing is spelled out."""

from __future__ import annotations

from graphs import after, functional, start

from kdoctor.document import Document, Json
from kdoctor.testing import document, layer
from kdoctor.weights.comparison import Change, compared
from kdoctor.weights.dialects import Difference, class_of, value_differences


def ends(key: str, class_name: str, training: dict[str, Json]) -> Document:
    start = layer("InputLayer", name="in", **{key: [None, 4]})
    config = {"name": "model", "layers": [start], "input_layers": [["in", 0, 0]], "output_layers": [["in", 0, 0]]}
    return document({"class_name": class_name, "config": config}, training=training)


def test_the_shape_of_an_input_and_the_class_of_a_graph_are_the_same_in_the_words_of_keras_2_and_3() -> None:
    one = ends("batch_input_shape", "Model", {"loss": "mse", "sample_weight_mode": None})
    other = ends("batch_shape", "Functional", {"loss": "mse"})
    assert compared(one, other) == ()
    assert class_of({"class_name": "Model", "config": {}}) == "Functional"


def test_another_loss_is_told() -> None:
    one = ends("batch_input_shape", "Model", {"loss": "mse"})
    other = document({**dict(one.config), "class_name": "Functional"}, training={"loss": "mae"})
    assert compared(one, other) == (Change("training", "loss", "mse", "mae"),)


def test_null_beside_nothing_is_spelled_out() -> None:
    assert [*value_differences("lstm", {"activation": None}, {})] == [Difference("lstm.activation", "null", None)]
    assert [*value_differences("lstm", {}, {"activation": None})] == [Difference("lstm.activation", None, "null")]
    assert [*value_differences("lstm", {"activation": None}, {"activation": "tanh"})] == [Difference("lstm.activation", None, "tanh")]


def test_an_optimizer_of_keras_2_is_the_same_under_the_name_that_it_is_registered_by() -> None:
    def trained(class_name: str, key: str = "optimizer_config") -> Document:
        return ends("batch_shape", "Functional", {key: {"class_name": class_name, "config": {"name": "Adam"}}})

    archive = trained("Adam", "optimizer")
    assert compared(trained("Custom>Adam"), archive) == compared(archive, trained("Custom>Adam")) == ()
    assert compared(trained("Custom>Mine"), trained("Mine", "optimizer")) == (
        Change("training", "optimizer.class_name", "Custom>Mine", "Mine"),
    )


def test_the_input_of_a_sequential_is_counted_with_the_layer_that_it_is_named_after() -> None:
    def first(name: str) -> Document:
        layers = [layer("InputLayer", name=f"{name}_input", batch_shape=[None, 4]), layer("Dense", name=name, units=2)]
        return document({"class_name": "Sequential", "config": {"name": "model", "layers": layers}})

    assert [change.place for change in compared(first("dense"), first("dense_1"))] == ["dense_input: name", "dense: name"]


def test_the_calls_of_a_nested_model_are_counted_from_0_or_from_1() -> None:
    def called(numbers: tuple[int, int]) -> Document:
        inner = functional(start("inside"), after(layer("Dense", name="dense", units=4), "inside"), name="inner", inputs=(("inside", 0, 0),), outputs=(("dense", 0, 0),))  # fmt: skip
        twice = {**inner, "name": "inner", "inbound_nodes": [[["in", 0, 0, {}]], [["other", 0, 0, {}]]]}
        end = {**layer("Subtract", name="out"), "name": "out", "inbound_nodes": [[["inner", number, 0, {}] for number in numbers]]}
        return document(functional(start(), start("other"), twice, end, inputs=(("in", 0, 0), ("other", 0, 0))))

    assert compared(called((1, 2)), called((0, 1))) == compared(called((1, 2)), called((1, 2))) == ()
    (change,) = compared(called((1, 2)), called((1, 0)))
    assert (change.place, change.one, change.other) == (
        "out: inputs",
        [["inner[0][0]", "inner[1][0]"]],
        [["inner[1][0]", "inner[0][0]"]],
    )


def test_an_initializer_is_the_same_by_the_class_that_keras_3_0_to_3_6_has_for_it() -> None:
    def made(name: str) -> Json:
        return {"module": "keras.initializers", "class_name": name, "config": {"gain": 1.0}, "registered_name": None}

    one, other = ({"recurrent_initializer": made(name)} for name in ("OrthogonalInitializer", "Orthogonal"))
    assert [*value_differences("lstm", one, other)] == []
    assert len([*value_differences("lstm", one, {"recurrent_initializer": made("Identity")})]) > 0


def test_the_number_of_a_regularizer_is_one_that_keras_2_holds_as_float32() -> None:
    one, other = ({"kernel_regularizer": {"class_name": "L2", "config": {"l2": rate}}} for rate in (0.009999999776482582, 0.01))
    assert [*value_differences("scores", one, other)] == []


def test_flags_that_an_input_of_another_release_does_not_say_are_not_set() -> None:
    one, other = (ends("batch_shape", "Functional", {}) for _ in range(2))
    begun = {**dict(one.config["config"]["layers"][0]["config"]), "ragged": False, "optional": False, "sparse": None}
    said = {**one.config, "config": {**one.config["config"], "layers": [{**one.config["config"]["layers"][0], "config": begun}]}}
    assert compared(document(said, training={}), other) == ()


def test_what_metrics_counted_in_the_last_epoch_is_no_difference() -> None:
    config = ends("batch_shape", "Functional", {}).config
    one = document(config, training={"loss": "mse"}, weights={"metrics/mean/vars/0": ()})
    assert compared(one, document(config, training={"loss": "mse"})) == ()


def test_a_bidirectional_of_keras_2_says_one_layer_and_means_both() -> None:
    def recurrent(name: str, **said: Json) -> Json:
        return {"class_name": "LSTM", "config": {"name": name, "units": 2, "go_backwards": False, **said}}

    def of(**config: Json) -> Document:
        wrapped = layer("Bidirectional", name="both", **config)
        return document({"class_name": "Sequential", "config": {"name": "model", "layers": [wrapped]}})

    one = of(layer=recurrent("lstm"))
    assert compared(one, of(layer=recurrent("forward_lstm"), backward_layer=recurrent("backward_lstm", go_backwards=True))) == ()
    other = of(layer=recurrent("forward_lstm"), backward_layer=recurrent("backward_lstm", go_backwards=True, units=3))
    assert [change.place for change in compared(one, other)] == ["both.backward_layer.config.units"]


def test_an_input_without_a_name_of_its_own_is_the_same_in_keras_2_and_3() -> None:
    def begun(name: str) -> Document:
        start = layer("InputLayer", name=name, batch_shape=[None, 4])
        config = {"name": "model", "layers": [start], "input_layers": [[name, 0, 0]], "output_layers": [[name, 0, 0]]}
        return document({"class_name": "Functional", "config": config})

    assert compared(begun("input_1"), begun("input_layer")) == (Change("architecture", "input_1: name", "input_1", "input_layer"),)
