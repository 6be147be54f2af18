"""README.md of the samples, from the catalogue and from what was measured."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from catalogue import SAMPLES

HEAD = """# Sample models

Small files in pairs: `sick/<check>__<variant>.<extension>` has what the check names, `healthy/` the twin without it, with the same weights:
a cured file must compute what its twin computes (`twin` in `expected.json`). Real Keras releases saved them; "then damaged" means that
the script broke a copy as a download, an archiver, an editor or a converter does. `expected.json` holds what Keras said, for tests.
Files saved by Keras 1 and 2 may have faults of their release besides the one listed. K613 needs no file: it is about a release newer than
kdoctor knows, so any file here has it with `--target keras==4.0.0`. K210, a graph too deep for Keras's recursion,
would take a file of 1,000 layers: its test makes one.

`make/` makes every file, this page and `expected.json`; `python sample_models/make` prints the command of each stage.
What Keras says was measured with `keras.models.load_model(file)`, default arguments (the innermost message, shortened; all of it is in `expected.json`).

| file | check | what is wrong | saved by | what Keras 3.15.1 says | cured by |
|---|---|---|---|---|---|
"""
HEALTHY_HEAD = """
All of these load in Keras 3.15.1 with default arguments, and predict:

| file | twin of | holds | saved by |
|---|---|---|---|
"""


def write_readme(expected: dict[str, dict[str, Any]]) -> None:
    sick, healthy = [], []
    twins: dict[str, set[str]] = {}
    for measured in expected.values():
        twins.setdefault(measured["twin"], set()).add(measured["code"])
    for name in sorted(SAMPLES):
        sample = SAMPLES[name]
        if name.startswith("healthy/"):
            healthy.append(row(f"`{name}`", " ".join(sorted(twins.get(name, {sample.code}))), sample.what, sample.saved_by))
        else:
            sick.append(row(f"`{name}`", sample.code, sample.what, sample.saved_by, said(expected[name]), sample.cure))
    Path("README.md").write_text(HEAD + "".join(sick) + HEALTHY_HEAD + "".join(healthy))


def row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def said(measured: dict[str, Any]) -> str:
    text = sentence(measured["keras_3_15_1"])
    if "keras_3_0_5" in measured:
        text += f"; Keras 3.0.5: {sentence(measured['keras_3_0_5'])}"
    return text


def sentence(outcome: dict[str, Any]) -> str:
    if not outcome["ok"]:
        cause = outcome.get("cause", outcome["error"])
        return f"{outcome['error_class']}: {cause[:150]}{'…' if len(cause) > 150 else ''}"
    if not outcome["predicts"]:
        return f"loads; predict: {outcome['error']}"
    return "loads, computes the same" if outcome["same_as_twin"] else "loads without a word, **computes something else**"
