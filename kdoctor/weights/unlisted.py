"""The arrays of a group of an ``.h5`` in the order of its layer's weights, told by their names: for a list that has lost entries, or all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from kdoctor.document import Document, Weight
from kdoctor.weights.claims import Listed, leaves
from kdoctor.weights.held import Kind
from kdoctor.weights.stored import is_told
from kdoctor.weights.stored_h5 import PARTS, Group, ledger

MOST = 64  # blocks of one kind that no folder tells apart: each is tried with each


class _Block(NamedTuple):
    """The variables of a layer, or of a part of one, which stand in one folder: role -> place in the layer's order.

    owner: the name of the layer; word: what the names of an ``.h5`` call the part, where they call it otherwise than the layer.
    """

    kind: Kind
    owner: str
    word: str | None
    places: Mapping[str, int]


class _Folder(NamedTuple):
    """Arrays whose names differ in the last step alone: role -> name."""

    steps: frozenset[str]
    names: Mapping[str, str]


@lru_cache(maxsize=4)
def regained(document: Document) -> Mapping[str, tuple[str, ...]]:
    """The whole ``weight_names`` of each group, by its name, that lists fewer arrays than its layer has weights, or some that are not there."""
    found = ledger(document)
    short = [(layer, group) for layer, group in (found.pairs if found is not None else ()) if lacks(layer, group)]
    return {group.name: order for layer, group in short if (order := in_full(layer, group)) is not None}


def lacks(layer: Listed, group: Group) -> bool:
    """Whether a group lists fewer arrays than its layer has weights, or some that are not there."""
    return len(group.names) < len(layer.variables or ()) or any(name not in group.arrays for name in group.names)


def in_full(layer: Listed, group: Group) -> tuple[str, ...] | None:
    """The ``weight_names`` of a group that holds all arrays of its layer, whatever it lists; None where names and shapes leave no order, or several.

    Each part of a layer, and each layer of a nested model, has one folder, which holds arrays of exactly its roles and shapes; a folder that
    bears the name of another one is not its own. What is listed keeps its order, and no array may be left that could be one of those added.
    """
    count, listed = len(layer.variables or ()), [name for name in group.names if name in group.arrays]
    blocks = _blocks(layer)
    if not blocks or len({*listed}) < len(listed):
        return None
    at = {name: index for index, name in enumerate(listed)}
    candidates = _candidates(blocks, _folders(group.arrays, {block.kind for block in blocks}))
    fitting = [
        [folder for folder in some if _in_reach(block, folder, at, count - len(listed))]
        for block, some in zip(blocks, candidates, strict=True)
    ]
    chosen = _matched(fitting)
    if chosen is None:
        return None
    placed = {place: folder.names[role] for block, folder in zip(blocks, chosen, strict=True) for role, place in block.places.items()}
    order = tuple(placed[place] for place in range(count))
    return order if [name for name in order if name in at] == listed and not _rivals(order, at, group.arrays) else None


def _blocks(layer: Listed) -> list[_Block]:
    """None at all where a role stands twice in one of them, or a shape is not told."""
    owners = {place: node.name or "" for node, place in leaves(layer.node)}
    places: dict[str, dict[str, int]] = {}
    kinds: dict[str, set[tuple[str, tuple[int | None, ...]]]] = {}
    for index, variable in enumerate(layer.variables or ()):
        part = variable.path.rpartition("vars/")[0].rstrip("/")
        if variable.shape is None or not is_told(variable.shape) or variable.role in places.setdefault(part, {}):
            return []
        places[part][variable.role] = index
        kinds.setdefault(part, set()).add((variable.role, variable.shape))
    return [_Block(frozenset(kinds[part]), *_owner(part, owners), roles) for part, roles in places.items()]


def _owner(part: str, owners: Mapping[str, str]) -> tuple[str, str | None]:
    place = part
    while place and place not in owners:
        place = place.rpartition("/")[0]
    return owners.get(place, ""), PARTS.get(part.removeprefix(place).lstrip("/").split("/")[0])


def _folders(arrays: Mapping[str, Weight], kinds: Iterable[Kind]) -> Mapping[Kind, list[_Folder]]:
    """The folders by what is in them; their roles by the last word, where no layer has them as they are (``depthwise_kernel``)."""
    inside: dict[str, list[str]] = {}
    for name in arrays:
        inside.setdefault(name.rpartition("/")[0], []).append(name)
    found: dict[Kind, list[_Folder]] = {kind: [] for kind in kinds}
    for folder, names in inside.items():
        for roles in ([_role(name) for name in names], [_role(name).rpartition("_")[2] for name in names]):
            kind = frozenset((role, tuple(arrays[name].shape)) for role, name in zip(roles, names, strict=True))
            if kind in found and len({*roles}) == len(names):
                found[kind].append(_Folder(frozenset(folder.split("/")), dict(zip(roles, names, strict=True))))
                break
    return found


def _role(name: str) -> str:
    return name.rpartition("/")[2].split(":")[0]


def _candidates(blocks: Sequence[_Block], folders: Mapping[Kind, list[_Folder]]) -> list[list[_Folder]]:
    """The folders of each block's kind that bear the name of its layer, or of none, and the word for its part."""
    owners = {block.owner for block in blocks} if len({block.owner for block in blocks}) > 1 else set()
    named: dict[tuple[Kind, str], list[_Folder]] = {}
    for kind, some in folders.items():
        for folder in some:
            for step in folder.steps & owners or {""}:
                named.setdefault((kind, step), []).append(folder)
    many = {kind for kind, count in Counter(block.kind for block in blocks).items() if count > MOST}
    alike = Counter((block.kind, block.owner) for block in blocks)
    found = []
    for block in blocks:
        nameless = [] if block.kind in many else named.get((block.kind, ""), [])
        tried = block.owner in owners and alike[block.kind, block.owner] <= MOST
        some = [*(named.get((block.kind, block.owner), []) if tried else []), *nameless]
        found.append([folder for folder in some if block.word is None or any(step.startswith(block.word) for step in folder.steps)])
    return found


def _in_reach(block: _Block, folder: _Folder, at: Mapping[str, int], more: int) -> bool:
    """Whether the list, with so many entries more, may have what it lists of the folder in the block's places."""
    return all(0 <= block.places[role] - at[name] <= more for role, name in folder.names.items() if name in at)


def _matched(candidates: Sequence[Sequence[_Folder]]) -> list[_Folder] | None:
    """The one way to give each block a folder of its own; None where there is none, or a second one.

    Where there is one way alone, some block has one folder alone, and so on for the others without these two.
    """
    wanted: dict[int, list[int]] = {}
    for index, some in enumerate(candidates):
        for folder in some:
            wanted.setdefault(id(folder), []).append(index)
    left = [{id(folder): folder for folder in some} for some in candidates]
    ready = [index for index, some in enumerate(left) if len(some) == 1]
    chosen: dict[int, _Folder] = {}
    while ready:
        index = ready.pop()
        if not left[index]:
            return None
        ((key, folder),) = left[index].items()
        chosen[index] = folder
        for other in wanted[key]:
            if other not in chosen and left[other].pop(key, None) is not None and len(left[other]) <= 1:
                ready.append(other)
    return [chosen[index] for index in range(len(candidates))] if len(chosen) == len(candidates) else None


def _rivals(order: Sequence[str], listed: Mapping[str, int], arrays: Mapping[str, Weight]) -> bool:
    """Whether an array that stays unlisted has the role and the shape of one that is added."""
    added = {(_role(name), tuple(arrays[name].shape)) for name in order if name not in listed}
    taken = {*order}
    return any((_role(name), tuple(weight.shape)) in added for name, weight in arrays.items() if name not in taken)
