"""All Lambda layers of a document at once: which become nested models of Keras's operations, by which edits, and what the others lack."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from kdoctor.check import Need, Repair
from kdoctor.document import Document, Format, Json
from kdoctor.edit import Edit, apply
from kdoctor.graph.shapes import infer
from kdoctor.keras_api.operation import of_keras_3
from kdoctor.keras_api.variables.table import UNREADABLE
from kdoctor.keras_api.variables.variable import Shape, Shapes
from kdoctor.pointer import Pointer
from kdoctor.replacements.lambda_activations import Apart, apart, in_order, masked
from kdoctor.replacements.lambda_places import in_place
from kdoctor.replacements.late_binding import made_in_a_loop
from kdoctor.replacements.moved_arrays import moved_arrays
from kdoctor.replacements.plain_replacements import in_words_of
from kdoctor.saved_release import release_of
from kdoctor.structure.call_numbers import ends_of_model
from kdoctor.structure.lambdas import Lambda, lambdas
from kdoctor.structure.layers import Layer, layer_at, layers
from kdoctor.structure.models import is_wrapped
from kdoctor.target import Target

if TYPE_CHECKING:
    from kdoctor.translate.lambda_layers import Replacement, Surroundings

TITLE = "write it with Keras's own operations"
TITLE_OF_LAYERS = "write the layer of Keras that it is"
ODD = "a value beside its code is none that any Keras writes"
LIMIT = 200  # Lambda layers of one model
WORK = 50_000  # Lambda layers times layers: the shapes of the whole model are inferred anew for each
WORDS = "3.15.1"  # the release whose operations a function is followed in, for a target that has none


@dataclass(frozen=True, slots=True)
class Cures:
    """repair: of all layers in ``cured``, by place; reasons, needs: why another one is not, by the place of its function.

    named: of functions that are cured where they stand, each by itself. too_many: why none is, where there are more than can be followed.
    """

    repair: Repair | None = None
    cured: frozenset[Pointer] = frozenset()
    reasons: Mapping[Pointer, str] = field(default_factory=dict)
    needs: Mapping[Pointer, tuple[Need, ...]] = field(default_factory=dict)
    named: Mapping[Pointer, Repair] = field(default_factory=dict)
    too_many: str = ""

    def of(self, function: Pointer) -> Repair | None:
        """The repair, for a function of a layer that it cures (its output_shape and mask go with it)."""
        if function in self.named:
            return self.named[function]
        return self.repair if function.parent.parent in self.cured else None


@lru_cache(maxsize=4)
def cures(document: Document, target: Target) -> Cures:
    """The cure of every function; an activation that cannot be cured as a layer of its own stays where it is."""
    count, around = len(lambdas(document)), len(layers(document))
    if not count:
        return Cures()
    if count > LIMIT or count * around > WORK:
        return Cures(too_many=f"it is one of {count:,} functions among {around:,} layers, more than are followed")
    if not target.keras_3:
        return _of_layers(document, target)
    named = {each.at: repair for each in lambdas(document) if (repair := in_place(document, target, each)) is not None}
    reasons: dict[Pointer, str] = {}
    needs: dict[Pointer, tuple[Need, ...]] = {}
    while True:
        split = apart(document, {*named, *reasons})
        found = _together(document, target, split)
        failed = {at for at in found.reasons if at not in reasons and isinstance(at.keys[-1], str) and at.keys[-1] != "function"}
        reasons |= {at: found.reasons[at] for at in failed} | split.reasons
        needs |= {at: found.needs[at] for at in failed if at in found.needs}
        if not failed:
            return Cures(found.repair, found.cured, {**found.reasons, **reasons}, {**found.needs, **needs}, named)


def _of_layers(document: Document, target: Target) -> Cures:
    """For a Keras before 3: Lambda layers of an ``.h5`` of its own kind that are one layer of that release each, and nothing else."""
    if document.format is not Format.H5_MODEL or (document.saved_by().major or 1) > 2:
        return Cures()
    others = [each.at for each in lambdas(document) if not _is_layer(document, each)]
    return _together(document, target, apart(document, others))


def _together(document: Document, target: Target, split: Apart) -> Cures:
    """Layers are written one after the other, because the shape that reaches one may be known only when those before it are."""
    waiting = {found.at: found for found in lambdas(split.document) if _is_layer(split.document, found)}
    if not waiting:
        return Cures()
    work = _Work(document, target, split)
    while True:
        done = [at for at, found in waiting.items() if work.cure(found)]
        for at in done:
            del waiting[at]
        if not done or not waiting:
            break
    fits = bool(work.cured) and work.fits()
    reasons = {split.origin[at]: why for at, why in work.reasons.items()}
    needs = {split.origin[at]: why for at, why in work.needs.items()}
    if not fits:
        return Cures(reasons=reasons, needs=needs)
    cured = frozenset(split.origin[at / "config" / "function"].parent.parent for at in work.cured)
    native = split.changed or any(each.native for each in work.cured.values())  # a layer more may change the order that an .h5 goes by
    edits = tuple(work.edits()) if document.format.native or not native else ()
    return Cures(Repair(TITLE if native else TITLE_OF_LAYERS, edits, native=native), cured, reasons, needs)


def _is_layer(document: Document, found: Lambda) -> bool:
    holder = document.at(found.at.parent.parent)
    return found.key == "function" and found.code is not None and isinstance(holder, Mapping) and holder.get("class_name") == "Lambda"


@dataclass(slots=True)
class _Work:
    before: Document
    target: Target
    split: Apart
    after: Document = field(init=False)
    stored: dict[Pointer, list[Lambda]] = field(default_factory=dict)  # by the config that holds them
    cured: dict[Pointer, Replacement] = field(default_factory=dict)
    made: list[Edit] = field(default_factory=list)
    reasons: dict[Pointer, str] = field(default_factory=dict)
    needs: dict[Pointer, tuple[Need, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.after = self.split.document
        for each in lambdas(self.after):
            self.stored.setdefault(each.at.parent, []).append(each)

    def cure(self, found: Lambda) -> bool:
        from kdoctor.bytecode.backslashes import doubtful_constant
        from kdoctor.bytecode.reach import reaches
        from kdoctor.translate.lambda_layers import replacement  # few files hold code, and the table is dear to import
        from kdoctor.translate.values import MissingName, Untranslatable

        stored = self.after.at(at := found.at.parent.parent)
        # K407: never translated, whatever the table knows
        if any(each.code is not None and reaches(each.code) for each in self.stored[found.at.parent]):
            self.reasons[found.at] = "it reaches for the system"
            return False
        if found.code is not None and (number := doubtful_constant(found.code)) is not None:
            self.reasons[found.at] = f"its {number} may have been another number: Keras on Windows replaces bytes of the code"
            return False
        if (name := made_in_a_loop(self.split.document, found, self.target.given.bindings)) is not None:
            self.reasons[found.at] = (
                f"another layer does the same to the same tensor: a loop made them, each with its own {name}, and the file keeps one"
            )
            return False
        try:
            replaced = replacement(found, stored, self.around(at, stored))
        except MissingName as error:
            self.reasons[found.at] = str(error)
            self.needs[found.at] = (Need("--bind", error.name, f"{error.name} {str(error).partition(' ')[2]}"),)
            return False
        except (Untranslatable, *UNREADABLE) as error:  # that it cannot be cured keeps nobody from telling what it is
            self.reasons[found.at] = str(error) if isinstance(error, Untranslatable) else ODD
            return False
        if not self.target.keras_3:
            said = None if replaced.native else in_words_of(self.target, replaced.layer)
            if said is None:
                self.reasons[found.at] = f"it is none of the layers of {self.target}"
                return False
            replaced = replace(replaced, layer=said)
        self.reasons.pop(found.at, None)
        self.needs.pop(found.at, None)
        ends = ends_of_model(self.after, at) if replaced.native else ()
        made = [Edit(at, old=stored, new=replaced.layer), *ends]
        self.after = apply(self.after, made)
        self.made += made
        self.cured[at] = replaced
        return True

    def fits(self) -> bool:
        """Whether every call of every new model brings the shape that it states, now that what comes before is known."""
        calls = infer(self.after).calls
        wrong = [
            at
            for at, made in self.cured.items()
            if not made.any_shape and (any(shapes and None in shapes for shapes in calls.get(at, ())) or _joint(calls.get(at, ())) is None)
        ]
        for at in wrong:
            self.reasons[at / "config" / "function"] = "it is called with tensors of shapes that are not known, or that differ"
        return not wrong

    def around(self, at: Pointer, stored: Mapping[str, Json]) -> Surroundings:
        from kdoctor.translate.dtype_names import is_float
        from kdoctor.translate.lambda_layers import Surroundings
        from kdoctor.translate.layer_dtypes import policy_dtype
        from kdoctor.translate.values import Untranslatable

        shapes = _joint(infer(self.after).calls.get(at, ()))
        if shapes is None:
            raise Untranslatable("it is called with tensors of different ranks")
        layer = layer_at(self.after, at)
        if not shapes:
            shapes = (None,) * (len(layer.calls[0]) if layer is not None and layer.calls else 1)
        listed = len(shapes) > 1 or _is_listed(stored)
        own = policy_dtype(stored["config"].get("dtype"))
        arriving = self._arriving(layer) if layer is not None else ("float32",)
        arriving = (*arriving, *arriving[-1:] * (len(shapes) - len(arriving)))[: len(shapes)]
        dtypes = tuple(own if is_float(dtype) and is_float(own) else dtype for dtype in arriving)
        _check_call(stored)
        saved = release_of(self.before)
        at_once = is_wrapped(at) and (saved is None or saved < (3, 0))
        given = self.target.given.bindings
        mask = next((each for each in self.stored[at / "config"] if each.key == "mask"), None)
        release = self.target.release if self.target.keras_3 else WORDS
        return Surroundings(shapes, dtypes, listed, self.masked(), given, release, saved, at_once, mask)

    def masked(self) -> bool:
        """Whether something in the model makes masks; a Lambda may, too."""
        from kdoctor.translate.masks import makes_masks

        held = [each for each in lambdas(self.split.document) if each.key == "mask" and each.at.part == "config"]
        return masked(self.split.document) or any(each.code is None or makes_masks(each) for each in held)

    def _arriving(self, layer: Layer) -> tuple[str | None, ...]:
        """The dtypes of what a layer takes."""
        siblings = {each.key: each for each in layers(self.after) if each.container == layer.container}
        return tuple(self._dtype(source.layer, siblings) for source in layer.calls[0]) if layer.calls else (self._before(layer, siblings),)

    def _before(self, layer: Layer, siblings: Mapping[str, Layer]) -> str | None:
        ordered = sorted(siblings.values(), key=lambda each: each.number)
        place = next((index for index, each in enumerate(ordered) if each.number == layer.number), 0)
        return self._dtype(ordered[place - 1].key, siblings) if place else "float32"

    def _dtype(self, name: str, siblings: Mapping[str, Layer]) -> str | None:
        """What a layer returns; through layers that only arrange, back to one that decides."""
        from kdoctor.translate.dtypes import dtype_of
        from kdoctor.translate.layer_dtypes import ARRANGING, returned_dtype

        layer = siblings.get(name)
        for _ in range(len(siblings) + 1):
            if layer is None:
                return "float32"
            if layer.at in self.cured:
                return self.cured[layer.at].dtype
            node = layer.node
            decided = dtype_of(node.class_name, dict(node.config), []) if of_keras_3(node) else None
            if decided is not None:
                return decided
            if not of_keras_3(node) and (node.class_name not in ARRANGING or node.class_name == "Lambda"):
                return returned_dtype(node, ())
            ordered = sorted(siblings.values(), key=lambda each: each.number)
            earlier = next((each for each in reversed(ordered) if layer is not None and each.number < layer.number), None)
            layer = siblings.get(layer.calls[0][0].layer) if layer.calls and layer.calls[0] else earlier
        return None

    def edits(self) -> list[Edit]:
        """Those on the config, and moves of the arrays whose places are counted by class."""
        if not self.split.changed:
            return [*self.made, *moved_arrays(self.before, self.after)]
        after = in_order(self.after, self.split.containers)
        return [Edit(Pointer("config"), old=self.before.config, new=after.config), *moved_arrays(self.before, after)]


def _joint(calls: tuple[Shapes, ...]) -> Shapes | None:
    """One shape for each input that fits all calls; lengths that differ are left open."""
    calls = tuple(shapes for shapes in calls if shapes and None not in shapes)
    if not calls:
        return ()
    if len({tuple(None if shape is None else len(shape) for shape in shapes) for shapes in calls}) != 1:
        return None
    return tuple(_common([shapes[index] for shapes in calls]) for index in range(len(calls[0])))


def _common(shapes: list[Shape | None]) -> Shape | None:
    known = [shape for shape in shapes if shape is not None]
    if len(known) != len(shapes):
        return None
    return tuple(column[0] if len(set(column)) == 1 else None for column in zip(*known, strict=True))


def _is_listed(stored: Mapping[str, Json]) -> bool:
    calls = stored.get("inbound_nodes")
    call = calls[0] if isinstance(calls, list) and calls else None
    args = call.get("args") if isinstance(call, Mapping) else None
    return isinstance(args, list) and bool(args) and isinstance(args[0], list)


def _check_call(stored: Mapping[str, Json]) -> None:
    from kdoctor.translate.values import Untranslatable

    calls = stored.get("inbound_nodes")
    for call in calls if isinstance(calls, list) else ():
        if isinstance(call, Mapping):
            extra, named = call.get("args", [])[1:], call.get("kwargs") or {}
        else:
            entries = [entry for entry in call if isinstance(entry, list) and len(entry) > 3 and isinstance(entry[3], Mapping)]
            extra, named = [], {key: value for entry in entries for key, value in entry[3].items()}
        if extra or any(value is not None and key not in ("training", "mask") for key, value in named.items()):
            raise Untranslatable("it is called with more than its input")
