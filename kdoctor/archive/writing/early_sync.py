"""Brings what is being written to the disk while the writing goes on, so that nobody has to wait for all of it at the end."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator
from typing import Final

SECONDS: Final = 0.2  # between two rounds
SYNC: Final = getattr(os, "fdatasync", os.fsync)


@contextlib.contextmanager
def synced_early(path: str) -> Iterator[None]:
    """While the block writes to the file. Raises OSError for what the disk refused: whoever asks later is not told any more."""
    refused: list[OSError] = []
    done = threading.Event()
    with open(path, "r+b", buffering=0) as file:

        def work() -> None:
            while not done.wait(SECONDS) and not refused:
                try:
                    SYNC(file.fileno())
                except OSError as error:
                    refused.append(error)

        thread = threading.Thread(target=work, name="early sync", daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()
    if refused:
        raise refused[0]
