"""What the catalogue answers, release by release. The answers were compared with those releases themselves."""

from __future__ import annotations

import pytest

from kdoctor.errors import KdoctorError
from kdoctor.keras_api.catalogue import OPAQUE, REQUIRED, Catalogue, UnknownRelease, generated, releases

NEWEST = Catalogue.load("3.15.1")


def path_of(release: str, module: str | None, name: str) -> str | None:
    found = Catalogue.load(release).resolve(module, name)
    return found.path if found else None


@pytest.mark.parametrize(
    ("asked", "answers"),
    [
        ("3.15.1", "3.15.1"),
        ("3.12.3", "3.12.0"),
        ("3.12", "3.12.4"),
        ("3.3.0", "3.2.1"),
        ("3.0.3", "3.0.0"),
        ("3.14.0", "3.13.2"),
        ("4.1.0", "3.15.1"),
    ],
)
def test_the_nearest_release_at_or_below_answers(asked: str, answers: str) -> None:
    catalogue = Catalogue.load(asked)
    assert (catalogue.release, catalogue.known_release) == (asked, answers)


@pytest.mark.parametrize("release", ["0.3.3", "newest", ""])
def test_what_is_older_than_keras_1_or_no_release_is_refused(release: str) -> None:
    with pytest.raises(UnknownRelease):
        Catalogue.load(release)
    assert issubclass(UnknownRelease, KdoctorError)


def test_loading_a_release_twice_gives_the_same_catalogue() -> None:
    assert Catalogue.load("3.9.2") is Catalogue.load("3.9.2")


def test_the_releases_are_in_order_and_dated() -> None:
    numbers = [tuple(map(int, release.split("."))) for release in releases()]
    assert numbers == sorted(numbers)
    assert {minor for _, minor, _ in numbers} == set(range(16))
    assert generated() >= "2026-11-20"


@pytest.mark.parametrize(
    ("module", "name", "path"),
    [
        ("keras.layers", "Dense", "keras.src.layers.core.dense.Dense"),
        ("keras.src.layers.core.dense", "Dense", "keras.src.layers.core.dense.Dense"),
        ("keras.src.layers", "Dense", "keras.src.layers.core.dense.Dense"),
        ("keras.layers", "Layer", "keras.src.layers.layer.Layer"),
        ("keras", "Sequential", "keras.src.models.sequential.Sequential"),
        ("keras.src.models.functional", "Functional", "keras.src.models.functional.Functional"),
        ("keras.src.ops.numpy", "GetItem", "keras.src.ops.numpy.GetItem"),
        ("keras.optimizers", "Adam", "keras.src.optimizers.adam.Adam"),
        ("keras.optimizers.schedules", "ExponentialDecay", "keras.src.optimizers.schedules.learning_rate_schedule.ExponentialDecay"),
        ("keras.initializers", "GlorotUniform", "keras.src.initializers.random_initializers.GlorotUniform"),
        ("keras.losses", "MeanSquaredError", "keras.src.losses.losses.MeanSquaredError"),
        ("keras.metrics", "mean_squared_error", "keras.src.losses.losses.mean_squared_error"),
        ("builtins", "relu", "keras.src.activations.activations.relu"),
    ],
)
@pytest.mark.parametrize("release", ["3.0.5", "3.6.0", "3.15.1"])
def test_the_keras_reader_finds_an_object_by_any_of_its_paths(release: str, module: str, name: str, path: str) -> None:
    assert path_of(release, module, name) == path


@pytest.mark.parametrize(
    ("module", "name"),
    [
        (None, "Dense"),
        ("keras.src.engine.functional", "Functional"),
        ("keras.layers", "CuDNNLSTM"),
        ("keras.metrics", "mse"),
        ("my.package", "Dense"),
        ("keras.layers.experimental", "RandomFlip"),
    ],
)
@pytest.mark.parametrize("release", releases())
def test_the_keras_reader_finds_nothing_under_a_name_that_is_not_there(release: str, module: str | None, name: str) -> None:
    assert path_of(release, module, name) is None


def test_an_object_is_known_from_its_first_release_on() -> None:
    known = [release for release in releases() if path_of(release, "keras.layers", "RMSNormalization")]
    assert known == [release for release in releases() if tuple(map(int, release.split("."))) >= (3, 9)]


def test_release_3_0_0_finds_no_bare_functions_because_its_lookup_forgets_to_return() -> None:
    assert path_of("3.0.0", "builtins", "relu") is None
    assert path_of("3.0.0", "keras.layers", "Dense") == "keras.src.layers.core.dense.Dense"


def test_the_folder_keras_api_can_be_named_only_where_the_package_has_it() -> None:
    assert path_of("3.0.5", "keras.api.layers", "Dense") is None
    assert path_of("3.8.0", "keras.api.layers", "Dense") == "keras.src.layers.core.dense.Dense"
    assert path_of("3.15.1", "keras.api.layers", "Dense") is None


def test_a_function_that_is_imported_rather_than_registered_is_found_up_to_3_10_only() -> None:
    assert path_of("3.10.0", "keras._tf_keras.keras.losses", "mse") == "keras.src.losses.losses.mean_squared_error"
    assert path_of("3.11.3", "keras._tf_keras.keras.losses", "mse") is None


def test_names_that_are_no_part_of_a_model_are_refused_by_the_releases_that_guard_against_them() -> None:
    assert path_of("3.10.0", "keras.utils", "get_file") == "keras.src.utils.file_utils.get_file"
    assert Catalogue.load("3.11.3").refuses("keras.utils", "get_file")
    assert path_of("3.11.3", "keras.utils", "get_file") is None
    assert not Catalogue.load("3.14.1").refuses("keras.models", "model_from_json")
    assert NEWEST.refuses("keras.models", "model_from_json")


@pytest.mark.parametrize(
    ("kind", "identifier", "path"),
    [
        ("layer", "Dense", "keras.src.layers.core.dense.Dense"),
        ("layer", "Functional", "keras.src.models.functional.Functional"),
        ("model", "Sequential", "keras.src.models.sequential.Sequential"),
        ("model", "Model", "keras.src.models.model.Model"),
        ("layer", "GetItem", None),
        ("layer", "TFOpLambda", None),
        ("layer", "CuDNNLSTM", None),
        ("optimizer", "Adam", "keras.src.optimizers.adam.Adam"),
        ("optimizer", "RMSprop", "keras.src.optimizers.rmsprop.RMSprop"),
        ("loss", "mean_squared_error", "keras.src.losses.losses.mean_squared_error"),
        ("loss", "mse", None),
        ("metric", "mse", "keras.src.metrics.regression_metrics.MeanSquaredError"),
        ("activation", "relu", "keras.src.activations.activations.relu"),
        ("initializer", "glorot_uniform", "keras.src.initializers.random_initializers.GlorotUniform"),
        ("regularizer", "l2", "keras.src.regularizers.regularizers.L2"),
        ("nonsense", "l2", None),
    ],
)
def test_the_h5_reader_looks_bare_names_up_by_kind(kind: str, identifier: str, path: str | None) -> None:
    found = NEWEST.legacy(kind, identifier)
    assert (found.path if found else None) == path


def test_the_h5_reader_finds_swish_as_long_as_functions_may_be_imported() -> None:
    assert NEWEST.legacy("activation", "swish") is None
    older = Catalogue.load("3.8.0").legacy("activation", "swish")
    assert older is not None
    assert older.name == "silu"


@pytest.mark.parametrize(
    ("kind", "name", "means"),
    [
        ("loss", "mse", "mean_squared_error"),
        ("metric", "mse", "MeanSquaredError"),
        ("activation", "swish", "silu"),
        ("initializer", "normal", "RandomNormal"),
        ("optimizer", "ADAM", "Adam"),
        ("constraint", "max_norm", "MaxNorm"),
    ],
)
def test_an_alias_leads_to_what_it_stands_for(kind: str, name: str, means: str) -> None:
    found = NEWEST.function(kind, name)
    assert found is not None
    assert found.name == means
    assert name in NEWEST.names(kind) or kind == "optimizer"


def test_an_unknown_alias_leads_nowhere() -> None:
    assert NEWEST.function("loss", "MSE_upper") is None


def accepts(release: str, name: str, argument: str) -> bool:
    catalogue = Catalogue.load(release)
    found = catalogue.resolve("keras.layers", name)
    assert found is not None
    return catalogue.accepts(found, argument)


def test_arguments_of_the_base_layer_are_taken() -> None:
    assert all(
        accepts("3.15.1", "LSTM", name) for name in ("name", "dtype", "trainable", "autocast", "input_shape", "activity_regularizer")
    )


def test_arguments_that_a_constructor_pops_are_taken() -> None:
    assert accepts("3.15.1", "Embedding", "input_length")
    assert accepts("3.15.1", "LSTM", "implementation")
    assert accepts("3.15.1", "LeakyReLU", "alpha")


def test_arguments_that_a_subclass_fills_itself_are_not_taken() -> None:
    assert not accepts("3.15.1", "Conv2D", "rank")


def test_arguments_of_other_releases_are_not_taken() -> None:
    assert not accepts("3.15.1", "LSTM", "time_major")
    assert not accepts("3.15.1", "DepthwiseConv2D", "groups")
    assert accepts("3.15.1", "Dense", "quantization_config")
    assert not accepts("3.12.4", "Dense", "quantization_config")


def test_a_constructor_that_swallows_its_keywords_takes_anything() -> None:
    assert accepts("3.15.1", "InputLayer", "surely_not_an_argument")
    assert not accepts("3.15.1", "Dense", "surely_not_an_argument")


def test_parameters_come_in_order_with_their_defaults() -> None:
    dense = NEWEST.resolve("keras.layers", "Dense")
    assert dense is not None
    assert list(dense.parameters.items())[:4] == [
        ("units", REQUIRED),
        ("activation", None),
        ("use_bias", True),
        ("kernel_initializer", "glorot_uniform"),
    ]
    assert (dense.kind, dense.exports, dense.is_function) == ("layer", ("keras.layers.Dense",), False)
    assert "keras.src.layers.layer.Layer" in dense.lineage


def test_a_default_that_json_cannot_hold_is_opaque() -> None:
    flip = NEWEST.resolve("keras.layers", "RandomFlip")
    assert flip is not None
    assert flip.parameters["mode"] is OPAQUE


def test_an_overridden_from_config_is_told() -> None:
    bidirectional, dropout = (NEWEST.resolve("keras.layers", name) for name in ("Bidirectional", "Dropout"))
    assert bidirectional is not None
    assert dropout is not None
    assert "from_config" in bidirectional.overrides
    assert dropout.overrides == {"get_config"}


@pytest.mark.parametrize("module", ["keras.initializers", "keras.src.initializers.initializers", None])
def test_an_initializer_given_as_an_argument_goes_by_its_class_name_alone(module: str | None) -> None:
    found = NEWEST.argument("initializer", module, "OrthogonalInitializer")
    assert found is not None
    assert found.name == "Orthogonal"


def test_an_activation_given_as_a_config_goes_by_its_module_since_3_10() -> None:
    assert Catalogue.load("3.9.2").argument("activation", "keras.src.activations.wrong", "relu") is None
    assert Catalogue.load("3.9.2").argument("activation", "keras.layers", "ReLU") is None
    found = Catalogue.load("3.10.0").argument("activation", "keras.layers", "ReLU")
    assert found is not None
    assert found.kind == "layer"


def test_an_argument_of_a_kind_without_a_table_goes_by_its_module() -> None:
    found = NEWEST.argument("schedule", "keras.optimizers.schedules", "CosineDecay")
    assert found is not None
    assert found.kind == "schedule"
