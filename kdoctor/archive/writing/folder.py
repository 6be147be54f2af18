"""An unpacked ``.keras`` folder written anew, as a whole new folder."""

from __future__ import annotations

import shutil
from pathlib import Path

from kdoctor.archive.snapshots import leads_elsewhere
from kdoctor.archive.writing.brought import brought_assets, write_assets
from kdoctor.archive.writing.h5_container import edit_hdf5
from kdoctor.archive.writing.hdf5_job import hdf5_job
from kdoctor.archive.writing.planned_names import planned_names
from kdoctor.archive.writing.zip_container import FILES, planned_texts
from kdoctor.archive.zip.names import WEIGHTS
from kdoctor.document import Document
from kdoctor.errors import WriteError


def write_dir(before: Document, after: Document, source: Path, out: Path) -> None:
    """Write the planned folder to ``out``, which does not exist yet. Links stay links: none is followed.

    Raises `WriteError` where the plan asks for something that the folder cannot hold.
    """
    shutil.copytree(source, out, symlinks=True)
    kept = planned_names(before, after)
    for key, member in before.members.items():
        if key not in kept:
            (out / member.name).unlink()
    for part, text in planned_texts(before, after).items():
        file = out / FILES[part]
        file.unlink(missing_ok=True)
        if text is not None:
            file.write_text(text, encoding="utf-8")
    write_assets(brought_assets(after), out)
    if job := hdf5_job(before, after, texts=False):
        weights = out / WEIGHTS
        if not weights.is_file() or leads_elsewhere(weights):
            raise WriteError(f"cannot change weights or attributes: the folder has no {WEIGHTS}")
        weights.chmod(0o600)
        edit_hdf5(weights, job, after)
