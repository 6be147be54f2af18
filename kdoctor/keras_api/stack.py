"""How many layers deep a model may be for each loader, within the 1,000 frames that Python gives to a plain script.

`load_model` is some frames deep when it begins to walk back from the outputs of a model, deeper in a Sequential (which builds itself anew
with each layer) and in every model or wrapper that stands around it. Counted in the frames of the releases, and measured with chains of
Activation layers in Keras 2.15, 3.0, 3.9, 3.12 and 3.15; earlier releases have the same recursion.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from kdoctor.keras_api.habits import Habit
from kdoctor.target import Target

LOOKS_AT_INPUTS = Habit((3, 1))  # each step of the walk flattens the model's inputs first
COMPANY: Final = 60  # frames below a cell of IPython (about 35), a test of pytest (50) or a handler of a web server


class Room(NamedTuple):
    """The most calls of a Functional that is the whole file; how many fewer in a Sequential, and for each model or wrapper around."""

    most: int
    sequential: int
    around: int


KERAS_2: Final = {True: Room(986, 1, 6), False: Room(983, 1, 6)}  # by whether the file is a `.keras` archive
KERAS_3_0: Final = {True: Room(986, 3, 4), False: Room(985, 3, 5)}
KERAS_3: Final = {True: Room(983, 3, 4), False: Room(984, 3, 5)}


def room(target: Target, *, native: bool, sequential: bool, around: int) -> int:
    """The most calls that a model may have on its deepest way; ``around``: the models and wrappers that it stands in."""
    rows = KERAS_2 if not target.keras_3 else KERAS_3 if LOOKS_AT_INPUTS.of(target) else KERAS_3_0
    found = rows[native]
    return found.most - (found.sequential if sequential else 0) - around * found.around
