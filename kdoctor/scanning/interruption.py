"""A scan that is told to stop keeps what it has: the reports end early, and say so."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterable, Iterator
from types import FrameType
from typing import Generic, TypeVar

T = TypeVar("T")
EXIT = 128 + signal.SIGINT  # the exit code of a command that was interrupted


class Interruptible(Generic[T]):
    """The items of an iterable until Ctrl-C, or until a scheduler asks the process to end (SIGTERM); ``interrupted`` tells which it was.

    Only what comes while an item is waited for is caught: what was begun with an item is always finished.
    """

    def __init__(self, items: Iterable[T]) -> None:
        self._items = items
        self._asked = False
        self._waiting = False
        self.interrupted = False

    def __iter__(self) -> Iterator[T]:
        main = threading.current_thread() is threading.main_thread()
        before = {number: signal.signal(number, self._ask) for number in (signal.SIGINT, signal.SIGTERM)} if main else {}
        items = iter(self._items)
        try:
            while not self._asked:
                self._waiting = True
                item = next(items, self)
                self._waiting = False
                if item is self:
                    return
                yield item  # type: ignore[misc]  # not the mark of the end
        except KeyboardInterrupt:
            self._asked = True
        finally:
            self._waiting = False
            self.interrupted = self._asked
            if close := getattr(items, "close", None):
                close()
            for number, handler in before.items():
                signal.signal(number, handler)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        self._asked = True
        if self._waiting:
            self._waiting = False  # a second one must not interrupt the end
            raise KeyboardInterrupt
