"""The rows of the table of layers, with the parameters of an ``.h5`` whose groups have other names than their layers: Keras reads those by order."""

from __future__ import annotations

from collections import Counter

from kdoctor.document import Document
from kdoctor.graph.summary import Row, rows, summarize
from kdoctor.weights.accounting import holdings


def counted_rows(document: Document) -> tuple[Row, ...]:
    """A row for each layer. Whose an array is is asked only where the names of groups leave some out."""
    found = rows(document)
    if document.format.native or sum(row.parameters for row in found if row.layer.depth == 0) >= summarize(document).parameters:
        return found
    owned: Counter[str] = Counter()
    for holding in holdings(document):
        owned[holding.layer] += holding.weight.parameters
    named = Counter(row.layer.name for row in found)
    return tuple(
        row._replace(parameters=owned[row.layer.name])
        if not row.parameters and named[row.layer.name] == 1 and row.layer.depth == 0
        else row
        for row in found
    )
