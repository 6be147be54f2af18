"""A Dot that an archive builds from shapes as lists, which JSON makes of tuples."""

from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Repair
from kdoctor.document import ABSENT, Document
from kdoctor.edit import Edit
from kdoctor.keras_api import habits
from kdoctor.keras_api.variables.table import is_builtin
from kdoctor.structure.outline import objects_named
from kdoctor.target import Target


def listed_builds(document: Document, target: Target) -> Iterator[Finding]:
    """It has no variables: without a build_config Keras builds it from what it is called with."""
    if not document.format.native or not habits.BUILDS_DOT_FROM_TUPLES.of(target):
        return
    for node in objects_named(document, ("Dot",)):
        if not is_builtin(node) or not isinstance(node.build_config.get("input_shape"), list):
            continue
        at = node.at / "build_config"
        yield Finding(
            at,
            f"{target} takes the shapes that Dot {node.name!r} was built with for one, as a file holds them as lists",
            repair=Repair("leave its build_config out", (Edit(at, old=node.raw["build_config"], new=ABSENT),)),
            layer=node.name,
            keras_says="ValueError: A `Dot` layer should be called on a list of 2 inputs. Received: input_shape=[[…], […]]",
        )
