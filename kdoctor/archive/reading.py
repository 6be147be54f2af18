"""What was read from bytes before it is known which file they came from."""

from __future__ import annotations

from dataclasses import dataclass, field

from kdoctor.document import Fault, Format, Json


@dataclass(frozen=True, slots=True)
class Reading:
    """``content`` is what the innermost bytes are; ``parts`` are those of a `Document` but for ``file`` and ``faults``.

    wrapping: the outer containers that were looked through, outermost first.
    """

    format: Format
    content: str
    parts: dict[str, Json] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()
    wrapping: tuple[str, ...] = ()

    def within(self, container: str, *faults: Fault) -> Reading:
        """The same reading, found inside a container that has faults of its own."""
        return Reading(self.format, self.content, self.parts, (*faults, *self.faults), (container, *self.wrapping))
