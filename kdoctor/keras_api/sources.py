"""Where the source of each release is had: downloaded with pip, as a wheel or, for Keras 1, as a source archive."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from kdoctor.keras_api.families import Release
from kdoctor.keras_api.hierarchy import Hierarchy
from kdoctor.keras_api.wheel import SKIPPED, read_wheel

# TensorFlow 2.0 has no build without GPU support that pip finds; its wheels need an old Python's tag.
TENSORFLOW = ("--python-version", "37", "--only-binary=:all:", "--platform", "manylinux2010_x86_64")
DISTRIBUTIONS = {"2.0.4": "tensorflow"}
# What tf.keras of TensorFlow 2.0 to 2.5 consists of.
KEPT_OF_TENSORFLOW = ("tensorflow/python/keras/", "tensorflow/python/ops/init_ops", "tensorflow/python/feature_column/")
# Folders that no model file can name, relative to the package.
SKIPPED_OF_KERAS_2 = (
    "api",
    "applications",
    "benchmarks",
    "datasets",
    "distribute",
    "dtensor",
    "estimator",
    "integration_test",
    "testing_infra",
    "tests",
    "legacy_tf_layers",
    "wrappers",
)


def hierarchy_of(release: Release, folder: Path) -> Hierarchy:
    """The classes and functions of a release; its archive is downloaded into ``folder`` unless it is there."""
    archive = _archive(release, folder)
    if not release.package:
        return Hierarchy(read_wheel(archive, ("keras/",), SKIPPED))
    root = release.package.replace(".", "/") + "/"
    kept = KEPT_OF_TENSORFLOW if release.name == "tf.keras" else (root,)
    return Hierarchy(read_wheel(archive, kept, tuple(f"{root}{name}/" for name in SKIPPED_OF_KERAS_2)))


def _archive(release: Release, folder: Path) -> Path:
    distribution = DISTRIBUTIONS.get(release.number, "tensorflow-cpu") if release.name == "tf.keras" else release.name
    found = _downloaded(folder, distribution, release.number)
    if found is None:
        options = TENSORFLOW if release.name == "tf.keras" else ("--ignore-requires-python",)
        command = [
            sys.executable,
            "-m",
            "pip",
            "download",
            "--quiet",
            "--no-deps",
            *options,
            "--dest",
            str(folder),
            f"{distribution}=={release.number}",
        ]
        subprocess.run(command, check=True)
        found = _downloaded(folder, distribution, release.number)
    assert found is not None, f"pip left no archive of {release.label}"
    return found


def _downloaded(folder: Path, distribution: str, number: str) -> Path | None:
    """The archive of a release, whatever its tags and capitals: ``Keras-2.1.6-py2.py3-none-any.whl``, ``Keras-1.2.2.tar.gz``."""
    start = f"{distribution.replace('-', '_')}-{number}"
    archives = (path for path in sorted(folder.iterdir()) if path.name.endswith((".whl", ".tar.gz")))
    return next((path for path in archives if path.name.lower().startswith((f"{start}-", f"{start}.tar"))), None)
