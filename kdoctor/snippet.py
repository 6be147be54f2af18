"""The shortest Python that loads a file as it is, as far as an examination tells."""

from __future__ import annotations

from kdoctor.custom.custom_objects import hears_no_custom_objects, matches, sought
from kdoctor.custom.loading import SETTING, loading_lines
from kdoctor.engine import Diagnosis, Report
from kdoctor.identifiers import is_identifier
from kdoctor.structure.objects import as_node

UNKNOWN = frozenset({"K301", "K303"})  # what custom_objects answers
NOWHERE = frozenset({None, "__main__", "builtins", ""})


def snippet(report: Report) -> tuple[str, ...] | None:
    """None where no Python of this kind loads the file: it has to be repaired first."""
    if report.failures or report.loads is None:
        return None
    defined = {match.node.at for match in matches(report.document, report.target)}
    missing = [found for found in report.errors if found.check.code in UNKNOWN]
    training = [found for found in report.errors if found.finding.at.part == "training"]
    if len(missing) + len(training) < len(report.obstacles):
        return None
    arguments = [repr(report.path)]
    lines = ["import keras"]
    told = loading_lines(report.document, report.target, report.path, report.recursion_limit)
    lines += [line for line in told if line.startswith(("import ", "from ", "kdoctor.", SETTING))]
    names = _names(report, [found for found in missing if found.finding.at not in defined])
    if not all(is_identifier(step) for name, (_, module, _) in names.items() for step in (name, *(module or "x").split("."))):
        return None  # what the file names is no Python: nobody should paste it
    lines += [f"from {module or 'YOUR_CODE'} import {name}  # {hint}" for name, (_, module, hint) in names.items()]
    given = [line for line in told if "custom_objects=" in line]
    keys = [f"{key!r}: {name}" for name, (key, _, _) in names.items()]
    if given:
        keys = [given[0].partition("custom_objects={")[2].rpartition("})")[0], *keys]
    scoped = bool(keys) and hears_no_custom_objects(report.document, report.target)
    arguments += [f"custom_objects={{{', '.join(keys)}}}"] if keys and not scoped else []
    arguments += ["compile=False"] if training else []
    if scoped:
        lines.append(f"with keras.saving.custom_object_scope({{{', '.join(keys)}}}):")
        return (*lines, f"    model = keras.saving.load_model({', '.join(arguments)})")
    return (*lines, f"model = keras.saving.load_model({', '.join(arguments)})")


def _names(report: Report, missing: list[Diagnosis]) -> dict[str, tuple[str, str | None, str]]:
    """Name -> what Keras looks for, the module that the file names, and a word about it."""
    found: dict[str, tuple[str, str | None, str]] = {}
    for one in missing:
        value = report.document.at(one.finding.at)
        node = as_node(value, one.finding.at)
        key = sought(node, report.document, report.target) if node is not None else str(value)
        name = key.rpartition(">")[2]
        module = None if node is None or node.module in NOWHERE else node.module
        found[name] = (key, module, "the module that the file names" if module else "wherever it is defined")
    return found
