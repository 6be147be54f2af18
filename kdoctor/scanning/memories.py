"""What a scan remembers: the cache that all scans share, and the journal of the one that may be interrupted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from kdoctor.archive import Place
from kdoctor.limits import Limits
from kdoctor.scanning.identity import circumstances, signature
from kdoctor.scanning.job import Examined
from kdoctor.scanning.memory import Memory
from kdoctor.target import Target


class Memories(NamedTuple):
    """What a scan may take over from earlier ones. ``cache`` keeps what was examined without a failure, ``journal`` everything: it belongs
    to one scan, which takes up where it was interrupted."""

    cache: Memory | None = None
    journal: Memory | None = None

    def reports(self, signatures: Mapping[str, str]) -> dict[str, str]:
        """What is known of files, given by path, whose status says that they have not changed."""
        known: dict[str, str] = {}
        for memory in (self.journal, self.cache):
            if memory is not None and len(known) < len(signatures):
                known = {**memory.by_status(signatures), **known}
        return known

    def keep(self, place: Place, before: str | None, examined: Examined) -> None:
        """Remember what was found in a file, unless it has changed meanwhile."""
        after = examined.signature if examined.whole else signature(place)  # a worker that is lost cannot say
        unchanged = before if before == after else None
        if self.cache is not None and examined.whole and examined.content is not None:
            self.cache.keep(str(place), unchanged, examined.content, examined.report)
        if self.journal is not None and unchanged is not None:
            self.journal.keep(str(place), unchanged, f"{place} {unchanged}", examined.report)


@contextmanager
def opened(cache: Path | None, journal: Path | None, target: Target, tell: Callable[[str], None]) -> Iterator[Memories]:
    """The memories in these files, for one target and its options."""
    with ExitStack() as stack:
        where = circumstances(target, Limits()) if cache or journal else ""
        found = [None if path is None else stack.enter_context(Memory(path, where, tell)) for path in (cache, journal)]
        yield Memories(*found)
