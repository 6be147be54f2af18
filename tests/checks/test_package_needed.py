"""K305: objects of known packages."""

from __future__ import annotations

from typing import Any

import pytest

from kdoctor.cli.options import make_target
from kdoctor.errors import UsageError
from kdoctor.keras_api.packages import named, packages
from kdoctor.target import Target
from kdoctor.testing import document, examine, layer, sequential


def of(class_name: str, module: str | None = None, registered: str | None = None, saved: str = "2.15.0") -> Any:
    own = {**layer(class_name), "module": module, "registered_name": registered or class_name}
    return document(sequential(own), metadata={"keras_version": saved})


@pytest.mark.parametrize(
    ("class_name", "module", "registered", "package"),
    [
        ("SeqSelfAttention", "keras_self_attention.seq_self_attention", None, "keras-self-attention"),
        ("GroupNormalization", "tensorflow_addons.layers", "Addons>GroupNormalization", "tensorflow-addons"),
        ("Addons>GroupNormalization", None, None, "tensorflow-addons"),
        ("TransformerEncoder", "keras_hub.src.layers", "keras_hub>TransformerEncoder", "keras-hub"),
        ("QDense", None, "QDense", "qkeras"),
        ("Vitis>QuantizeWrapper", None, None, "vitis-quantizer"),
    ],
)
def test_the_package_is_named(class_name: str, module: str | None, registered: str | None, package: str) -> None:
    (finding,) = examine("K305", of(class_name, module, registered))
    assert package in finding.message
    assert finding.repair is not None
    assert package in finding.repair.title


def test_a_name_alone_is_told_as_a_guess() -> None:
    (finding,) = examine("K305", of("QDense"))
    assert "has the name of a class of the package" in finding.message


def test_a_class_that_keras_3_saved_is_of_no_package_for_keras_2() -> None:
    assert examine("K305", of("PositionalEncoding", saved="3.8.0")) == []
    (named_in_the_file,) = examine("K305", of("QDense", "qkeras.qlayers", saved="3.8.0"))
    assert "is of the package qkeras" in named_in_the_file.message
    (for_keras_3,) = examine("K305", of("SinePositionEncoding", saved="3.8.0"))
    assert "keras-hub" in for_keras_3.message


@pytest.mark.parametrize("class_name", ["Scale", "MyLayer"])
def test_a_class_that_nobody_has_belongs_to_nobody(class_name: str) -> None:
    assert examine("K305", of(class_name)) == []


def test_a_class_of_another_module_is_not_guessed_at() -> None:
    assert examine("K305", of("QDense", "my_project.layers")) == []


def test_a_class_that_another_package_registered_is_not_guessed_at() -> None:
    assert examine("K305", of("Mine>QDense", None, "Mine>QDense")) == []
    assert len(examine("K305", of("Custom>QDense", None, "Custom>QDense"))) == 1


def test_layers_for_keras_2_are_said_to_be_of_no_use_in_keras_3() -> None:
    (finding,) = examine("K305", of("QDense", "qkeras.qlayers"))
    assert finding.repair is not None
    assert "is for Keras 2" in finding.repair.title
    (older,) = examine("K305", of("QDense", "qkeras.qlayers"), Target("2.15.0"))
    assert older.repair is not None
    assert "pip install qkeras" in older.repair.title


def test_a_package_that_will_be_imported_is_needed_no_more() -> None:
    sick = of("TransformerEncoder", "keras_nlp.layers", "keras_hub>TransformerEncoder")
    assert len(examine("K301", sick)) == 1
    assert examine("K301", sick, make_target("3.15.1", custom=["keras_hub"])) == []


def test_a_package_for_keras_2_cannot_be_given_to_keras_3() -> None:
    with pytest.raises(UsageError, match="are for Keras 2"):
        make_target("3.15.1", custom=["qkeras"])


def test_many_packages_are_known() -> None:
    assert len(packages()) >= 30
    assert named("keras-hub") is named("keras_hub") is not None
    assert all(one.release or one.name.startswith("git+") for one in packages())
