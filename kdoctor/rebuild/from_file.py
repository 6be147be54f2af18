"""From a file to the Python that rebuilds its model: repaired and converted in memory first, so that one dialect is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from kdoctor.archive import open_document
from kdoctor.archive.vocabularies import vocabularies
from kdoctor.check import Check
from kdoctor.container import Container
from kdoctor.convert.training import native_training
from kdoctor.custom.custom_objects import plain_name
from kdoctor.custom.stub import definitions
from kdoctor.doctor import convert_file
from kdoctor.document import Document, Format
from kdoctor.engine import Diagnosis, Plan, plan
from kdoctor.errors import UsageError
from kdoctor.keras_api.catalogue import Catalogue
from kdoctor.keras_api.reader import Resolution, calls
from kdoctor.limits import MIB
from kdoctor.native_config import Translator
from kdoctor.pointer import Pointer
from kdoctor.rebuild.numbers_comment import numbers_comment, options
from kdoctor.rebuild.script import Beside, Script, rebuilt
from kdoctor.rebuild.stubs import training_stubs
from kdoctor.security.hostile import is_no_modelling, is_pythons
from kdoctor.structure.layers import is_model
from kdoctor.structure.objects import FUNCTION, model_of
from kdoctor.target import Target
from kdoctor.training.wrapping import has_wrappers
from kdoctor.weights.claims import claims

# Errors of the config that the code answers: by a stub, by a function's source, or by saying what is missing.
ANSWERED = frozenset({"K301", "K303", "K304", "K305", "K401", "K402", "K403", "K404", "K406", "K408", "K502", "K506"})
BLOCKS = ("config",)
LONGEST = MIB  # of a list of words that anybody wants to see in code
UNSAFE = "K8"


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """The script of a file, and every reason for which it must not be used, each a sentence."""

    script: Script | None
    refusals: tuple[str, ...]


def rebuild_file(path: Path, target: Target, checks: Sequence[Check], *, for_sklearn: bool = False) -> Rebuilt:
    """The Python that builds the model of a file in a release of Keras 3, ``for_sklearn`` as a function for ``keras.wrappers``.

    Raises `UsageError` for a release that has not what is asked for.
    """
    if not target.keras_3:
        raise UsageError(f"code is written for Keras 3: {target} is none")
    if for_sklearn and not has_wrappers(target):
        raise UsageError(f"{target} has no keras.wrappers: they came with Keras 3.8")
    document = open_document(path)
    trained = training_stubs(document, target)
    custom = {**trained, **definitions(document, target)}
    known = replace(target, custom=target.custom | _names(document, target) | frozenset(trained))
    made = convert_file(path, known, checks, Container.KERAS)
    refusals = _refusals(made)
    if refusals:
        return Rebuilt(None, refusals)
    native = _native(made, known, checks)
    given = {name: f"from {one.module} import {name}" for name, one in target.given.code.items()}
    stubs = {**training_stubs(native, target), **custom}
    stubs = {name: source for name, source in stubs.items() if name not in given}
    words = _words(made.before.document, native)
    told = options(target, set(custom) - set(trained) - target.custom)  # without a loss a conversion does
    numbers = numbers_comment(
        path, made, lambda: convert_file(path, known, checks, Container.KERAS, unsafe=True), told, for_sklearn=for_sklearn
    )
    script = rebuilt(native, target, Beside(stubs, given, words, _about(target), numbers, for_sklearn))
    return Rebuilt(script, tuple(sentence for sentence, _ in script.problems))


def _names(document: Document, target: Target) -> frozenset[str]:
    """What the loader would ask for the objects that a stub stands for; the model itself is none of them."""
    found: set[str] = set()
    for call in calls(document, target):
        node = call.node
        if call.resolution not in (Resolution.UNKNOWN, Resolution.FUNCTION) or is_pythons(node) or is_no_modelling(node):
            continue
        if not node.at.keys and not is_model(node):
            continue
        names = (str(node.raw.get("config")),) if node.class_name == FUNCTION else (node.class_name, node.registered_name)
        found |= {plain_name(node), *(name for name in names if name)}
    return frozenset(found)


def _advice(found: Diagnosis) -> str:
    repair = found.finding.repair
    return f"; {repair.title}" if found.check.code == "K110" and repair is not None else ""


def _refusals(made: Plan) -> tuple[str, ...]:
    """What stands against writing code of the file at all: attacks, what could not be examined, and errors that no code answers."""
    report = made.after
    if model_of(report.document) is None:
        why = [f"{found.check.code}: {found.finding.message}{_advice(found)}" for found in report.errors]
        return (*why, "there is no architecture to write down")
    found = [
        f"{one.check.code}: {one.finding.message}"
        for one in report.errors
        if one.check.code.startswith(UNSAFE)
        or one.check.code == "K407"
        or (one.finding.at.part in BLOCKS and one.check.code not in ANSWERED)
    ]
    return (*found, *(f"{failure.check}: {failure.error}" for failure in report.failures))


def _native(made: Plan, target: Target, checks: Sequence[Check]) -> Document:
    """The document in the words of a ``.keras`` archive; where its weights could not move along, its config alone."""
    document = made.after.document
    if document.format.native:
        return document
    config = Translator(Catalogue.load(target.release, target.family)).model(document.config)
    parts = {"config": config, "metadata": {"keras_version": target.release}}
    if isinstance(document.training, Mapping):
        parts["training"] = native_training(document.training)
    said = replace(document.replacing(parts), format=Format.KERAS_ZIP)
    return plan(said, target, checks).after.document


def _words(document: Document, native: Document) -> Mapping[Pointer, tuple[str, ...]]:
    """What lookup layers learned, by their places in the config."""
    found = vocabularies(document, LONGEST)
    return {claim.node.at: found[claim.place] for claim in claims(native) if claim.place in found} if found else {}


def _about(target: Target) -> str:
    return f"The model of a saved file, written down by kdoctor for {target}."
