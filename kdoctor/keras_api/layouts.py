"""Where a release's loader of ``.keras`` archives looks for the weights of a layer (saving_lib._load_state, H5IOStore.get)."""

from __future__ import annotations

import re
from typing import NamedTuple

from kdoctor.target import Target

LAYERS, CHECKPOINT = "layers", "_layer_checkpoint_dependencies"
LONGEST = 9  # digits of a layer's number: Python reads none of more than 4,300
NUMBER = re.compile(rf"_([0-9]{{1,{LONGEST}}})(?=/|$)")
RELEASE = re.compile(r"([0-9]{1,4})\.([0-9]{1,4})(?![0-9])")


class Layout(NamedTuple):
    """folders: what a model's layers stand under, the first one that is there counts; underscored: parts of an attention layer too;
    doubled: layers of one class are counted by twos; uncounted: of a release that saves, a layer that was saved before is not counted;
    joins: two entries with one number become one layer (`structure.shared_layers`)."""

    folders: tuple[str, ...]
    underscored: bool = False
    doubled: bool = False
    uncounted: bool = False
    joins: bool = False

    def place(self, place: str) -> str:
        """``layers/dense_1`` as this layout counts and calls it, in the first of its folders."""
        return _renamed(doubled(place) if self.doubled else place, LAYERS, self.folders[0])

    def opened(self, group: str) -> tuple[str, ...]:
        """The paths under which the loader seeks a group, one after the other; ``group`` is in the first of its folders."""
        return tuple(_renamed(group, self.folders[0], folder) for folder in self.folders)

    def part(self, class_name: str, part: str) -> str:
        """``query_dense`` as this layout writes it; every other part of a layer has one name in all."""
        attention = class_name == "MultiHeadAttention" and part.endswith("_dense")
        return f"_{part.lstrip('_')}" if attention and self.underscored else part


def doubled(place: str) -> str:
    """A place, or a step of one, as releases write it that count by twos: ``dense_2`` for ``dense_1``."""
    return NUMBER.sub(lambda found: f"_{2 * int(found[1])}", place) if "_" in place else place


def halved(step: str) -> str:
    """The step of a place that those releases write so: ``dense_1`` for ``dense_2``."""
    stem, _, number = step.rpartition("_")
    even = number.isascii() and number.isdecimal() and len(number) <= LONGEST and int(number) % 2 == 0
    return f"{stem}_{int(number) // 2}" if even else step


def _renamed(path: str, folder: str, name: str) -> str:
    """The path with all folders of one name called by another."""
    return path if folder == name else f"/{path}".replace(f"/{folder}/", f"/{name}/")[1:]


# Keras 3 falls back to the folder of TensorFlow 2.12 and 2.13.
KERAS_3 = Layout((LAYERS, CHECKPOINT), joins=True)
# Measured on archives of TensorFlow 2.12.1, 2.13.1 and 2.15.1, each read by the others; 2.14 from its source (_walk_trackable).
KERAS_2_15 = Layout((LAYERS,), underscored=True, uncounted=True)
KERAS_2_14 = Layout((CHECKPOINT,), underscored=True, uncounted=True)
KERAS_2_12 = Layout((CHECKPOINT,), underscored=True, doubled=True)


def layout_of(target: Target) -> Layout:
    """The layout that the target's loader reads."""
    return KERAS_3 if target.keras_3 else _of_keras_2(target.minor)


def layout_for(release: str) -> Layout | None:
    """The layout that a Keras release of this name writes; None where it is no name of one."""
    found = RELEASE.match(release)
    minor = (int(found[1]), int(found[2])) if found else None
    return None if minor is None else KERAS_3 if minor >= (3, 0) else _of_keras_2(minor)


def _of_keras_2(minor: tuple[int, int]) -> Layout:
    if minor >= (2, 15):
        return KERAS_2_15
    return KERAS_2_14 if minor >= (2, 14) else KERAS_2_12
