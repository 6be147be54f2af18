"""What a pattern looks at, and what it answers with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final, TypeAlias

from kdoctor.document import Json
from kdoctor.keras_api.variables.variable import Shape

CHANNELS_LAST: Final = {"data_format": "channels_last"}  # stated, because a user's keras.json may say otherwise


class Subject(Enum):
    """Which tensor an operand is: what the step before made, another one."""

    BEFORE = "before"
    GIVEN = "given"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Step:
    """One operation: `Subject.BEFORE` among the operands stands for the tensor; ``layer`` where it is one of Keras's layers itself."""

    operation: str
    layer: bool
    operands: tuple[Json, ...]
    config: Mapping[str, Json]

    @property
    def plain(self) -> bool:
        """Whether the tensor is all that it takes."""
        return self.operands == (Subject.BEFORE,)

    def number(self) -> float | int | None:
        """The one number beside the tensor, which stands first or second."""
        others = [operand for operand in self.operands if operand is not Subject.BEFORE]
        return others[0] if len(self.operands) == 2 and len(others) == 1 and type(others[0]) in (int, float) else None

    @property
    def tensor_first(self) -> bool:
        return self.operands[0] is Subject.BEFORE


@dataclass(frozen=True, slots=True)
class Chain:
    """Operations one after the other, from a tensor of the shape ``given`` (None: of any rank) to one of ``made``; ``dtype`` is a float's."""

    steps: tuple[Step, ...]
    given: Shape | None
    made: Shape | None
    dtype: str
    release: str

    @property
    def operations(self) -> tuple[str, ...]:
        return tuple(step.operation for step in self.steps)

    @property
    def only(self) -> Step | None:
        """The step of a chain of one that takes the tensor alone."""
        return self.steps[0] if len(self.steps) == 1 and self.steps[0].plain else None


@dataclass(frozen=True, slots=True)
class Layer:
    """A built-in layer: its class, and what its config says beside name and dtype."""

    class_name: str
    config: Mapping[str, Json] = field(default_factory=dict)


Pattern: TypeAlias = Callable[[Chain], "Layer | None"]
