"""Whether Keras has ever had a name."""

from __future__ import annotations

import pytest

from kdoctor.keras_api.catalogue import known_releases
from kdoctor.keras_api.history import known_elsewhere, told_of
from kdoctor.keras_api.retired import RETIRED_LAYERS


def test_every_layer_of_the_list_of_retired_ones_is_known_to_an_older_release() -> None:
    assert {name for name in RETIRED_LAYERS if all("==3." in label for label in known_elsewhere("layer", name))} == set()


def test_releases_are_told_by_name_and_number_oldest_first() -> None:
    assert known_elsewhere("layer", "TimeDistributedDense") == ("keras==1.0.8", "keras==1.1.2", "keras==1.2.2")
    known = known_elsewhere("layer", "TFOpLambda")
    assert (known[0], known[-1]) == ("tf.keras==2.3.4", "tf-keras==2.21.0")
    assert list(known) == [label for label in known_releases() if label in known]


def test_an_alias_counts() -> None:
    assert "keras==1.2.2" in known_elsewhere("loss", "mse")
    assert "keras==2.15.0" in known_elsewhere("initializer", "glorot_uniformV2")


def test_a_layer_that_every_family_has_is_known_everywhere() -> None:
    assert known_elsewhere("layer", "Dense") == known_releases()


def test_optimizers_are_known_by_their_names_in_any_letters() -> None:
    assert known_elsewhere("optimizer", "RMSprop") == known_elsewhere("optimizer", "RMSPROP") == known_releases()


def test_a_model_class_counts_where_a_layer_may_stand() -> None:
    assert known_elsewhere("layer", "Functional") == known_elsewhere("model", "Functional")
    assert "tf.keras==2.2.3" not in known_elsewhere("layer", "Functional")


@pytest.mark.parametrize("name", ["AttentionBlock", "KerasLayer", "QDense", ""])
def test_a_name_of_the_user_s_own_is_known_to_none(name: str) -> None:
    assert known_elsewhere("layer", name) == ()


@pytest.mark.parametrize(
    ("kind", "name", "minor", "told"),
    [
        ("layer", "RandomGrayscale", (3, 0), "it came with Keras 3.8"),
        ("layer", "GroupQueryAttention", (2, 15), "it came with Keras 3.0"),
        ("optimizer", "Muon", (3, 0), "it came with Keras 3.10"),
        ("layer", "LocallyConnected2D", (3, 15), "earlier releases had it"),
        ("layer", "AttentionBlock", (3, 0), ""),
    ],
)
def test_what_is_told_of_a_name_that_a_release_does_not_know(kind: str, name: str, minor: tuple[int, int], told: str) -> None:
    assert told_of(kind, name, minor) == told
