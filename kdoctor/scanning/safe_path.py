"""Where the Pythons that a scan starts look for modules: not in the folder that the user stands in, where downloaded models may lie, and
whatever came with them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

VARIABLE = "PYTHONSAFEPATH"
OPTIONS = "_args_from_interpreter_flags"  # the function that says with which options children are started


@contextmanager
def safe_path() -> Iterator[None]:
    """What is started meanwhile imports nothing from the working folder. What it needs from elsewhere it is told by who starts it.

    Python 3.10 knows nothing of the variable: there `multiprocessing` is made to start its children isolated (``-I``).
    """
    from multiprocessing import util

    before, flags = os.environ.get(VARIABLE), getattr(util, OPTIONS)
    os.environ[VARIABLE] = "1"
    if sys.version_info < (3, 11):
        setattr(util, OPTIONS, lambda: [*flags(), "-I"])
    try:
        yield
    finally:
        setattr(util, OPTIONS, flags)
        if before is None:
            del os.environ[VARIABLE]
        else:
            os.environ[VARIABLE] = before
