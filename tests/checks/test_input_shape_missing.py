"""K202: the file does not say what the model's input looks like."""

from __future__ import annotations

from typing import Any

import pytest

from kdoctor.check import Finding
from kdoctor.document import Document, Format
from kdoctor.edit import apply
from kdoctor.target import Given, Target
from kdoctor.testing import KERAS_3, document, examine, find_check, layer, sequential

DENSE, HEAD = layer("Dense", units=3), layer("Dense", units=2, name="head")
KERNELS = {"layers/dense/vars/0": (4, 3), "layers/dense_1/vars/0": (3, 2)}
LSTM = layer("LSTM", units=3)


def native(*layers: dict[str, Any], weights: Any = KERNELS, **more: Any) -> Document:
    return document(sequential(*layers, **more), weights=weights)


def legacy(*layers: dict[str, Any], **kernels: tuple[int, ...]) -> Document:
    weights = {f"model_weights/{name}/{name}/kernel": shape for name, shape in kernels.items()}
    return document(sequential(*layers), format=Format.H5_MODEL, weights=weights)


def asking(*shape: int | None) -> Target:
    return Target("3.15.1", given=Given(input_shape=shape))


def the(findings: list[Finding]) -> Finding:
    (one,) = findings
    return one


def cured(sick: Document, target: Target = KERAS_3) -> dict[str, Any]:
    finding = the(examine("K202", sick, target))
    assert finding.repair is not None
    assert finding.needs == ()
    healthy = apply(sick, finding.repair.edits)
    assert examine("K202", healthy, target) == []
    config: dict[str, Any] = healthy.config["config"]
    return config


@pytest.mark.parametrize(
    "healthy",
    [
        native(layer("InputLayer", batch_shape=[None, 4]), DENSE, HEAD),
        native(DENSE, HEAD, build_input_shape=[None, 4]),
        native(DENSE, HEAD, build_config={"input_shape": [None, 4]}),
        native(layer("Dense", units=3, batch_input_shape=[None, 4]), HEAD),
        native(layer("Dense", units=3, build=[None, 4]), layer("Dense", units=2, name="head", build=[None, 3])),
        native(
            layer("Bidirectional", layer=layer("LSTM", units=3, build=[None, 7, 4])), weights={"layers/bidirectional/forward_layer/x": (1,)}
        ),
        native(sequential(layer("InputLayer", batch_shape=[None, 4]), DENSE), weights={"layers/sequential/layers/dense/vars/0": (4, 3)}),
        document({"class_name": "Functional", "config": {"name": "m", "layers": [DENSE]}}, weights=KERNELS),
    ],
)
def test_a_model_that_states_or_inherits_its_shape_is_healthy(healthy: Document) -> None:
    assert examine("K202", healthy) == []


def test_a_model_in_front_passes_its_shape_on_since_keras_3_5() -> None:
    weights = {"layers/sequential/layers/dense/vars/0": (4, 3), "layers/dense/vars/0": (3, 2)}
    passing = native(sequential(layer("InputLayer", batch_shape=[None, 4]), DENSE), HEAD, weights=weights)
    assert examine("K202", passing) == []
    assert len(examine("K202", passing, Target("3.4.1"))) == 1


def test_a_model_in_front_that_states_nothing_passes_nothing_on() -> None:
    weights = {"layers/sequential/layers/dense/vars/0": (4, 3), "layers/dense/vars/0": (3, 2)}
    assert len(examine("K202", native(sequential(DENSE), HEAD, weights=weights))) == 1


def test_without_weights_nothing_is_lost_and_a_shape_would_only_make_keras_look_for_them() -> None:
    for target in (KERAS_3, asking(None, 4)):
        finding = the(examine("K202", native(DENSE, HEAD, weights=None), target))
        assert str(find_check("K202").severity_of(finding)) == "warning"
        assert (finding.repair, finding.needs, finding.keras_says) == (None, (), None)


class TestArchives:
    """… of Keras 3 restore each layer by itself."""

    def test_each_layer_is_given_the_shape_that_its_kernel_proves(self) -> None:
        config = cured(native(DENSE, HEAD))
        assert [item["build_config"]["input_shape"] for item in config["layers"]] == [[None, 4], [None, 3]]
        assert "build_input_shape" not in config  # the number of axes is not proven: the model keeps taking any

    def test_only_what_is_missing_is_written(self) -> None:
        built = layer("Dense", units=3, build=[None, 10, 4])
        assert [item["build_config"]["input_shape"] for item in cured(native(built, HEAD))["layers"]] == [[None, 10, 4], [None, 3]]

    @pytest.mark.parametrize(
        ("made", "weights", "shape"),
        [
            (LSTM, {"layers/lstm/cell/vars/0": (4, 12)}, [None, None, 4]),
            (layer("Conv1D"), {"layers/conv1d/vars/0": (3, 4, 2)}, [None, None, 4]),
            (layer("Conv2D", groups=2), {"layers/conv2d/vars/0": (3, 3, 2, 8)}, [None, None, None, 4]),
            (layer("Conv3D"), {"layers/conv3d/vars/0": (3, 3, 3, 4, 8)}, [None, None, None, None, 4]),
            (layer("Embedding", output_dim=8), {"layers/embedding/vars/0": (100, 8)}, [None, None]),
        ],
    )
    def test_every_kind_of_layer_has_its_number_of_axes(self, made: dict[str, Any], weights: Any, shape: list[Any]) -> None:
        assert cured(native(made, weights=weights))["layers"][0]["build_config"] == {"input_shape": shape}

    @pytest.mark.parametrize(
        ("made", "weights"),
        [
            (layer("BatchNormalization"), {"layers/batch_normalization/vars/0": (4,)}),
            (layer("Conv2D", data_format="channels_first"), {"layers/conv2d/vars/0": (3, 3, 4, 8)}),
            (layer("Scale", module="mine"), {"layers/scale/vars/0": (4, 3)}),
        ],
    )
    def test_one_layer_that_proves_nothing_leaves_the_user_to_say_it(self, made: dict[str, Any], weights: Any) -> None:
        finding = the(examine("K202", native(made, HEAD, weights={**weights, "layers/dense/vars/0": (3, 2)})))
        assert finding.repair is None
        assert [need.flag for need in finding.needs] == ["--input-shape"]
        assert "objects could not be loaded" in str(finding.keras_says)

    def test_the_users_shape_builds_the_whole_model(self) -> None:
        config = cured(native(DENSE, HEAD), asking(None, 10, 4))
        assert config["build_input_shape"] == [None, 10, 4]
        assert "build_config" not in config["layers"][0]


class TestHdf5Files:
    """… restore weights into a model that was built as a whole."""

    def test_a_recurrent_layer_in_front_takes_any_number_of_steps(self) -> None:
        assert cured(legacy(LSTM, HEAD, lstm=(4, 12), head=(3, 2)))["build_input_shape"] == [None, None, 4]

    def test_a_later_layer_tells_how_many_axes_there_are(self) -> None:
        assert cured(legacy(DENSE, LSTM, dense=(4, 3), lstm=(3, 12)))["build_input_shape"] == [None, None, 4]

    def test_an_embedding_takes_the_length_that_it_states(self) -> None:
        config = cured(legacy(layer("Embedding", output_dim=4, input_length=6), layer("Flatten"), DENSE, embedding=(9, 4), dense=(24, 3)))
        assert config["build_input_shape"] == [None, 6]

    @pytest.mark.parametrize(
        ("sick", "example"),
        [
            (legacy(DENSE, HEAD, dense=(4, 3), head=(3, 2)), "None,4"),
            (legacy(layer("Embedding", output_dim=4), layer("Flatten"), DENSE, embedding=(9, 4), dense=(24, 3)), "None,…"),
            (legacy(layer("LSTM", units=3, unroll=True), HEAD, lstm=(4, 12), head=(3, 2)), "None,…,4"),
            (legacy(layer("LSTM", units=3, stateful=True), HEAD, lstm=(4, 12), head=(3, 2)), "None,…,4"),
            (legacy(layer("Scale", module="mine"), HEAD, head=(3, 2)), "None,…"),
        ],
        ids=["any number of axes", "a length that a kernel needs", "unrolled", "a state", "a layer of the user's"],
    )
    def test_where_several_shapes_or_none_would_do_the_user_is_asked(self, sick: Document, example: str) -> None:
        finding = the(examine("K202", sick))
        assert finding.repair is None
        assert [(need.flag, need.name) for need in finding.needs] == [("--input-shape", example)]
        assert "Layer count mismatch when loading weights from file" in str(finding.keras_says)

    def test_the_users_shape_is_written(self) -> None:
        assert cured(legacy(DENSE, HEAD, dense=(4, 3), head=(3, 2)), asking(None, 4))["build_input_shape"] == [None, 4]

    def test_a_shape_of_the_users_that_the_kernels_contradict_is_refused_with_the_reason(self) -> None:
        finding = the(examine("K202", legacy(DENSE, HEAD, dense=(4, 3), head=(3, 2)), asking(None, 9)))
        assert finding.repair is None
        assert "the shape that you gave, (None, 9), is refused: 'dense' cannot take (None, 9)" in finding.message

    def test_the_list_form_of_keras_1_has_no_place_for_a_shape(self) -> None:
        listed = {"class_name": "Sequential", "config": [DENSE, HEAD]}
        weights = {"model_weights/dense/dense/kernel": (4, 3), "model_weights/head/head/kernel": (3, 2)}
        finding = the(examine("K202", document(listed, format=Format.H5_MODEL, weights=weights), asking(None, 4)))
        assert finding.repair is None

    def test_a_model_that_keras_cannot_trace_is_told_whatever_its_shape(self) -> None:
        source, video = layer("InputLayer", batch_shape=[None, 4, 8, 3]), layer("TimeDistributed", layer=layer("Pipeline"))
        finding = the(examine("K202", legacy(source, video, HEAD, head=(3, 2))))
        assert finding.message.startswith("Keras cannot trace TimeDistributed(Pipeline), so the 1 arrays")
        assert finding.repair is None
        assert examine("K202", native(source, video, HEAD, weights={"layers/dense/vars/0": (3, 2)})) == []

    @pytest.mark.parametrize(("release", "told"), [("2.15.0", 0), ("3.0.5", 1), ("3.3.3", 1), ("3.4.1", 0)])
    def test_early_keras_3_cannot_trace_a_model_in_time_distributed(self, release: str, told: int) -> None:
        source, inner = layer("InputLayer", batch_shape=[None, 4, 3]), sequential(DENSE, name="inner")
        wrapped = layer("TimeDistributed", name="td", layer=inner)
        assert len(examine("K202", legacy(source, wrapped, HEAD, td=(3, 2), head=(3, 2)), Target(release))) == told

    def test_the_last_layer_with_weights_is_built_although_tracing_stops_there(self) -> None:
        source, inner = layer("InputLayer", batch_shape=[None, 4, 3]), sequential(DENSE, name="inner")
        assert examine("K202", legacy(source, layer("TimeDistributed", name="td", layer=inner), td=(3, 2)), Target("3.0.5")) == []


CONV = layer("Conv1D", filters=2, kernel_size=[3], strides=[1], padding="valid", dilation_rate=[1], data_format="channels_last")


@pytest.mark.parametrize(
    ("sick", "shape"),
    [
        (legacy(CONV, layer("Flatten"), DENSE, conv1d=(3, 1, 2), dense=(24, 3)), [None, 14, 1]),  # 12 steps are left of 14
        (legacy(layer("LSTM", units=3, return_sequences=True), layer("Flatten"), DENSE, lstm=(5, 12), dense=(30, 3)), [None, 10, 5]),
    ],
)
def test_the_length_of_a_sequence_is_what_a_dense_behind_a_flatten_was_made_for(sick: Document, shape: list[int | None]) -> None:
    assert cured(sick)["build_input_shape"] == shape


@pytest.mark.parametrize(
    ("sick", "example"),
    [
        (  # 14 and 15 steps come to the same
            legacy(
                CONV,
                layer("MaxPooling1D", pool_size=[2], strides=[2], padding="valid"),
                layer("Flatten"),
                DENSE,
                conv1d=(3, 1, 2),
                dense=(12, 3),
            ),
            "None,…,1",
        ),
        (legacy(CONV, layer("Flatten"), DENSE, conv1d=(3, 1, 2), dense=(25, 3)), "None,…,1"),  # no length does
        (legacy(layer("Conv2D", filters=2, kernel_size=[3, 3]), layer("Flatten"), DENSE, conv2d=(3, 3, 3, 2), dense=(50, 3)), "None,…,…,3"),
    ],
)
def test_where_several_lengths_or_none_will_do_the_shape_is_asked_for_with_all_its_axes(sick: Document, example: str) -> None:
    finding = the(examine("K202", sick))
    assert (finding.repair, [need.name for need in finding.needs]) == (None, [example])


CONV_2D = layer("Conv2D", filters=2, kernel_size=[3, 3], strides=[1, 1], padding="valid", dilation_rate=[1, 1])


def test_a_normalization_along_another_axis_wants_a_length_that_no_kernel_proves() -> None:
    """Keras 2.2.5 saved it so: the cure wrote (None, None, None, 3), with which the file did not load."""
    finding = the(examine("K202", legacy(CONV_2D, layer("BatchNormalization", axis=1), conv2d=(3, 3, 3, 2))))
    assert (finding.repair, [need.name for need in finding.needs]) == (None, ["None,…,…,3"])
    assert the(examine("K202", legacy(CONV_2D, layer("BatchNormalization", axis=-1), conv2d=(3, 3, 3, 2)))).repair is not None


def test_an_h5_of_a_subclassed_model_has_no_shape_to_build_it_with() -> None:
    own = {"class_name": "Mine", "config": {"units": 3}}
    sick = document(own, format=Format.H5_MODEL, weights={"model_weights/dense/dense/kernel": (4, 3)})
    (finding,) = examine("K202", sick, Target("3.15.1", custom=frozenset({"Mine"})))
    assert finding.repair is None
    assert "Layer count mismatch" in str(finding.keras_says)
    assert examine("K202", sick) == []  # K301 says that nobody knows the class


@pytest.mark.parametrize(("trained", "cured_alone"), [((3, 12), True), ((4, 12), False)])
def test_a_kernel_that_the_optimizers_state_contradicts_proves_no_shape(trained: tuple[int, ...], cured_alone: bool) -> None:
    """Of three rows where the state was kept for four: one may be lost, and what is left must not be called the model."""
    arrays = {"model_weights/lstm/lstm/kernel": (3, 12), "model_weights/lstm/lstm/recurrent_kernel": (3, 12)}
    state = {"optimizer_weights/adam/m/lstm/kernel": trained, "optimizer_weights/adam/v/lstm/recurrent_kernel": (3, 12)}
    sick = document(sequential(LSTM), format=Format.H5_MODEL, weights=arrays | state)
    finding = the(examine("K202", sick))
    assert (finding.repair is not None) is cured_alone
    assert cured_alone or "optimizer's state" in finding.needs[0].why


def test_a_bare_list_of_layers_in_front_states_its_shape_as_any_model_does() -> None:
    """Keras 0.3 to 2.2.2 wrote the layers of a Sequential so (K608)."""
    inner = {"class_name": "Sequential", "config": [layer("Dense", units=3, batch_input_shape=[None, 4])]}
    sick = document(
        {"class_name": "Sequential", "config": [inner, HEAD]},
        format=Format.H5_MODEL,
        weights={"model_weights/dense/dense/kernel": (4, 3), "model_weights/head/head/kernel": (3, 2)},
    )
    assert examine("K202", sick) == []
    nowhere = document(
        {"class_name": "Sequential", "config": [DENSE]}, format=Format.H5_MODEL, weights={"model_weights/a/a/kernel": (4, 3)}
    )
    assert the(examine("K202", nowhere)).message.startswith("the input shape of the model is not in the file")
