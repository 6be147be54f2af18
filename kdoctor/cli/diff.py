"""``kdoctor diff``: what differs between two files, without running either."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from kdoctor.cli.options import existing
from kdoctor.cli.progress import bar
from kdoctor.document import ABSENT, Document
from kdoctor.errors import ReadError
from kdoctor.faults import UNREAD, FaultKind


class DiffFormat(str, Enum):
    TEXT = "text"
    JSON = "json"
    HTML = "html"


def diff(
    one: Annotated[Path, typer.Argument(metavar="A", help="A saved Keras file.")],
    other: Annotated[Path, typer.Argument(metavar="B", help="Another one.")],
    format: Annotated[DiffFormat, typer.Option("--format", help="text or html for people, json for programs.")] = DiffFormat.TEXT,
    deep: Annotated[bool, typer.Option("--deep", help="Compare the numbers of the weights too.")] = False,
) -> None:
    """Show what differs between A and B: architecture, arguments, weights, training state. Exit code 1 where something does, 0 else."""
    from kdoctor.archive import open_document
    from kdoctor.convert.lending import newest, with_one_architecture
    from kdoctor.report import changes as report
    from kdoctor.weights.comparison import compared

    existing([one, other])
    documents = [open_document(path) for path in (one, other)]
    for path, document in zip((one, other), documents, strict=True):
        lost = document.faults_of(*(kind.value for kind in UNREAD))  # of what was not read nobody knows whether it differs
        if lost or (document.config is ABSENT and not document.weights):
            foreign = any(fault.kind in (FaultKind.NOT_A_MODEL, FaultKind.OTHER_FORMAT) for _, fault in lost)
            why = "there is no model of Keras's in it" if foreign else "it could not be read whole"
            raise ReadError(f"{path} cannot be compared: {why} (see kdoctor inspect)")
    if deep:
        from kdoctor.archive.numbers import with_numbers_seen

        with bar("reading") as progress:
            documents = [with_numbers_seen(document, progress) for document in documents]
    first, second, lent = with_one_architecture(documents[0], documents[1], newest())
    if lent:
        typer.echo("One of the files holds weights alone: architecture and training state were not compared.", err=True)
    words = [_words(path, document) for path, document in zip((one, other), documents, strict=True)]
    found = compared(first, second, weights_alone=lent, learned=(words[0], words[1]))
    if format is DiffFormat.JSON:
        typer.echo(report.render_json(str(one), str(other), found))
    elif format is DiffFormat.HTML:
        typer.echo(report.render_html(str(one), str(other), found), nl=False)
    else:
        typer.echo(report.render_text(found), nl=False)
        if not found:
            typer.echo("Nothing differs." if deep else "Nothing differs; the numbers of the weights were not compared (--deep).", err=True)
    raise typer.Exit(1 if found else 0)


def _words(path: Path, document: Document) -> Mapping[str, tuple[str, ...]]:
    """What lookup layers learned, which an archive keeps beside its config."""
    from kdoctor.archive.vocabularies import vocabularies
    from kdoctor.archive.zip.member import MemberError

    try:
        return vocabularies(document)
    except MemberError as error:
        raise ReadError(f"{path} cannot be compared: {error}") from error
