"""Many files: found in folders, each examined in a worker process with limits, one bad file never stopping the rest."""

from __future__ import annotations
