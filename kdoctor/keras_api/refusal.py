"""What one argument of an object must not be: a row of the tables of refusals."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from kdoctor.document import Json
from kdoctor.keras_api.habits import Habit
from kdoctor.structure.objects import Node


class Refusal(NamedTuple):
    """What one argument must not be.

    classes: of the objects that refuse it, None for every layer; since: the release that began to; refused: whether a value is;
    instead: the value that means the same to the target, None where there is none; trains_otherwise: predictions stay, training does not;
    within: whether it does so beside what else the object states; later: the first release of Keras 3 that takes the value, empty
    where it is Keras 2 that did; beside: what goes with the value, said behind it;
    by: whose value it is, where no later release takes it.
    """

    classes: frozenset[str] | None
    argument: str
    since: Habit
    refused: Callable[[Json], bool]
    says: str
    instead: Callable[[Json], Json] | None = None
    trains_otherwise: bool = False
    within: Callable[[Node], bool] | None = None
    later: str = ""
    beside: str = ""
    by: str = "Keras 2 took"

    def refuses(self, node: Node) -> bool:
        """Whether an object of one of the classes states the argument with such a value."""
        stated = self.argument in node.config and self.refused(node.config[self.argument])
        return stated and (self.within is None or self.within(node))
