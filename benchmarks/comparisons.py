"""What is compared with what: each function makes its files in a folder and names the commands that take turns."""

from __future__ import annotations

import itertools
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cost import Command

HERE = Path(__file__).parent
SAMPLES = HERE.parent / "sample_models"
SMALL = SAMPLES / "healthy" / "input_shape_conflict.keras"
SCANNED = 500
LAYERS = 10_000
FINDINGS = (0, 1)  # exit codes of an examination: nothing, or something, found


@dataclass(frozen=True, slots=True)
class Ratio:
    """One command's cost over another's, and what it may be at most (None: for information)."""

    one: str
    other: str
    most: float | None = None


@dataclass(frozen=True, slots=True)
class Round:
    """Commands that take turns, and which of them are compared. ``files``: how many a command goes through, for a rate."""

    title: str
    commands: dict[str, Command]
    ratios: tuple[Ratio, ...]
    files: int = 0


def rounds(folder: Path, gigabyte: int) -> Iterator[Round]:
    """Every comparison, its files made just before and removed after it. ``gigabyte``: megabytes of the large model."""
    for make in (small_file, large_weights, many_layers, numbers, repair, conversion, many_files):
        room = folder / make.__name__
        room.mkdir()
        yield make(room, gigabyte)
        shutil.rmtree(room)


def small_file(room: Path, gigabyte: int) -> Round:
    commands = {
        "interpreter": Command((sys.executable, "-c", "pass")),
        "kdoctor --help": kdoctor("--help"),
        "kdoctor inspect": kdoctor("inspect", str(SMALL)),
        "bare read": Command((sys.executable, str(HERE / "bare_read.py"), str(SMALL))),
        "load_model": Command((sys.executable, "-c", f"import keras; keras.models.load_model({str(SMALL)!r})")),
    }
    ratios = (Ratio("kdoctor inspect", "load_model", 0.1), Ratio("kdoctor inspect", "bare read", 2.5))
    return Round(f"one small file ({SMALL.stat().st_size / 1000:.0f} kB)", commands, ratios)


def large_weights(room: Path, gigabyte: int) -> Round:
    small, large = "inspect 1 MB of weights", f"inspect {gigabyte} MB of weights"
    commands = {
        small: kdoctor("inspect", _made(room / "small.keras", 1)),
        large: kdoctor("inspect", _made(room / "large.keras", gigabyte)),
    }
    return Round("the size of the weights", commands, (Ratio(large, small, 1.2),))


def many_layers(room: Path, gigabyte: int) -> Round:
    """Against h5py on the unpacked weights: through the zip's member it takes 40 times as long."""
    model = _made(room / "deep.keras", 10, "--layers", str(LAYERS))
    weights = _weights_of(model, room)
    deep, bare = f"inspect {LAYERS} layers", f"h5py visits the arrays of {LAYERS} layers"
    inspect = kdoctor("inspect", "--fail-on", "none", model)  # Keras itself cannot load so many in a row (K210)
    commands = {deep: inspect, bare: Command((sys.executable, str(HERE / "bare_numbers.py"), weights))}
    return Round("the number of layers", commands, (Ratio(deep, bare, 1.5),))


def numbers(room: Path, gigabyte: int) -> Round:
    """A look at every number, against reading them and looking at none."""
    model = _made(room / "model.keras", gigabyte)
    weights = _weights_of(model, room)
    deep, bare = f"inspect --deep, {gigabyte} MB", f"h5py reads {gigabyte} MB"
    commands = {deep: kdoctor("inspect", "--deep", model), bare: Command((sys.executable, str(HERE / "bare_numbers.py"), weights))}
    return Round("the numbers themselves", commands, (Ratio(deep, bare, 2.0),))


def repair(room: Path, gigabyte: int) -> Round:
    size = gigabyte // 5
    model, fixed, copy = _made(room / "model.keras", size), room / "fixed.keras", room / "copy.keras"
    compiled = ("--compile", "optimizer=adam,loss=mse,metrics=mae")
    commands = {
        f"kdoctor fix, {size} MB": kdoctor("fix", model, *compiled, "-o", str(fixed), out=fixed),
        f"cp, {size} MB": Command(("cp", model, str(copy)), out=copy),
    }
    one, other = commands
    return Round("an edit of the config, against a copy of the file", commands, (Ratio(one, other),))


def conversion(room: Path, gigabyte: int) -> Round:
    """An ``.h5`` as an archive, and back: every array stands somewhere else afterwards."""
    size = gigabyte // 2
    archive, old, new, copy = room / "model.keras", room / "old.h5", room / "new.keras", room / "copy.h5"
    _made(archive, size)
    subprocess.run([*kdoctor("convert", str(archive), "--to", "h5", "-o", str(old)).argv], check=True, stdout=subprocess.DEVNULL)
    archive.unlink()
    commands = {
        f"kdoctor convert, {size} MB": kdoctor("convert", str(old), "--to", "keras", "-o", str(new), out=new),
        f"cp, {size} MB": Command(("cp", str(old), str(copy)), out=copy),
        f"cp and sync, {size} MB": Command(("dd", f"if={old}", f"of={copy}", "bs=1M", "conv=fsync"), out=copy),
    }
    one, other, synced = commands
    return Round("an .h5 as a .keras archive, against a copy", commands, (Ratio(one, other), Ratio(one, synced, 2.0)))


def many_files(room: Path, gigabyte: int) -> Round:
    """Healthy archives, since the bare loop can read no others; the second scan finds the first one's cache."""
    samples = sorted(path for path in SAMPLES.glob("healthy/*.keras") if path.is_file())
    models, cache = room / "models", room / "cache.db"
    models.mkdir()
    for number, sample in enumerate(itertools.islice(itertools.cycle(samples), SCANNED)):
        shutil.copy(sample, models / f"{number:03}_{sample.name}")
    commands = {f"scan --jobs {jobs}": kdoctor("scan", str(models), "--jobs", str(jobs), exits=FINDINGS) for jobs in (1, 2)}
    commands["bare loop"] = Command((sys.executable, str(HERE / "bare_read.py"), *map(str, sorted(models.iterdir()))))
    commands["scan, not cached"] = kdoctor("scan", str(models), "--cache", str(cache), exits=FINDINGS, out=cache)
    commands["scan, cached"] = kdoctor("scan", str(models), "--cache", str(cache), exits=FINDINGS)
    ratios = (
        Ratio("scan --jobs 1", "bare loop", 3.0),
        Ratio("scan --jobs 2", "bare loop", 3.0),
        Ratio("scan --jobs 2", "scan --jobs 1"),
        Ratio("scan, cached", "scan, not cached", 0.1),
    )
    return Round(f"{SCANNED} small files", commands, ratios, files=SCANNED)


def kdoctor(*arguments: str, exits: tuple[int, ...] = (0,), out: Path | None = None) -> Command:
    """The installed command, as a user types it."""
    installed = Path(sys.executable).with_name("kdoctor")
    start = (str(installed),) if installed.exists() else (sys.executable, "-m", "kdoctor")
    return Command((*start, *arguments), exits, out)


def _weights_of(model: str, room: Path) -> str:
    with zipfile.ZipFile(model) as archive:
        return archive.extract("model.weights.h5", room)


def _made(path: Path, megabytes: int, *options: str) -> str:
    subprocess.run([sys.executable, str(HERE / "model_file.py"), str(path), str(megabytes), *options], check=True)
    return str(path)
