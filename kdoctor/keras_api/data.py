"""The tables that stand beside this package's code as JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent


def table(name: str) -> dict[str, Any]:
    """The object that a file of this folder holds (``guards.json``)."""
    read: dict[str, Any] = json.loads((FOLDER / name).read_bytes())
    return read
