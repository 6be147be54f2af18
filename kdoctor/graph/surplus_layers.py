"""Layers that a Functional model lists and no output needs, and the model without them: entries, connections, and where its weights are then."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from kdoctor.document import ABSENT, Document, Json
from kdoctor.edit import Edit
from kdoctor.graph.nested_groups import arrays_of, group_of, without
from kdoctor.graph.stored_below import below
from kdoctor.keras_api.layouts import CHECKPOINT, LAYERS
from kdoctor.pointer import Pointer
from kdoctor.structure.layers import Layer, is_model, layer_list
from kdoctor.structure.models import Model
from kdoctor.structure.objects import as_node
from kdoctor.structure.snake_case import snake_case

NAMES: Final = Pointer("attributes", ("/model_weights",)) / "layer_names"
STORED: Final = "/model_weights/"


@dataclass(frozen=True)
class Surplus:
    """A Functional model, looked at from its outputs back to where it begins."""

    document: Document
    model: Model

    @cached_property
    def needed(self) -> Mapping[str, frozenset[int]]:
        """Layers by their keys, and which of their calls the outputs are made from; of a nested model all, which releases number in two ways."""
        begins = {layer.key for layer in self.model.cut}
        layers = {layer.key: layer for layer in self.model.layers}
        todo = [*self.model.endpoints("output_layers"), *self.model.endpoints("input_layers")]
        found: dict[str, set[int]] = {}
        while todo:
            source = todo.pop()
            layer = layers.get(source.layer)
            if layer is None:
                continue
            known = found.setdefault(layer.key, set())
            calls = range(len(layer.calls)) if is_model(layer.node) else (source.call,)
            for call in () if layer.key in begins else calls:
                if call not in known:
                    known.add(call)
                    todo += layer.calls[call] if 0 <= call < len(layer.calls) else ()
        return {key: frozenset(calls) for key, calls in found.items()}

    @cached_property
    def whole(self) -> bool:
        """Whether all that is referred to is there, calls and all: else what the outputs need cannot be told (K204, K209, K604, K614)."""
        known = {layer.key: layer for layer in self.model.layers}
        taken = [source for layer in self.model.layers for call in layer.calls for source in call]
        ends = self.model.endpoints("output_layers")
        referred = {*taken, *ends, *self.model.endpoints("input_layers")}
        return bool(ends) and all(source.layer in known and _has(known[source.layer], source.call) for source in referred)

    @cached_property
    def layers(self) -> tuple[Layer, ...]:
        """Those that no output needs, in order."""
        return tuple(layer for layer in self.model.layers if layer.key not in self.needed)

    @cached_property
    def hidden(self) -> tuple[Layer, ...]:
        """InputLayers that the outputs need and the model does not declare."""
        declared = {source.layer for source in self.model.endpoints("input_layers")}
        return tuple(
            layer
            for layer in self.model.layers
            if layer.class_name == "InputLayer" and layer.key in self.needed and layer.key not in declared
        )

    def pruned(self, starts: Mapping[str, Json]) -> tuple[Edit, ...] | None:
        """The edits that leave them out; ``starts`` are entries that stand in for layers where the model begins. None where that is not certain."""
        config = self.model.node.at / "config"
        numbers = {
            (key, call): index for key, calls in self.needed.items() if key not in starts for index, call in enumerate(sorted(calls))
        }
        entries = [self._entry(layer, numbers) if layer.key not in starts else starts[layer.key] for layer in self._kept]
        weights = self._rekeyed(set(starts)) if self.document.format.native else self._unlisted(set(starts))
        if weights is None:
            return None
        ends = [
            Edit(config / key, old=old, new=_numbered(old, numbers))
            for key in ("input_layers", "output_layers")
            if (old := self._config(key))
        ]
        at = config / "layers"
        return (
            Edit(at, old=self.document.at(at), new=entries),
            *(edit for edit in ends if edit.old != edit.new),
            *(edit for edit in weights if edit.old != edit.new),
        )

    @property
    def misplaces(self) -> tuple[str, str] | None:
        """A layer that is handed the weights of one that no output needs, and that one: Keras numbers the needed ones alone."""
        return self._misplaced(frozenset()) if self.document.format.native and self._counts_all else None

    @property
    def harmless_cut(self) -> bool:
        """Whether a model of an archive that begins after some of its layers is read as it was: without those no other has another number.

        Where such a layer makes an output, too, Keras seeks what makes it beyond the beginning ("Output with path `0` is not connected").
        """
        cut = frozenset(layer.key for layer in self.model.cut)
        returned = any(source.layer in cut for source in self.model.endpoints("output_layers"))
        return self.document.format.native and bool(cut) and not returned and self.whole and self._misplaced(cut) is None

    def _misplaced(self, starts: frozenset[str]) -> tuple[str, str] | None:
        old, new = self._stems(self.model.layers), self._stems(self._kept, starts)
        owner = {stem: key for key, stem in old.items()}
        wrong = (
            (key, owner.get(stem, "")) for key, stem in new.items() if key not in starts and stem != old[key] and self._filled(old[key])
        )
        return next(wrong, None)

    @property
    def listed(self) -> tuple[str, ...]:
        """The names of those whose groups in an ``.h5`` hold arrays: Keras counts these groups."""
        names = self.document.at(NAMES)
        if self.document.format.native or not isinstance(names, list):
            return ()
        if self.model.nested:
            shared = self._shared(set()) or ("", ())
            steps = {step for name in shared[1] for step in name.split("/")}
            return tuple(dict.fromkeys(layer.name for layer in self.layers if layer.name in steps))
        held = {path.removeprefix(STORED[1:]).split("/")[0] for path in self.document.weights if path.startswith(STORED[1:])}
        counted = held & {name for name in names if isinstance(name, str)}
        return tuple(layer.name for layer in self.layers if layer.name in counted)

    @property
    def _kept(self) -> tuple[Layer, ...]:
        return tuple(layer for layer in self.model.layers if layer.key in self.needed)

    def _config(self, key: str) -> Json:
        return self.model.node.config.get(key)

    def _entry(self, layer: Layer, numbers: Mapping[tuple[str, int], int]) -> Json:
        nodes = layer.node.raw.get("inbound_nodes")
        if not isinstance(nodes, list):
            return layer.node.raw
        kept = [node for index, node in enumerate(nodes) if index in self.needed[layer.key]]
        return {**layer.node.raw, "inbound_nodes": _numbered(kept, numbers)}

    @property
    def _counts_all(self) -> bool | None:
        """Whether the places of the arrays count the layers that no output needs, too; None where they tell neither."""
        found: set[bool] = set()
        all_stems, kept_stems = _by_class(self._stems(self.model.layers)), _by_class(self._stems(self._kept))
        for stem in {snake_case(layer.class_name) for layer in self.layers}:
            every, alone = all_stems.get(stem, {}), kept_stems.get(stem, {})
            if all(self._filled(s) for s in every):
                found.add(True)
            elif all(self._filled(s) for s in alone) and not any(self._filled(s) for s in every if s not in alone):
                if alone or self._filled_any:
                    found.add(False)
            elif any(self._filled(s) for s in every):
                return None
        return found == {True} or (False if found <= {False} else None)

    @property
    def _filled_any(self) -> bool:
        return any(path.startswith(self._folder) for _, path in below(self.document, self._folder))

    def _filled(self, stem: str) -> bool:
        return any(True for _ in below(self.document, f"{self._folder}{stem}/"))

    @cached_property
    def _folder(self) -> str:
        """Where the model's layers have their arrays: ``layers/``, for a nested one below its own place."""
        found, keys = f"{LAYERS}/", self.model.node.at.keys
        for end in range(len(keys)):
            inside = Pointer(self.model.node.at.part, keys[:end])
            outer = as_node(self.document.at(inside), inside)
            items, at = layer_list(outer) if outer is not None else ((), None)
            index = keys[len(at.keys)] if at is not None and at.keys == keys[: len(at.keys)] and len(keys) > len(at.keys) else None
            if isinstance(index, int) and isinstance(items, list):
                classes = [str(item.get("class_name")) if isinstance(item, Mapping) else "" for item in items[: index + 1]]
                found += f"{list(_stemmed(classes))[-1]}/{LAYERS}/"
        return found

    def _stems(self, layers: Iterable[Layer], starts: frozenset[str] = frozenset()) -> dict[str, str]:
        rows = list(layers)
        classes = ["InputLayer" if layer.key in starts else layer.class_name for layer in rows]
        return dict(zip((layer.key for layer in rows), _stemmed(classes), strict=True))

    def _rekeyed(self, starts: set[str]) -> tuple[Edit, ...] | None:
        """The arrays where an archive has them once fewer layers are counted."""
        counted = True if self.model.cut else self._counts_all
        if counted is None:
            return None
        if not counted:
            return ()
        old, new = self._stems(self.model.layers), self._stems(self._kept, frozenset(starts))
        homes = {old[key]: new[key] for key in new if key not in starts}
        found = [(plain.removeprefix(self._folder).partition("/"), path) for plain, path in below(self.document, self._folder)]
        shall: dict[str, Json] = {path: ABSENT for (_, _, tail), path in found if tail}
        for (stem, _, tail), path in found:
            if tail and stem in homes:
                place = f"{self._folder}{homes[stem]}/{tail}"
                shall[place.replace(LAYERS, CHECKPOINT) if CHECKPOINT in path else place] = self.document.weights[path]
        weights = self.document.weights
        return tuple(Edit(Pointer("weights", (path,)), old=weights.get(path, ABSENT), new=new) for path, new in shall.items())

    def _unlisted(self, starts: set[str]) -> tuple[Edit, ...] | None:
        """The groups of an ``.h5`` without those of the layers that go."""
        names = self.document.at(NAMES)
        if self.model.nested:
            shared = self._shared(starts)
            return None if shared is None else without(self.document, *shared)
        if not isinstance(names, list):
            return ()
        gone = {layer.name for layer in (*self.layers, *(layer for layer in self.model.layers if layer.key in starts))}
        arrays = [path for path in self.document.weights if path.startswith(STORED[1:]) and path.split("/")[1] in gone]
        groups = [path for path in self.document.attributes if path.startswith(STORED) and path.split("/")[2] in gone]
        return (
            Edit(NAMES, old=names, new=[name for name in names if name not in gone]),
            *(Edit(Pointer("weights", (path,)), old=self.document.weights[path], new=ABSENT) for path in arrays),
            *(Edit(Pointer("attributes", (path,)), old=self.document.attributes[path], new=ABSENT) for path in groups),
        )

    def _shared(self, starts: set[str]) -> tuple[str, list[str]] | None:
        """The group that holds a nested model's arrays, and the names in it that are those of the layers that go."""
        group = group_of(self.document, self.model.node)
        gone = [*self.layers, *(layer for layer in self.model.layers if layer.key in starts)]
        kept = [layer for layer in self._kept if layer.key not in starts]
        names = None if group is None else arrays_of(self.document, group, gone, kept)
        return None if group is None or names is None else (group, names)


def _has(layer: Layer, call: int) -> bool:
    """Whether a layer has a call of this number; an InputLayer is its own first one, and releases number those of a nested model in two ways."""
    return bool(layer.calls) if is_model(layer.node) else 0 <= call < max(len(layer.calls), layer.class_name == "InputLayer")


def _stemmed(classes: Iterable[str]) -> Iterator[str]:
    counted: Counter[str] = Counter()
    for class_name in classes:
        stem = snake_case(class_name)
        yield f"{stem}_{counted[stem]}" if counted[stem] else stem
        counted[stem] += 1


def _by_class(stems: Mapping[str, str]) -> dict[str, dict[str, None]]:
    """The counted names of each class: those of ``dense_2`` are dense."""
    found: dict[str, dict[str, None]] = {}
    for stem in stems.values():
        found.setdefault(_plain(stem), {})[stem] = None
    return found


def _plain(stem: str) -> str:
    head, _, number = stem.rpartition("_")
    return head if number.isdecimal() and head else stem


def _numbered(value: Json, numbers: Mapping[tuple[str, int], int]) -> Json:
    """Connections with the calls as they are numbered once some are gone."""
    if isinstance(value, list):
        if len(value) >= 3 and isinstance(value[0], str) and type(value[1]) is int and type(value[2]) is int:
            return [value[0], numbers.get((value[0], value[1]), value[1]), value[2], *(_numbered(item, numbers) for item in value[3:])]
        return [_numbered(item, numbers) for item in value]
    return {key: _numbered(item, numbers) for key, item in value.items()} if isinstance(value, dict) else value
