from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from kdoctor.check import Finding, Need, Repair, Safety, Severity, check
from kdoctor.document import Document, Weight
from kdoctor.edit import Edit
from kdoctor.keras_api.layouts import Layout, layout_of
from kdoctor.keras_api.variables.variable import Shape, Variable
from kdoctor.pointer import Pointer
from kdoctor.recipe import transpose
from kdoctor.target import Target
from kdoctor.weights.crossed_h5 import crossed
from kdoctor.weights.exchanged_h5 import Exchange, exchanged, perhaps_exchanged
from kdoctor.weights.rearrange import exchanges, relocations
from kdoctor.weights.renames import renames
from kdoctor.weights.stored import accountable, accounts, written
from kdoctor.weights.stored_h5 import Group, ledger, misfits

from ._claimed_arrays import Claimed, claimed_arrays
from ._other_numbers import other_numbers
from ._square_kernels import perhaps_turned
from ._texts_for_numbers import texts_for_numbers
from ._unsorted_axes import is_as_listed, keeps_order, sorted_axes
from ._weights_order import exchanged_names, reordered

NEED = Need("FILE", "the file as it was saved", "the numbers of another shape are those of another model")

TURNED = ("kernel", "recurrent_kernel", "embeddings")  # roles of two axes that other libraries keep the other way round


@check("K702", Severity.ERROR, since="0.1.0", mild=Severity.WARNING)
def weights_shape_mismatch(document: Document, target: Target) -> Iterator[Finding]:
    """A stored array has another shape than the variable that it is for.

    What a layer owns follows from its config and from the shape of its input: a Dense of 3 units after 5 features has a kernel (5, 3).
    Keras refuses anything else: "The shape of the target variable and the shape of the target value in `variable.assign(value)` must
    match", in an ``.h5`` "Shape mismatch in layer #1 … Weight expects shape (5, 3). Received saved weight with shape (3, 5)".

    A kernel whose two axes stand exactly the other way round, as other libraries keep them, is turned: config and bias agree that it
    must be; not where two of them may have been exchanged instead, (4, 5) for (5, 4), and not where every kernel is turned and others are
    square, of which no shape tells whether they are, too. Where another array has that shape in its own place, this one may be a copy of it
    instead, and its numbers are lost: then the kernel is turned with ``--unsafe`` only. Else there is no cure: which of the two is right cannot be told from the file. Arrays that only stand in the wrong order
    are told, and put right, by K705. An array of texts is no variable's, whatever its shape: "could not convert string to float".

    A LayerNormalization over axes that do not ascend (``axis=[3, 2]``) has arrays of another shape since Keras 3.14, with the same numbers in the same
    order: the cure writes them so, and the axes in ascending order.

    The numbers of a bfloat16 layer stand in an ``.h5`` as bytes that Keras 3 does not read back, although it wrote them: "No cast function
    available". They are stored as float32, which holds every one of them as it is. Whole numbers where a layer computes with fractions
    are a warning: Keras takes them as they are, so what somebody rounded or quantized by hand computes something else without its scale.
    Half precision is no fault: the numbers are what the file says.
    """
    if not accountable(document):
        return
    yield from texts_for_numbers(document, target)
    yield from other_numbers(document, target)
    if document.format.native:
        yield from _in_archive(document, target)
        return
    found = ledger(document)
    if found is None or not found.disagreeing:
        return
    square = perhaps_turned(document, layout_of(target), TURNED)
    undecided = bool(square) or _perhaps_exchanged([pair for layer, group in found.disagreeing for pair in misfits(layer, group)])
    moved = crossed(document)
    explained, others = {group.name for _, group, _ in reordered(found)}, exchanged_names(found)
    explained |= {group.name for _, group in moved.pairs} if moved is not None else set()
    explained |= {row.there.name for row in exchanged(document)}
    perhaps = perhaps_exchanged(document)
    for layer, group in found.disagreeing:
        if group.name not in explained:
            wrong = misfits(layer, group)
            variable, weight = wrong[0]
            may_be_turned = group.name not in others and not undecided
            paths = {id(weight): f"model_weights/{group.name}/{name}" for name, weight in zip(group.names, group.weights, strict=True)}
            twin = _twin(document, layout_of(target), wrong)
            repair = _turned([(variable, paths[id(weight)], weight) for variable, weight in wrong], twin) if may_be_turned else None
            yield Finding(
                group.at,
                _told(layer.name, wrong) + _doubt(square) + _left_behind(group, perhaps) + _copied(repair, twin),
                repair=repair,
                needs=() if repair else (NEED,),
                layer=layer.name,
                keras_says=f"ValueError: Shape mismatch in layer #… (named {layer.name})for weight …{variable.role}. Weight expects shape "
                f"{written(variable.shape)}. Received saved weight with shape {written(weight.shape)}",
            )


def _in_archive(document: Document, target: Target) -> Iterator[Finding]:
    explained = {
        id(account)
        for look in (exchanges, relocations, renames)
        for found in look(document, layout_of(target))
        for account in found.accounts
    }
    wrong = [account for account in accounts(document, layout_of(target)) if account.mismatched]
    square = perhaps_turned(document, layout_of(target), TURNED) if wrong else ()
    undecided = bool(square) or _perhaps_exchanged([(variable, weight) for account in wrong for variable, _, weight in account.mismatched])
    for account in wrong:
        listed = is_as_listed(account.claim.node, account.mismatched)
        if id(account) not in explained and not (listed and keeps_order(target)):
            arrays = [(variable, weight) for variable, _, weight in account.mismatched]
            twin = None if listed else _twin(document, layout_of(target), arrays)
            turned = None if listed or undecided else _turned(account.mismatched, twin)
            repair = sorted_axes(account.claim.node, account.mismatched) if listed else turned
            yield Finding(
                account.claim.node.at,
                _told(account.claim.name, arrays) + _doubt(square) + _copied(repair, twin),
                repair=repair,
                needs=() if repair else (NEED,),
                layer=account.claim.name,
                keras_says="ValueError: The shape of the target variable and the shape of the target value in `variable.assign(value)` "
                "must match.",
            )


def _told(name: str, wrong: list[tuple[Variable, Weight]]) -> str:
    variable, weight = wrong[0]
    more = f", and {len(wrong) - 1} more" if len(wrong) > 1 else ""
    return (
        f"the {variable.role} of {name!r} is {written(weight.shape)} in the file, but its config makes it {written(variable.shape)}{more}"
    )


def _doubt(square: Sequence[Claimed]) -> str:
    if not square:
        return ""
    more = f" and {len(square) - 1} more" if len(square) > 1 else ""
    return f"; every kernel is turned round, and no shape tells whether that of {square[0].layer!r}{more}, as long as wide, is, too"


def _left_behind(group: Group, perhaps: Sequence[Exchange]) -> str:
    """What keeps groups from being put back that were exchanged: arrays of one role and one shape, of which no name tells where they stood."""
    if group.name not in {row.there.name for row in perhaps}:
        return ""
    counted = Counter((variable.role, variable.shape) for row in perhaps for variable in row.layer.variables or ())
    (role, shape), _ = counted.most_common(1)[0]
    others = [repr(row.layer.name) for row in perhaps if row.there.name != group.name]
    named = " and ".join(others[:3]) + (f" and {len(others) - 3} more" if len(others) > 3 else "")
    return (
        f"; it stands in the place of that of {named}, but no array bears a layer's name, and nothing tells whether the {role} "
        f"{written(shape)}, which several of them have, was exchanged, too"
    )


def _perhaps_exchanged(wrong: Sequence[tuple[Variable, Weight]]) -> bool:
    """Whether the arrays of wrong shapes are, all together, those that their places need: each may stand in another's, a kernel for embeddings."""
    return Counter(variable.shape for variable, _ in wrong) == Counter(tuple(weight.shape) for _, weight in wrong)


def _twin(document: Document, layout: Layout, wrong: Sequence[tuple[Variable, Weight]]) -> str | None:
    """The layer of another array that has the shape of one of these, in its own place: they may be copies of it."""
    right = _in_place(document, layout)
    return next((right[shape] for _, weight in wrong if (shape := tuple(weight.shape)) in right), None)


@lru_cache(maxsize=4)
def _in_place(document: Document, layout: Layout) -> Mapping[Shape, str]:
    """The shapes that arrays have in their own places, each with the first layer of one."""
    found: dict[Shape, str] = {}
    for one in claimed_arrays(document, layout):
        if (shape := tuple(one.weight.shape)) == one.variable.shape:
            found.setdefault(shape, one.layer)
    return found


def _copied(repair: Repair | None, twin: str | None) -> str:
    doubted = repair is not None and repair.safety is Safety.UNSAFE
    return f"; {twin!r} has an array of that shape, of which this may be a copy: no shape tells" if doubted else ""


def _turned(wrong: Sequence[tuple[Variable, str, Weight]], twin: str | None) -> Repair | None:
    """The arrays with their two axes exchanged, where each then has the shape that its config proves: a bias of that length is there.

    twin: the layer of which they may be copies.
    """
    proven = all(
        variable.role in TURNED and variable.shape is not None and len(variable.shape) == 2 and tuple(weight.shape) == variable.shape[::-1]
        for variable, _, weight in wrong
    )
    if not proven:
        return None
    edits = (Edit(Pointer("weights", (path,)), old=weight, new=Weight.made(transpose(weight.numbers))) for _, path, weight in wrong)
    roles = dict.fromkeys(variable.role for variable, _, _ in wrong)
    safety = Safety.SAFE if twin is None else Safety.UNSAFE
    return Repair(f"exchange the two axes of the {' and the '.join(roles)}", tuple(edits), safety, first=True)
