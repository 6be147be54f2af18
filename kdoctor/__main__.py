"""``python -m kdoctor``. Before one of our lines is run, Python has looked for modules in the working folder: ``python -P -m kdoctor`` does not."""

from __future__ import annotations

import os
import sys

if __name__ == "__main__":
    if sys.path[:1] in ([""], [os.getcwd()]) and not (sys.flags.isolated or getattr(sys.flags, "safe_path", False)):
        del sys.path[0]  # what is imported from here on does not come from there
    from kdoctor.cli import run

    run()
