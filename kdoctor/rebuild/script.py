"""The whole module: imports, stubs, functions that build the nested models and the model, and what makes it ready for use."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from kdoctor.document import Document
from kdoctor.identifiers import is_identifier
from kdoctor.pointer import Pointer
from kdoctor.rebuild.compiling import compile_lines
from kdoctor.rebuild.estimator import BUILDER, estimator_lines
from kdoctor.rebuild.models import PAD, RESULT, body, nested
from kdoctor.rebuild.module import Module
from kdoctor.rebuild.shared import forgotten
from kdoctor.structure.objects import model_of
from kdoctor.target import Target

NETWORK = "build_network"  # what builds the model, where build_model is what a wrapper calls
PLAIN_IMPORT = re.compile(r"(import|from) [A-Za-z_][\w.]*( import [A-Za-z_]\w*)?( as [A-Za-z_]\w*)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Script:
    """Python source, and a sentence with its place for each thing that it cannot say; then nobody should run it.

    stubs: the custom classes and functions whose code is left to their author.
    """

    text: str
    problems: tuple[tuple[str, Pointer], ...]
    stubs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Beside:
    """What goes into the code from beside the config.

    custom: name -> source of a stub; given: name -> the line that imports it; words: place of a lookup layer -> what it learned; about: the
    first line, as a docstring; weights: a comment that says where the model's numbers are; for_sklearn: whether the module is to hold the
    function that ``keras.wrappers`` want, and no model.
    """

    custom: Mapping[str, str]
    given: Mapping[str, str]
    words: Mapping[Pointer, tuple[str, ...]]
    about: str
    weights: str
    for_sklearn: bool = False


def rebuilt(document: Document, target: Target, beside: Beside) -> Script:
    """The module that builds the document's model; the document has the words of a ``.keras`` archive of the target."""
    module = Module(document, target, beside.custom, beside.given, nested, beside.words)
    builder = NETWORK if beside.for_sklearn else BUILDER
    for name in (BUILDER, NETWORK):
        module.scope.take(name)
    model = model_of(document)
    if model is None:
        module.problem("the file holds no architecture: there is no model to write down", Pointer("config"))
        return _script(module, beside.about, [])
    statements = body(module, model)
    lines = [f"def {builder}():", *forgotten(module), *statements, f"{PAD}return {RESULT}"]
    if beside.for_sklearn:
        last = estimator_lines(module, builder)
        last[-1] += f"\n{beside.weights}"
    else:
        last = ["\n".join([f"{RESULT} = {builder}()", *compile_lines(module), *beside.weights.splitlines()])]
    return _script(module, beside.about, ["\n".join(lines), *last])


def _script(module: Module, about: str, parts: list[str]) -> Script:
    head = "\n".join([f'"""{about}"""', "", *imports(module.imports)])
    text = "\n\n\n".join([head, *module.stubs.values(), *module.definitions, *parts]) + "\n"
    return Script(text, tuple(module.problems.items()), tuple(module.stubs))


def imports(lines: set[str]) -> list[str]:
    """The imports in the usual order. Each is checked again: some are made of names that a file holds."""
    known = [line for line in lines if PLAIN_IMPORT.fullmatch(line) and all(is_identifier(part) for part in _parts(line))]
    return sorted(known, key=lambda line: (line.startswith("from"), line))


def _parts(line: str) -> list[str]:
    return [part for word in line.split() if word not in ("import", "from", "as") for part in word.split(".")]
