"""What one Keras release knows: the names a file may use, what they lead to, and which arguments they take."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass, field

from kdoctor.keras_api.api_object import OPAQUE, REQUIRED, ApiObject, NoDefault, UnknownRelease
from kdoctor.keras_api.release_index import ReleaseIndex, document, family, index_of

__all__ = ["OPAQUE", "REQUIRED", "ApiObject", "Catalogue", "NoDefault", "UnknownRelease", "generated", "releases"]

RELEASE = re.compile(r"(\d+)\.(\d+)(?:\.(\d+))?")
NEWEST_PATCH = 10**6
# Model classes that the `.h5` reader adds to the namespace of the layers (keras/src/legacy/saving/saving_utils.py, model_from_config).
LEGACY_MODELS = {
    "Functional": "keras.src.models.functional.Functional",
    "Model": "keras.src.models.model.Model",
    "Sequential": "keras.src.models.sequential.Sequential",
}
LEGACY_LAYERS = "keras.src.layers"
TF_KERAS = "keras._tf_keras.keras."


def releases() -> tuple[str, ...]:
    """The releases that the catalogue was made from, oldest first."""
    return tuple(family()["releases"])


def generated() -> str:
    """The day on which the catalogue was made, as YYYY-MM-DD."""
    return str(document()["generated"])


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The names and objects of one release. ``release`` is the one asked for, ``known_release`` the one whose source answers."""

    release: str
    known_release: str
    _index: ReleaseIndex = field(repr=False, compare=False)

    @classmethod
    def load(cls, release: str) -> Catalogue:
        """The catalogue of a release: the nearest known release at or below it answers, the newest known one for the future.

        ``3.12`` means the newest patch of 3.12. Raises `UnknownRelease` below 3.0 and for what is no release number.
        """
        return _load(release)

    def resolve(self, module: str | None, class_name: str) -> ApiObject | None:
        """What the reader of ``.keras`` files finds for ``module`` and ``class_name`` when no custom object has that name.

        For a function the class name is the function's name; the module ``builtins`` stands for a bare function name.
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

    def legacy(self, kind: str, identifier: str) -> ApiObject | None:
        """What the ``.h5`` reader finds for a bare class or function name where it expects an object of ``kind``.

        Kinds: layer, model, and those of `function`. A function's alias is sought under the public module of the function that it
        stands for, which is why ``mse`` is not found. Source: keras/src/legacy/saving/saving_utils.py and the ``deserialize``
        functions, serialization_lib.deserialize_keras_object with ``module_objects``.
        """
        if kind in ("layer", "model"):
            path = LEGACY_MODELS.get(identifier) or self._imported(LEGACY_LAYERS, identifier)
            return self._index.object(path)
        meant = self.function(kind, identifier)
        if meant is None:
            return None
        module, _, name = (meant.exports[0] if meant.exports else meant.path).rpartition(".")
        return self.resolve(module, identifier if meant.is_function else name)

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

        Kinds: activation, constraint, dtype_policy, initializer, loss, metric, optimizer, quantizer, regularizer.
        """
        identifier = name.lower() if kind == "optimizer" else name
        return self._index.object(self._index.tables.get(kind, {}).get(identifier))

    def accepts(self, obj: ApiObject, argument: str) -> bool:
        """Whether calling the object with this keyword is possible at all."""
        return obj.takes_anything or argument in obj.parameters

    def names(self, kind: str) -> frozenset[str]:
        """Every bare name under which an object of the kind is known: its own, those it is exported under, its aliases."""
        found = set(self._index.tables.get(kind, {}))
        for path, state in self._index.states.items():
            if state[0] == kind:
                found.add(path.rpartition(".")[2])
        found.update(export.rpartition(".")[2] for export, path in self._index.public.items() if self._index.states[path][0] == kind)
        return frozenset(found)

    def _imported(self, module: str, name: str) -> str | None:
        """The real path behind ``vars(importlib.import_module(module))[name]``, for Keras's own modules."""
        path = f"{module}.{name}"
        if path in self._index.states:
            return path
        imported = self._index.imports.get(module, {}).get(name)
        return imported or next((self._index.public[copy] for copy in self._public_paths(module, name) if copy in self._index.public), None)

    def _public_paths(self, module: str, name: str) -> list[str]:
        """The exported names that a public module, or one of its copies inside the package, may hold the name by.

        ``keras._legacy`` is no module: what is exported under it is only in ``keras._tf_keras.keras``, before the name of today.
        """
        inside = f"{module}."
        copied = inside.removeprefix(TF_KERAS)
        if copied != inside:
            return [] if copied.startswith("_legacy.") else [f"keras._legacy.{copied}{name}", f"keras.{copied}{name}"]
        if inside.startswith("keras.api."):
            inside = "keras." + inside.removeprefix("keras.api.") if self._index.reader["has_api_folder"] else ""
        return [] if not inside or inside.startswith("keras._legacy.") else [inside + name]


@functools.cache
def _load(release: str) -> Catalogue:
    match = RELEASE.match(release)
    if match is None:
        raise UnknownRelease(f"{release!r} is not the number of a Keras release")
    asked = _numbers(match)
    below = [known for known in releases() if _numbers(RELEASE.match(known)) <= asked]
    if not below:
        raise UnknownRelease(f"kdoctor does not know the loaders of Keras {release} yet, only those of Keras 3")
    return Catalogue(release, below[-1], index_of(below[-1]))


def _numbers(match: re.Match[str] | None) -> tuple[int, int, int]:
    assert match is not None
    major, minor, patch = match.groups()
    return int(major), int(minor), NEWEST_PATCH if patch is None else int(patch)
