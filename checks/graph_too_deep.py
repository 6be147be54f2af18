from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Repair, Safety, Severity, check
from kdoctor.document import Document
from kdoctor.graph.depth import walks
from kdoctor.keras_api.stack import COMPANY, room
from kdoctor.target import Target

THOUSAND = 1000


@check("K210", Severity.ERROR, mild=Severity.WARNING, since="0.1.0")
def graph_too_deep(document: Document, target: Target) -> Iterator[Finding]:
    """A model has more layers one behind the other than Keras can walk within Python's recursion limit.

    Every Keras puts a model together by walking back from its outputs, one Python call inside the other for each layer, and Python allows
    1,000 at a time: somewhat more than 980 layers in a row raise "RecursionError: maximum recursion depth exceeded" when the file is
    loaded (ResNetRS270, or any long Sequential). A nested model counts as one layer of the model around it.

    Nothing is wrong with the file, so there is no repair of it: the program that loads it has to allow more first, with
    ``sys.setrecursionlimit(…)`` of Python's ``sys``. `fix` and `convert` write the file all the same, and say that line.

    A little below that depth it is a warning: the file loads in a plain script, and may not where something is on Python's stack already,
    as in a notebook, a test or a web server.
    """
    for walk in walks(document):
        most = room(target, native=document.format.native, sequential=walk.sequential, around=walk.around)
        if walk.calls <= most - COMPANY:
            continue
        limit = (walk.calls // THOUSAND + 2) * THOUSAND
        line = f"import sys; sys.setrecursionlimit({limit})"
        told = f"the model {walk.node.name!r} is {walk.calls:,} layers deep, and {target} gets at most {most:,} deep within Python's recursion limit"
        fatal = walk.calls > most
        yield Finding(
            walk.node.at,
            told if fatal else f"{told}, less where a notebook, test or server has begun to use it",
            repair=Repair(f"before it is loaded: {line}", safety=Safety.ADVICE),
            keras_says="RecursionError: maximum recursion depth exceeded",
            mild=not fatal,
            recursion_limit=limit if fatal else None,
        )
