"""The Keras 3 layer for a TensorFlow Hub module: what ``hub.KerasLayer`` is to Keras 2. Nothing but `kdoctor.hub` imports this.

It behaves as tensorflow_hub/keras_layer.py does; where it cannot, it says so.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras

from kdoctor.saved_model.trust import trusted_module


@keras.saving.register_keras_serializable(package="kdoctor", name="HubLayer")
class HubLayer(keras.layers.Layer):  # type: ignore[misc]
    """Calls a trusted SavedModel; its variables are the layer's weights, those that it trains first.

    handle: a folder, or a hub's URL; arguments: more keyword arguments of the call; signature, signature_outputs_as_dict, output_key:
    which function, and what of a dictionary that it returns; output_shape: shapes of the outputs without the batch, where the module
    does not tell; tags: the graph's, for a module of TensorFlow 1.
    folder and embedded are notes of ``kdoctor fix``: the module's name in a folder that holds it, the digest of the module that the
    archive brings; ``variables`` the shapes of its weights, each ``{"shape": [3, 3], "trainable": True}``.
    """

    def __init__(
        self,
        handle: str,
        trainable: bool = False,
        arguments: Mapping[str, Any] | None = None,
        signature: str | None = None,
        signature_outputs_as_dict: bool | None = None,
        output_key: str | None = None,
        output_shape: Any = None,
        tags: list[str] | None = None,
        folder: str | None = None,
        embedded: str | None = None,
        variables: list[dict[str, Any]] | None = None,
        dtype: Any = None,
        **kwargs: Any,
    ) -> None:
        if keras.backend.backend() != "tensorflow":
            raise NotImplementedError("HubLayer needs the TensorFlow backend: set KERAS_BACKEND=tensorflow before Keras is imported")
        floating = dtype is None or not isinstance(dtype, str) or "float" in dtype
        super().__init__(trainable=trainable, dtype=dtype if floating else None, autocast=floating, **kwargs)
        self._stated = {
            "handle": handle, "arguments": dict(arguments or {}), "signature": signature, "output_key": output_key, "tags": tags,
            "signature_outputs_as_dict": signature_outputs_as_dict, "output_shape": output_shape, "folder": folder,
            "embedded": embedded, "variables": variables, **({} if floating else {"dtype": dtype}),
        }  # fmt: skip
        self._place = str(_load(self, handle, folder, embedded, tags))
        self._function, self._signature, self._output_key = _callable(self._module, signature, signature_outputs_as_dict, output_key)
        self._takes_training = _takes_training(self._function)
        _own_variables(self, variables)
        self.supports_jit = False  # a module may hold what XLA cannot compile, such as text
        self.built = True

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """The module's own answer. It is told that it trains only if the layer is trainable, as hub.KerasLayer does."""
        if self.trainable and (self._signature or self._is_tensorflow_1):
            raise ValueError(f"the layer {self.name!r} cannot be trainable: it calls a signature, which cannot be trained through")
        arguments = dict(self._stated["arguments"])
        positional: tuple[Any, ...] = (inputs,)
        if self._signature and isinstance(inputs, dict):
            arguments.update(inputs)
            positional = ()
        if self._takes_training:
            arguments["training"] = bool(training) and self.trainable
        result = _plain(self._function(*positional, **arguments))
        if self.trainable:
            for loss in getattr(self._module, "regularization_losses", None) or ():
                self.add_loss(loss())
        if self._output_key:
            if not isinstance(result, dict) or self._output_key not in result:
                held = sorted(result) if isinstance(result, dict) else type(result).__name__
                raise ValueError(f"the module of {self.name!r} has no output {self._output_key!r}: it gives {held}")
            result = result[self._output_key]
        if self._stated["output_shape"] is not None:
            _set_shapes(result, self._stated["output_shape"], keras.tree.flatten(inputs)[0].shape[0])
        return result

    @property
    def module_variables(self) -> list[Any]:
        """The module's own variables, of TensorFlow, in the order of the layer's weights."""
        return [weight.value for weight in (*self._trainable_variables, *self._non_trainable_variables)]

    def get_config(self) -> dict[str, Any]:
        config: dict[str, Any] = super().get_config()
        stated = {key: _plain(value) for key, value in self._stated.items() if value not in (None, {}) or key == "handle"}
        return {**config, "trainable": self.trainable, **stated}

    def save_assets(self, folder: str) -> None:
        """An embedded module goes with every archive that the layer is saved to; its trained values are among the weights."""
        if self._stated["embedded"]:
            shutil.copytree(self._place, folder, dirs_exist_ok=True)

    def load_assets(self, folder: str) -> None:
        """Nothing to do: the module was loaded when the layer was made."""


def _load(layer: Any, handle: str, folder: str | None, embedded: str | None, tags: list[str] | None) -> Path:
    import tensorflow

    module = trusted_module(handle, folder, embedded)
    layer._is_tensorflow_1 = (module.folder / "tfhub_module.pb").is_file()
    wanted = [] if tags is None and layer._is_tensorflow_1 else tags
    layer._module = tensorflow.saved_model.load(str(module.folder), tags=wanted)
    return module.folder


def _callable(module: Any, signature: str | None, as_dict: bool | None, key: str | None) -> tuple[Any, str | None, str | None]:
    """What to call, by which signature, and what to take of its answer. Raises `ValueError` where the module has no such thing."""
    if not callable(module) and signature is None and "default" in getattr(module, "signatures", {}):
        signature, key = "default", key if as_dict else key or "default"  # a module of TensorFlow 1
    if signature is None:
        if not callable(module):
            raise ValueError(f"the module cannot be called, and no signature is named; it has {sorted(getattr(module, 'signatures', {}))}")
        return module, None, key
    found = getattr(module, "signatures", {})
    if signature not in found:
        raise ValueError(f"the module has no signature {signature!r}; it has {sorted(found)}")
    if (key is not None) == bool(as_dict):
        raise ValueError("with a signature, either output_key or signature_outputs_as_dict has to be set")
    return found[signature], signature, key


def _takes_training(called: Any) -> bool:
    from tensorflow.python.util import tf_inspect

    found = tf_inspect.getfullargspec(called.__call__)
    return "training" in found.args or "training" in found.kwonlyargs


def _own_variables(layer: Any, stated: list[dict[str, Any]] | None) -> None:
    """The module's variables as weights of the layer: trained ones first, then the others, as Keras 2 has stored them."""
    trained = list(getattr(layer._module, "trainable_variables", None) or ())
    known = {id(variable) for variable in trained}
    others = [variable for variable in getattr(layer._module, "variables", None) or () if id(variable) not in known]
    found = [list(variable.shape) for variable in (*trained, *others)]
    shapes = None if stated is None else [list(one["shape"]) for one in stated]
    if shapes is not None and found != shapes:
        raise ValueError(f"the module of {layer.name!r} has weights of the shapes {found}, the file was made with {shapes}: another module")
    for variable in (*trained, *others):
        weight = keras.Variable(
            initializer=variable,
            trainable=id(variable) in known,
            dtype=variable.dtype.name,
            shape=variable.shape,
            name=variable.name.split(":")[0].replace("/", "_"),
        )
        layer._track_variable(weight)
        weight.trainable = weight.trainable and layer.trainable  # as releases before 3.13 do not see to it


def _plain(value: Any) -> Any:
    """Containers of TensorFlow and Keras as those of Python."""
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value


def _set_shapes(result: Any, shape: Any, batch: int | None) -> None:
    """Tell each tensor its shape, of which the batch comes first."""
    if isinstance(result, dict):
        for key, item in result.items():
            _set_shapes(item, shape[key], batch)
    elif isinstance(result, list):
        for item, inner in zip(result, shape, strict=True):
            _set_shapes(item, inner, batch)
    else:
        result.set_shape([batch, *([shape] if isinstance(shape, int) else shape)])
