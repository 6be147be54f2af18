"""Reading releases before Keras 3: small archives, written for the occasion."""

from __future__ import annotations

import ast
import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from kdoctor.keras_api.config_keys import config_keys, keys_taken
from kdoctor.keras_api.constructor import Signature, class_signature
from kdoctor.keras_api.hierarchy import Hierarchy
from kdoctor.keras_api.interfaces import Interface, converted_weights, interface_of, read_interfaces
from kdoctor.keras_api.keras_2_facts import gather_keras_2
from kdoctor.keras_api.namespaces import Namespaces
from kdoctor.keras_api.relative import relative_path
from kdoctor.keras_api.release_index import absolute
from kdoctor.keras_api.wheel import read_wheel

LAYER = """
class Layer:
    def __init__(self, **kwargs):
        allowed_kwargs = {'name', 'weights'}
        for kwarg in kwargs:
            if kwarg not in allowed_kwargs:
                raise TypeError('Keyword argument not understood:', kwarg)
    def get_config(self):
        config = {'name': self.name}
        if hasattr(self, 'batch_input_shape'):
            config['batch_input_shape'] = self.batch_input_shape
        return config
"""


def hierarchy(folder: Path, **modules: str) -> Hierarchy:
    """A package ``keras`` of modules given by their paths."""
    with zipfile.ZipFile(folder / "keras.whl", "w") as wheel:
        for path, source in {"engine/layer": LAYER, **modules}.items():
            wheel.writestr(f"keras/{path}.py", source)
    return Hierarchy(read_wheel(folder / "keras.whl"))


def signature(folder: Path, source: str) -> Signature:
    known = hierarchy(folder, subject="from .engine.layer import Layer\n" + source)
    return class_signature(known, ("keras.subject", "Tested"))


def test_the_names_that_a_loop_over_the_keywords_allows_are_taken_and_no_others(tmp_path: Path) -> None:
    found = signature(
        tmp_path, "class Tested(Layer):\n    def __init__(self, units, **kwargs):\n        super(Tested, self).__init__(**kwargs)\n"
    )
    assert (set(found.parameters), found.takes_anything) == ({"units", "name", "weights"}, False)


@pytest.mark.parametrize(
    "check",
    [
        "generic_utils.validate_kwargs(kwargs, {'decay'})",
        "for k in kwargs.keys():\n            assert k in {'decay'}, 'no'",
        "for k in kwargs:\n            if k in ('decay',):\n                warn()\n            else:\n                raise TypeError(k)",
        "self._process(kwargs)",
    ],
)
def test_a_check_of_the_keywords_tells_what_is_taken(tmp_path: Path, check: str) -> None:
    helper = "    def _process(self, given):\n        given.pop('decay', None)\n        if given:\n            raise TypeError\n"
    found = signature(tmp_path, f"class Tested:\n    def __init__(self, **kwargs):\n        {check}\n{helper}")
    assert (set(found.parameters), found.takes_anything) == ({"decay"}, False)


def test_super_of_a_class_further_up_skips_those_between(tmp_path: Path) -> None:
    middle = "class Middle(Layer):\n    def __init__(self, cell, **kwargs):\n        super().__init__(**kwargs)\n"
    found = signature(
        tmp_path, middle + "class Tested(Middle):\n    def __init__(self, **kwargs):\n        super(Middle, self).__init__(**kwargs)\n"
    )
    assert set(found.parameters) == {"name", "weights"}


def test_the_keys_of_a_config_are_gathered_from_the_base_on(tmp_path: Path) -> None:
    body = "config = {'units': self.units, 'inner': {'not_a_key': 1}}\n        base_config = super().get_config()\n        del base_config['name']\n"
    source = f"from .engine.layer import Layer\nclass Tested(Layer):\n    def get_config(self):\n        {body}        return {{**base_config, **config}}\n"
    assert config_keys(hierarchy(tmp_path, subject=source), ("keras.subject", "Tested")) == ("batch_input_shape", "units inner")


def test_a_config_that_does_not_ask_its_base_begins_anew(tmp_path: Path) -> None:
    source = "from .engine.layer import Layer\nclass Tested(Layer):\n    def get_config(self):\n        return {'seed': self.seed}\n"
    assert config_keys(hierarchy(tmp_path, subject=source), ("keras.subject", "Tested")) == ("seed",)


def test_the_keys_that_from_config_takes_are_those_it_pops_or_hands_on(tmp_path: Path) -> None:
    body = (
        "config.pop('dtype', None)\n        cls._parse(config, 'function_type')\n        other.pop('name')\n        return cls(**config)\n"
    )
    known = hierarchy(
        tmp_path, subject=f"class Base:\n    @classmethod\n    def from_config(cls, config):\n        {body}class Tested(Base): pass\n"
    )
    assert keys_taken(known, ("keras.subject", "Tested")) == ("dtype", "function_type")


def test_a_table_is_filled_as_the_release_fills_it_under_tensorflow_2(tmp_path: Path) -> None:
    old, new = "class LSTM: pass\ndef standard_lstm(): pass\n", "class LSTM: pass\n"
    source = """
from keras import recurrent, recurrent_v2
MODULES = (recurrent,)
def populate():
    populate_dict_with_module_objects(ALL, MODULES, obj_filter=lambda x: inspect.isclass(x))
    if tf2.enabled():
        populate_dict_with_module_objects(ALL, [recurrent_v2], obj_filter=lambda x: inspect.isclass(x))
    ALL['LSTMV1'] = recurrent.LSTM
    ALL['lstm'] = ALL['LSTMV1']
"""
    known = hierarchy(tmp_path, recurrent=old, recurrent_v2=new, subject=source)
    names = Namespaces(known, "keras.subject")
    names.run(known.modules["keras.subject"].body)
    names.run(known.modules["keras.subject"].functions["populate"].body)
    v1, v2 = ("keras.recurrent", "LSTM"), ("keras.recurrent_v2", "LSTM")
    assert names.table(ast.parse("ALL", mode="eval").body) == {"LSTM": v2, "LSTMV1": v1, "lstm": v1}


def test_a_converter_of_old_arguments_is_read_and_found_on_the_constructor(tmp_path: Path) -> None:
    interfaces = "legacy_dense_support = generate_legacy_interface(conversions=[('output_dim', 'units')], preprocessor=shim)\n"
    source = "class Dense:\n    @interfaces.legacy_dense_support\n    def __init__(self, units): pass\nclass Own(Dense): pass\n"
    known = hierarchy(tmp_path, **{"legacy/interfaces": interfaces, "subject": source})
    assert interface_of(known, ("keras.subject", "Own"), read_interfaces(known, "keras")) == Interface({"output_dim": "units"}, {}, "shim")


def test_the_layers_whose_weights_are_converted_are_those_that_the_function_names(tmp_path: Path) -> None:
    source = "def preprocess_weights_for_loading(layer):\n    if layer.__class__.__name__ == 'Conv2D': pass\n    if layer.__class__.__name__ in ['LSTM']: pass\n"
    assert converted_weights(hierarchy(tmp_path, topology=source)) == ("Conv2D", "LSTM")


def test_a_release_is_gathered_with_its_tables_and_public_names(tmp_path: Path) -> None:
    layers = "from ..engine.layer import Layer\nclass Dense(Layer): pass\nFullyConnected = Dense\ndef deserialize(config):\n    return get(config, module_objects=globals())\n"
    facts = gather_keras_2(hierarchy(tmp_path, **{"layers/__init__": layers}), "keras")
    dense = ("keras.layers", "Dense")
    assert facts.tables[("layer", "FullyConnected")] == dense
    assert facts.objects[dense].exports == ("keras.layers.Dense", "keras.layers.FullyConnected")
    assert facts.objects[dense].kind == "layer"
    assert not facts.reader.native


def test_a_source_archive_is_read_like_a_wheel(tmp_path: Path) -> None:
    path = tmp_path / "Keras-1.2.2.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for name in ("Keras-1.2.2/keras/layers.py", "Keras-1.2.2/setup.py"):
            entry = tarfile.TarInfo(name)
            entry.size = len(b"class Dense: pass")
            archive.addfile(entry, io.BytesIO(b"class Dense: pass"))
    assert list(read_wheel(path)) == ["keras.layers"]


def test_the_folder_of_tensorflow_2_0_is_read_as_tensorflow(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "tensorflow.whl", "w") as wheel:
        wheel.writestr("tensorflow_core/python/keras/layers.py", "class Dense: pass")
    assert list(read_wheel(tmp_path / "tensorflow.whl", ("tensorflow/python/keras/",))) == ["tensorflow.python.keras.layers"]


@pytest.mark.parametrize("path", ["keras.src.layers.core", "keras.src", "tensorflow.python.ops.init_ops_v2", "keras"])
def test_a_relative_path_leads_back_to_the_full_one(path: str) -> None:
    assert absolute(relative_path(path, "keras.src"), "keras.src") == path
