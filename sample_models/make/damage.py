"""Stage damage: break copies of the healthy files as downloads, archivers, editors and converters do. Needs h5py, and onnx for one file."""

from __future__ import annotations

from collections.abc import Sequence

import damage_deployment
import damage_documents
import damage_files
import damage_hdf5
import damage_models
import damage_safety
import damage_weights
import damage_zip


def make(_: Sequence[str]) -> None:
    damage_files.make()
    damage_zip.make()
    damage_hdf5.make()
    damage_documents.make()
    damage_models.make()
    damage_weights.make()
    damage_safety.make()
    damage_deployment.make()
