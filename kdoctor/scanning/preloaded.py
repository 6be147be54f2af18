"""Imported once by the server that worker processes are forked from: the reading code and the checks, so that a new worker starts at once."""

from __future__ import annotations

import contextlib
import sys

from kdoctor.errors import PackError
from kdoctor.packs import load_checks
from kdoctor.scanning import examination as examination  # and all that it needs

with contextlib.suppress(PackError):  # told by the worker that needs them
    load_checks()

# A worker that is being started while the scan ends finds that what it was to use is gone: nobody waits for it, and nobody needs its traceback.
sys.excepthook = lambda *_: None
