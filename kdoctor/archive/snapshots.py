"""Links that lead to the real file within one download: ``huggingface_hub`` keeps every file in ``blobs``, and links to it from ``snapshots``.

Its cache (file_download.py, hf_hub_download) is ``models--OWNER--NAME/snapshots/COMMIT/config.json`` -> ``../../blobs/DIGEST``.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

SNAPSHOTS: Final = "snapshots"
BLOBS: Final = "blobs"


def leads_elsewhere(file: Path) -> bool:
    """Whether a path is a link to anything but a file of the same download. Never raises."""
    return os.path.islink(file) and not _is_downloaded(file)


def _is_downloaded(link: Path) -> bool:
    real = os.path.realpath(link)
    return os.path.isfile(real) and any(
        folder.name == SNAPSHOTS and os.path.dirname(real) == os.path.join(os.path.realpath(folder.parent), BLOBS)  # no link itself
        for folder in Path(os.path.abspath(link)).parents
    )
