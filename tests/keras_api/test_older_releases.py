"""What the catalogue answers for releases before Keras 3: facts recorded from those releases."""

from __future__ import annotations

import pytest

from kdoctor.keras_api.api_object import ApiObject
from kdoctor.keras_api.catalogue import REQUIRED, Catalogue, UnknownRelease


def found(release: str, kind: str, name: str, family: str | None = None) -> ApiObject:
    """What the release's ``.h5`` reader finds."""
    known = Catalogue.load(release, family).legacy(kind, name)
    assert known is not None, f"{release} knows no {name}"
    return known


@pytest.mark.parametrize(
    ("asked", "family", "name", "known"),
    [
        ("1.2.2", None, "keras", "1.2.2"),
        ("1.0.3", None, "keras", "1.0.8"),
        ("2.1.6", None, "keras", "2.1.6"),
        ("2.2", None, "keras", "2.2.5"),
        ("2.2.4", "keras", "keras", "2.2.4"),
        ("2.2.0", "tf.keras", "tf.keras", "2.2.3"),
        ("2.4.0", None, "tf.keras", "2.4.4"),
        ("2.13.0", "tf.keras", "keras", "2.13.1"),
        ("2.15.0", None, "keras", "2.15.0"),
        ("2.15", "tf-keras", "tf-keras", "2.15.1"),
        ("2.14.1", "tf-keras", "keras", "2.14.0"),
        ("2.19.0", None, "tf-keras", "2.19.0"),
        ("2.99.0", None, "tf-keras", "2.21.0"),
        ("3.12.4", "keras", "keras", "3.12.4"),
    ],
)
def test_the_number_decides_which_release_answers_and_the_family_where_it_cannot(
    asked: str, family: str | None, name: str, known: str
) -> None:
    catalogue = Catalogue.load(asked, family)
    assert (catalogue.release, catalogue.name, catalogue.known_release) == (asked, name, known)


@pytest.mark.parametrize(("asked", "family"), [("2.16.0", "tf.keras"), ("1.15.0", "tf.keras"), ("2.15.0", "theano")])
def test_a_release_that_no_family_has_is_refused(asked: str, family: str) -> None:
    with pytest.raises(UnknownRelease):
        Catalogue.load(asked, family)


def test_dense_of_1_2_2_has_the_arguments_of_keras_1() -> None:
    dense = found("1.2.2", "layer", "Dense")
    assert dense.path == "keras.layers.core.Dense"
    assert dense.exports == ("keras.layers.Dense",)
    assert list(dense.parameters)[:2] == ["output_dim", "init"]
    assert dense.parameters["init"] == "glorot_uniform"
    assert {"W_regularizer", "bias", "input_dim", "batch_input_shape", "name"} <= set(dense.parameters)
    assert not dense.takes_anything
    assert "units" not in dense.parameters


def test_dense_of_2_1_6_takes_the_arguments_of_keras_1_by_renaming_them() -> None:
    dense = found("2.1.6", "layer", "Dense")
    assert dense.parameters["units"] is REQUIRED
    assert dense.old_arguments is not None
    assert dense.old_arguments.renamed["output_dim"] == "units"
    assert dense.old_arguments.renamed["W_regularizer"] == "kernel_regularizer"
    assert found("2.15.0", "layer", "Dense").old_arguments is None


def test_a_converter_of_keras_1_arguments_tells_values_and_its_own_function_too() -> None:
    arguments = found("2.2.4", "layer", "Convolution2D").old_arguments
    assert arguments is not None
    assert arguments.renamed["nb_filter"] == "filters"
    assert arguments.values["dim_ordering"] == {"tf": "channels_last", "th": "channels_first", "default": None}
    assert arguments.shim == "conv2d_args_preprocessor"


def test_the_weights_of_keras_1_convolutions_are_converted_by_keras_2_alone() -> None:
    assert {"Conv2D", "LSTM"} <= Catalogue.load("2.3.1").converted_weights
    assert Catalogue.load("1.2.2").converted_weights == frozenset()


@pytest.mark.parametrize(
    ("name", "means"), [("Convolution2D", "Conv2D"), ("AtrousConvolution2D", "AtrousConvolution2D"), ("Merge", "Merge")]
)
def test_keras_2_1_finds_layers_by_their_keras_1_names(name: str, means: str) -> None:
    assert found("2.1.6", "layer", name).name == means


def test_keras_2_2_dropped_the_layers_that_only_keras_1_had() -> None:
    assert Catalogue.load("2.2.4").legacy("layer", "Merge") is None


def test_lstm_of_2_15_takes_time_major_and_writes_it() -> None:
    lstm = found("2.15.0", "layer", "LSTM")
    assert lstm.path == "keras.src.layers.rnn.lstm.LSTM"
    assert lstm.parameters["time_major"] is False
    assert {"time_major", "implementation", "units"} <= set(lstm.config_keys)
    assert {"seed", "return_runtime", "weights", "batch_input_shape"} <= set(lstm.parameters)
    assert "cell" not in lstm.config_keys


def test_lstm_of_tensorflow_2_is_the_one_for_tensorflow_2() -> None:
    assert found("2.1.0", "layer", "LSTM", "tf.keras").path == "tensorflow.python.keras.layers.recurrent_v2.LSTM"
    assert found("2.9.0", "layer", "LSTM").path == "keras.layers.rnn.lstm.LSTM"


def test_the_config_of_depthwiseconv2d_has_groups_since_tensorflow_2_3() -> None:
    assert "groups" in found("2.15.0", "layer", "DepthwiseConv2D").config_keys
    assert "groups" in found("2.3.0", "layer", "DepthwiseConv2D", "tf.keras").config_keys
    assert "groups" not in found("2.2.0", "layer", "DepthwiseConv2D", "tf.keras").config_keys


def test_batchnormalization_of_2_15_takes_renorm_and_that_of_2_3_does_not() -> None:
    batch_normalization = found("2.15.0", "layer", "BatchNormalization")
    assert {"renorm", "renorm_clipping", "virtual_batch_size", "synchronized"} <= set(batch_normalization.parameters)
    assert "renorm" not in found("2.3.1", "layer", "BatchNormalization").parameters
    assert found("2.15.0", "layer", "BatchNormalizationV2").path == batch_normalization.path


def test_functional_exists_since_tensorflow_2_3() -> None:
    assert Catalogue.load("2.2.0", "tf.keras").legacy("model", "Functional") is None
    assert found("2.3.0", "model", "Functional", "tf.keras").path == "tensorflow.python.keras.engine.functional.Functional"
    assert found("2.15.0", "model", "Functional").path == "keras.src.engine.functional.Functional"
    assert Catalogue.load("2.3.1").legacy("model", "Functional") is None


def test_optimizers_changed_in_2_11_while_old_configs_still_get_the_old_ones() -> None:
    assert found("2.9.0", "optimizer", "Adam").path == "keras.optimizers.optimizer_v2.adam.Adam"
    assert found("2.10.0", "legacy_optimizer", "Adam").path == "keras.optimizers.optimizer_v2.adam.Adam"
    assert found("2.15.0", "optimizer", "Adam").path == "keras.src.optimizers.adam.Adam"
    legacy = found("2.15.0", "legacy_optimizer", "Adam")
    assert legacy.path == "keras.src.optimizers.legacy.adam.Adam"
    assert {"lr", "decay", "clipnorm"} <= set(legacy.parameters)
    assert "decay" not in found("2.15.0", "optimizer", "Adam").parameters
    assert found("1.2.2", "optimizer", "RMSprop").parameters["lr"] == 0.001


def test_the_new_optimizers_are_registered_as_if_they_were_custom_objects() -> None:
    assert found("2.15.0", "optimizer", "Custom>Adam") == found("2.15.0", "optimizer", "Adam")
    assert found("2.15.0", "legacy_optimizer", "Custom>AdamW").path == "keras.src.optimizers.adamw.AdamW"
    assert Catalogue.load("2.6.0").legacy("optimizer", "Custom>Adam") is None


@pytest.mark.parametrize(
    ("release", "kind", "name", "means"),
    [
        ("2.15.0", "initializer", "glorot_uniform", "GlorotUniform"),
        ("2.15.0", "initializer", "normal", "RandomNormal"),
        ("2.15.0", "initializer", "ZerosV2", "Zeros"),
        ("2.15.0", "loss", "mse", "mean_squared_error"),
        ("2.15.0", "metric", "AUC", "AUC"),
        ("2.15.0", "activation", "silu", "silu"),
        ("2.15.0", "activation", "LeakyReLU", "LeakyReLU"),
        ("2.15.0", "regularizer", "l2", "L2"),
        ("2.15.0", "constraint", "maxnorm", "MaxNorm"),
        ("2.15.0", "dtype_policy", "PolicyV1", "Policy"),
        ("2.6.0", "schedule", "ExponentialDecay", "ExponentialDecay"),
        ("2.1.6", "initializer", "zeros", "Zeros"),
        ("2.1.6", "regularizer", "l1_l2", "l1_l2"),
        ("1.2.2", "initializer", "glorot_uniform", "glorot_uniform"),
        ("1.2.2", "loss", "mse", "mean_squared_error"),
        ("1.2.2", "layer", "Container", "Model"),
    ],
)
def test_a_bare_name_leads_to_what_the_release_makes_of_it(release: str, kind: str, name: str, means: str) -> None:
    assert found(release, kind, name).name == means
    assert name in Catalogue.load(release).names(kind)


@pytest.mark.parametrize(
    ("release", "module", "name", "path"),
    [
        ("2.15.0", "keras.layers", "Dense", "keras.src.layers.core.dense.Dense"),
        ("2.15.0", "keras.src.engine.functional", "Functional", "keras.src.engine.functional.Functional"),
        (
            "2.15.0",
            "keras.layers.experimental.preprocessing",
            "RandomFlip",
            "keras.src.layers.preprocessing.image_preprocessing.RandomFlip",
        ),
        ("2.15.0", "builtins", "relu", "keras.src.activations.relu"),
        ("2.15.0", "keras.metrics", "mse", "keras.src.losses.mean_squared_error"),
        ("2.12.0", "keras.engine.functional", "Functional", "keras.engine.functional.Functional"),
        ("2.19.0", "keras.src.engine.functional", "Functional", "tf_keras.src.engine.functional.Functional"),
        ("2.19.0", "tf_keras.layers", "Dense", "tf_keras.src.layers.core.dense.Dense"),
        ("2.19.0", "keras.layers", "Dense", "tf_keras.src.layers.core.dense.Dense"),
    ],
)
def test_the_reader_of_native_files_finds_public_and_real_paths(release: str, module: str, name: str, path: str) -> None:
    catalogue = Catalogue.load(release)
    resolved = catalogue.resolve(module, name)
    assert catalogue.reads_native
    assert resolved is not None
    assert resolved.path == path


@pytest.mark.parametrize(
    ("release", "module", "name"),
    [
        ("2.15.0", "keras.src.models.functional", "Functional"),
        ("2.15.0", "keras.engine.functional", "Functional"),
        ("2.12.0", "keras.src.engine.functional", "Functional"),
        ("2.15.0", "keras.layers", "Identities"),
        ("2.15.0", "keras.ops", "relu"),
    ],
)
def test_the_reader_of_native_files_finds_nothing_under_the_paths_of_others(release: str, module: str, name: str) -> None:
    assert Catalogue.load(release).resolve(module, name) is None


def test_native_files_are_read_since_2_12() -> None:
    assert [Catalogue.load(release).reads_native for release in ("2.3.1", "2.11.0", "2.12.0", "2.21.0", "3.0.0")] == [
        False,
        False,
        True,
        True,
        True,
    ]


def test_an_argument_given_as_a_config_goes_by_its_class_name() -> None:
    initializer = Catalogue.load("2.15.0").argument("initializer", "keras.initializers", "Ones")
    assert initializer is not None
    assert initializer.path == "keras.src.initializers.initializers.Ones"


def test_what_the_base_layer_allows_is_taken_and_the_rest_refused() -> None:
    for release, allowed in (("1.2.2", "input_dtype"), ("2.1.6", "batch_size"), ("2.15.0", "autocast")):
        catalogue = Catalogue.load(release)
        flatten = found(release, "layer", "Flatten")
        assert catalogue.accepts(flatten, allowed)
        assert not catalogue.accepts(flatten, "surely_not_an_argument")


def test_what_from_config_takes_out_need_not_be_an_argument() -> None:
    assert "dtype" in found("2.0.0", "initializer", "GlorotUniform", "tf.keras").keys_taken
    assert {"query_shape", "key_shape", "value_shape"} <= set(found("2.15.0", "layer", "MultiHeadAttention").keys_taken)
    assert {"function_type", "module", "output_shape_type"} <= set(found("2.15.0", "layer", "Lambda").keys_taken)
    assert {"function_type", "output_shape_type"} <= set(found("1.2.2", "layer", "Lambda").keys_taken)
    assert "lr" in found("2.15.0", "legacy_optimizer", "SGD").keys_taken
    assert found("2.15.0", "layer", "Dense").keys_taken == ()
