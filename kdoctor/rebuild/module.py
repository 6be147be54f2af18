"""What the generated module is made of, gathered while its expressions are written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from kdoctor.document import Document
from kdoctor.keras_api.catalogue import Catalogue
from kdoctor.pointer import Pointer
from kdoctor.rebuild.names import Scope, identifier
from kdoctor.report.printable import printable
from kdoctor.structure.objects import Node
from kdoctor.target import Target


@dataclass(slots=True)
class Module:
    """Imports, definitions and what cannot be said in Python, of one document for one release.

    custom: plain name -> the source of a stub; given: plain name -> the line that imports it; nested: writes the function that builds a
    nested model, and returns its name; problems: a sentence for each thing that has no Python, and its place; words: what a lookup
    layer learned, by the layer's place; shared: the functions that make what several models have, by the place of the first entry.
    """

    document: Document
    target: Target
    custom: Mapping[str, str]
    given: Mapping[str, str]
    nested: Callable[[Module, Node], str]
    words: Mapping[Pointer, tuple[str, ...]] = field(default_factory=dict)
    scope: Scope = field(default_factory=Scope)
    imports: set[str] = field(default_factory=lambda: {"import keras"})
    stubs: dict[str, str] = field(default_factory=dict)
    definitions: list[str] = field(default_factory=list)
    problems: dict[str, Pointer] = field(default_factory=dict)
    shared: dict[Pointer, str] = field(default_factory=dict)

    @property
    def catalogue(self) -> Catalogue:
        return Catalogue.load(self.target.release, self.target.family)

    @property
    def foreign(self) -> frozenset[str]:
        """The plain names of classes and functions that are not Keras's own."""
        return frozenset({*self.custom, *self.given})

    def problem(self, sentence: str, at: Pointer) -> None:
        self.problems.setdefault(printable(sentence), at)

    def function_name(self, prefix: str, name: str) -> str:
        """A free name for a function of the module: ``build_encoder``."""
        return self.scope.take(f"{prefix}{identifier(name, 'model')}")
