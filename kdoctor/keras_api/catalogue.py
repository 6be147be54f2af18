"""What one Keras release knows: the names a file may use, what they lead to, and which arguments they take."""

from __future__ import annotations

import functools
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from kdoctor.keras_api.api_object import OPAQUE, REQUIRED, ApiObject, NoDefault, UnknownRelease
from kdoctor.keras_api.choice import answering
from kdoctor.keras_api.families import FAMILIES, KERAS_3
from kdoctor.keras_api.release_index import ReleaseIndex, document, index_of

__all__ = ["OPAQUE", "REQUIRED", "ApiObject", "Catalogue", "NoDefault", "UnknownRelease", "generated", "known_releases", "releases"]

# Model classes that the `.h5` reader of Keras 3 adds to the namespace of the layers (keras/src/legacy/saving/saving_utils.py, model_from_config).
LEGACY_MODELS = {
    "Functional": "keras.src.models.functional.Functional",
    "Model": "keras.src.models.model.Model",
    "Sequential": "keras.src.models.sequential.Sequential",
}
LEGACY_LAYERS = "keras.src.layers"
TF_KERAS = "keras._tf_keras.keras."
APPLICATIONS = "keras.src.applications."


def releases() -> tuple[str, ...]:
    """The releases of Keras 3 that the catalogue was made from, oldest first."""
    return tuple(release.number for release in KERAS_3.releases)


def known_releases() -> tuple[str, ...]:
    """Every release that the catalogue was made from, as in ``keras==2.15.0`` and ``tf.keras==2.4.4``, family by family, oldest first."""
    return tuple(release.label for family in FAMILIES for release in family.releases)


def generated() -> str:
    """The day on which the catalogue was made, as YYYY-MM-DD."""
    return str(document()["generated"])


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The names and objects of one release. ``release`` is the one asked for, ``known_release`` the one whose source answers.

    name: what the known release is installed as, ``keras``, ``tf.keras`` or ``tf-keras``.
    """

    release: str
    known_release: str
    name: str
    _index: ReleaseIndex = field(repr=False, compare=False)

    @classmethod
    def load(cls, release: str, family: str | None = None) -> Catalogue:
        """The catalogue of a release: the nearest known release at or below it answers, the newest known one for the future.

        ``3.12`` means the newest patch of 3.12. ``family`` is ``keras``, ``tf.keras`` (the number is then TensorFlow's) or ``tf-keras``;
        without it the number decides, see `kdoctor.keras_api.choice.answering`. Raises `UnknownRelease` below 1.0 and for what is no
        release number.
        """
        return _load(release, family)

    @property
    def reads_native(self) -> bool:
        """Whether the release reads ``.keras`` archives; Keras 2.12 is the first that does."""
        return bool(self._index.reader["native"])

    @property
    def converted_weights(self) -> frozenset[str]:
        """The layer classes whose weights of a Keras 1 file the release re-lays out (``preprocess_weights_for_loading``)."""
        return frozenset(self._index.reader["converted_weights"])

    def resolve(self, module: str | None, class_name: str) -> ApiObject | None:
        """What the reader of ``.keras`` files finds for ``module`` and ``class_name`` when no custom object has that name.

        For a function the class name is the function's name; the module ``builtins`` stands for a bare function name. A release that
        reads no ``.keras`` (`reads_native`) answers as ``import`` would, public paths included.
        Source: keras/src/saving/serialization_lib.py, _retrieve_class_or_fn.
        """
        if not module or self.refuses(module, class_name):
            return None
        reader = self._index.reader
        if reader["by_symbol"]:
            owners = [f"keras.{owner}" for owner in reader["builtin_modules"]] if module == "builtins" else [module]
            symbols = (self._index.symbols.get(f"{owner}.{class_name}") for owner in owners)
            path = next((path for path in symbols if path is not None), None)
            if path is not None:
                return self._index.object(path)
        found = self._index.object(self._imported(module, class_name))
        return None if found is None or (reader["saveable_only"] and not found.is_saveable) else found

    def refuses(self, module: str | None, class_name: str) -> bool:
        """Whether the reader declines the name as no part of a model, as it does ``keras.utils`` + ``get_file`` since 3.11."""
        return f"{module}.{class_name}" in self._index.reader["refused"]

    def declined(self) -> frozenset[str]:
        """The bare names of all functions that the reader declines; see `refuses`."""
        return frozenset(name.rpartition(".")[2] for name in self._index.reader["refused"])

    def legacy(self, kind: str, identifier: str) -> ApiObject | None:
        """What the ``.h5`` reader finds for a bare class or function name where it expects an object of ``kind``.

        Kinds: layer, model, and those of `function`. Keras 3 seeks a function's alias under the public module of the function that it
        stands for, which is why it does not find ``mse``; earlier ones have a table of each kind. A ``legacy_optimizer`` is one whose
        config does not say ``"is_legacy_optimizer": false``, as in every ``.h5`` from before Keras 2.11, and what a bare name means
        to 2.10. Source:
        keras/src/legacy/saving/saving_utils.py and the ``deserialize`` functions, serialization_lib.deserialize_keras_object with
        ``module_objects``.
        """
        if "layer" in self._index.tables:
            return self.function("layer" if kind == "model" else kind, identifier)
        if kind in ("layer", "model"):
            path = LEGACY_MODELS.get(identifier) or self._imported(LEGACY_LAYERS, identifier)
            return self._index.object(path)
        meant = self.function(kind.removeprefix("legacy_"), identifier)  # Keras 3 has one of each name
        if meant is None:
            return None
        module, _, name = (meant.exports[0] if meant.exports else meant.path).rpartition(".")
        return self.resolve(module, identifier if meant.is_function else name)

    def of_application(self, name: str, arguments: Collection[str]) -> ApiObject | None:
        """A layer of ``keras.applications`` itself, which no public name leads to: LayerScale of ConvNeXt, CustomScaleLayer of InceptionResNetV2.

        Its name alone may be anyone's: only a config with exactly the arguments that it requires is its.
        """
        paths = _of_applications(self.known_release, self.name).get(name, ())
        found = self._index.object(paths[0]) if len(paths) == 1 else None
        if found is None or found.kind != "layer":
            return None
        required = {argument for argument, default in found.parameters.items() if default is REQUIRED}
        return found if required and required <= set(arguments) <= set(found.parameters) else None

    def argument(self, kind: str, module: str | None, name: str) -> ApiObject | None:
        """What a constructor finds for a config given as its argument, as in ``initializers.get({"module": …, "class_name": …})``.

        Most kinds go by the class name alone, so that an initializer of ``keras.src.initializers`` of Keras 2 is found; which ones
        do differs by release. Source: the ``get`` functions of keras/src/initializers/__init__.py and its like.
        """
        if kind not in self._index.tables or kind in self._index.reader["kinds_by_module"]:
            return self.resolve(module, name)
        meant = self.function(kind, name)
        return self.resolve(module, name) if module and meant is not None and meant.is_function else self.legacy(kind, name)

    def function(self, kind: str, name: str) -> ApiObject | None:
        """What ``keras.losses.get("mse")`` and its like find for a bare name: a function, or a class to be called without arguments.

        Kinds: activation, constraint, dtype_policy, initializer, loss, metric, optimizer, quantizer, regularizer; before Keras 3 also
        layer, legacy_optimizer and schedule.
        """
        table = self._index.tables.get(kind, {})
        return self._index.object(table.get(name.lower(), table.get(name)) if kind.endswith("optimizer") else table.get(name))

    def accepts(self, obj: ApiObject, argument: str) -> bool:
        """Whether calling the object with this keyword is possible at all."""
        return obj.takes_anything or argument in obj.parameters

    def names(self, kind: str) -> frozenset[str]:
        """Every bare name under which an object of the kind is known: its own, those it is exported under, its aliases."""
        found = set(self._index.tables.get(kind, {}))
        found.update(path.rpartition(".")[2] for path in self._index.states if self._index.kind(path) == kind)
        found.update(export.rpartition(".")[2] for export, path in self._index.public.items() if self._index.kind(path) == kind)
        return frozenset(found)

    def _imported(self, module: str, name: str) -> str | None:
        """The real path behind ``vars(importlib.import_module(module))[name]``, for Keras's own modules."""
        if self.name == "tf-keras" and module.startswith("keras"):
            module = f"tf_{module}"  # tf-keras imports the module of that name from itself
        path = f"{module}.{name}"
        if path in self._index.states:
            return path
        imported = self._index.imports.get(module, {}).get(name)
        return imported or next((self._index.public[copy] for copy in self._public_paths(module, name) if copy in self._index.public), None)

    def _public_paths(self, module: str, name: str) -> list[str]:
        """The exported names that a public module, or one of its copies inside the package, may hold the name by.

        ``keras._legacy`` is no module: what is exported under it is only in ``keras._tf_keras.keras``, before the name of today.
        """
        inside = f"{module.removeprefix('tf_') if self.name == 'tf-keras' else module}."
        copied = inside.removeprefix(TF_KERAS)
        if copied != inside:
            return [] if copied.startswith("_legacy.") else [f"keras._legacy.{copied}{name}", f"keras.{copied}{name}"]
        if inside.startswith("keras.api."):
            inside = "keras." + inside.removeprefix("keras.api.") if self._index.reader["has_api_folder"] else ""
        return [] if not inside or inside.startswith("keras._legacy.") else [inside + name]


@functools.cache
def _of_applications(release: str, name: str) -> Mapping[str, tuple[str, ...]]:
    """The names of what ``keras.applications`` holds by itself, with where each stands."""
    found: dict[str, tuple[str, ...]] = {}
    for path in _load(release, name)._index.states:
        if path.startswith(APPLICATIONS):
            own = path.rpartition(".")[2]
            found[own] = (*found.get(own, ()), path)
    return found


@functools.cache
def _load(release: str, name: str | None) -> Catalogue:
    family, known = answering(release, name)
    index = index_of(known.number if family is KERAS_3 else known.label, family.name)
    return Catalogue(release, known.number, known.name, index)
