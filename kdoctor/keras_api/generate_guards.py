"""Writes guards.json from Keras's archives: ``python -m kdoctor.keras_api.generate_guards --wheels FOLDER``.

For developers, when Keras publishes a release: which triggers of the loading CVEs each release refuses, as its source says. The archives
are read as text and never imported. Advisories are not asked: some name a release whose source has no guard.
"""

from __future__ import annotations

import argparse
import datetime
import json
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

Read = Callable[[str], str]  # the text of a module by its path below the package; empty where there is none

FILE = Path(__file__).with_name("guards.json")
KERAS = [
    "2.12.0",
    "2.13.1",
    "2.14.0",
    "2.15.0",
    "3.0.0",
    "3.0.1",
    "3.0.2",
    "3.0.3",
    "3.0.4",
    "3.0.5",
    "3.1.0",
    "3.1.1",
    "3.2.0",
    "3.2.1",
    "3.3.0",
    "3.3.1",
    "3.3.2",
    "3.3.3",
    "3.4.0",
    "3.4.1",
    "3.5.0",
    "3.6.0",
    "3.7.0",
    "3.8.0",
    "3.9.0",
    "3.9.1",
    "3.9.2",
    "3.10.0",
    "3.11.0",
    "3.11.1",
    "3.11.2",
    "3.11.3",
    "3.12.0",
    "3.12.1",
    "3.12.2",
    "3.12.3",
    "3.12.4",
    "3.13.0",
    "3.13.1",
    "3.13.2",
    "3.14.0",
    "3.14.1",
    "3.15.0",
    "3.15.1",
]
TF_KERAS = ["2.15.1", "2.16.0", "2.17.0", "2.18.0", "2.19.0", "2.20.1", "2.21.0"]


@dataclass(frozen=True, slots=True)
class Probe:
    """The sign of a guard: a pattern in one of these modules (relative to ``keras/src``, without ``.py``)."""

    modules: tuple[str, ...]
    pattern: str

    def holds(self, read: Read) -> bool:
        """Whether the release has the guard."""
        return any(re.search(self.pattern, read(module), re.DOTALL) for module in self.modules)


SERIALIZATION = ("saving/serialization_lib",)
STORE = ("saving/saving_lib",)
LEGACY = ("legacy/saving/legacy_h5_format", "saving/legacy/hdf5_format")
PROBES = {
    "lambda": Probe(SERIALIZATION, r'"__lambda__":\s+if safe_mode:'),
    "lambda-hdf5": Probe(LEGACY, r"def load_model_from_hdf5\([^)]*safe_mode"),
    "lambda-unset-mode": Probe(("layers/core/lambda_layer",), r"effective_safe_mode is not False"),
    "foreign-module": Probe(SERIALIZATION, r'package in \{"keras", "keras_hub"'),
    "non-modelling": Probe(SERIALIZATION, r"is not a KerasSaveable subclass|not a KerasSaveable"),
    "unsafe-switch": Probe(SERIALIZATION, r"LOADING_APIS|NON_MODELING_APIS"),
    "non-modelling-list": Probe(SERIALIZATION, r"NON_MODELING_APIS"),
    "torch-module": Probe(("utils/torch_utils",), r"safe_mode"),
    "torch-module-unset-mode": Probe(("utils/torch_utils",), r"effective_safe_mode is not False"),
    "vocabulary-path": Probe(("layers/preprocessing/index_lookup",), r"in_safe_mode\(\)"),
    "saved-model-path": Probe(("export/tfsm_layer",), r"safe_mode"),
    "extraction-links": Probe(("utils/file_utils",), r'extractall_kwargs = \{"filter": "data"\}'),
    "extraction-folder": Probe(("utils/file_utils",), r"def (resolve_sub_path|filter_safe_zipinfos\(members, base_dir)"),
    "extraction-symlinks": Probe(("utils/file_utils",), r'"filter" in inspect\.signature'),
    "asset-path": Probe(STORE, r"escapes the asset directory"),
    "hdf5-external-storage": Probe(STORE, r"\.external\b"),
    "hdf5-link": Probe(STORE, r"def safe_get_h5_group"),
    "hdf5-link-legacy": Probe(LEGACY, r"safe_get_h5_group"),
    "hdf5-link-below": Probe(STORE, r'for name_part in name\.split\("/"\)'),
    "hdf5-virtual": Probe(STORE, r"is_virtual"),
    "shape-bomb": Probe(STORE, r"_H5_DATASET_MAX_EXPANSION"),
    "shape-bomb-editor": Probe(("saving/file_editor",), r"MAX_BYTES|_H5_DATASET|safe_get_h5_dataset"),
    "zip-bomb": Probe(STORE, r"def _reject_zip_bomb"),
    "zip-bomb-assets": Probe(STORE, r"def _reject_zip_extract_bomb"),
    "npz-pickle": Probe(STORE, r"np\.load\(self\.f(, allow_pickle=False)?\)"),
    "registered-name": Probe(SERIALIZATION, r"def _assert_no_registered_name_for_builtin"),
}


def guards(read: Read) -> list[str]:
    """The guards of one release, in the order of `PROBES`."""
    return [name for name, probe in PROBES.items() if probe.holds(read)]


def in_folder(package: Path) -> Read:
    """The modules of an installed Keras: ``package`` is its folder."""

    def read(module: str) -> str:
        file = package / "src" / f"{module}.py"
        return file.read_text("utf-8") if file.is_file() else ""

    return read


def in_wheel(wheel: Path) -> Read:
    """The modules of a wheel."""
    archive = zipfile.ZipFile(wheel)
    names = {re.sub(r"^(tf_)?keras/(src/)?", "", name): name for name in archive.namelist() if re.match(r"(tf_)?keras/.*\.py$", name)}

    def read(module: str) -> str:
        name = names.get(f"{module}.py")
        return archive.read(name).decode("utf-8") if name else ""

    return read


def wheel_of(distribution: str, release: str, folder: Path) -> Path:
    """The wheel of a release in the folder, downloaded with pip unless it is there. Raises `subprocess.CalledProcessError`."""
    pattern = f"{distribution.replace('-', '_')}-{release}-*.whl"
    if not any(folder.glob(pattern)):
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--ignore-requires-python", "--dest", str(folder)]
        subprocess.run([*pip, f"{distribution}=={release}"], check=True)
    return next(folder.glob(pattern))


def table(releases: Iterable[tuple[str, str]], folder: Path) -> dict[str, list[str]]:
    """``keras==3.9.2`` -> its guards."""
    return {f"{name}=={release}": guards(in_wheel(wheel_of(name, release, folder))) for name, release in releases}


def main() -> None:
    """Parse the command line and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--wheels", type=Path, help="a folder that holds wheels, and gets those that it lacks")
    parser.add_argument("--out", type=Path, default=FILE)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as downloads:
        listed = [*(("keras", release) for release in KERAS), *(("tf-keras", release) for release in TF_KERAS)]
        found = table(listed, options.wheels or Path(downloads))
    document = {"generated": datetime.date.today().isoformat(), "guards": [*PROBES], "releases": {}}
    document["releases"] = {label: "".join("01"[name in held] for name in PROBES) for label, held in found.items()}
    options.out.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
