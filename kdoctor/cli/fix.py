"""``kdoctor fix``: a repaired archive when it can, exactly what is missing when it cannot."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kdoctor.asked import asked_release
from kdoctor.cli.answers import (
    BindFromOption,
    BindOption,
    CompileOption,
    DropOption,
    EmbedOption,
    HubPathOption,
    InputShapeOption,
    KeepOption,
    PruneOption,
    PythonOption,
    SetOption,
    UnsafeOption,
    answers,
    for_python,
    read_architecture,
    state_wish,
    typed,
    with_script,
)
from kdoctor.cli.brought import brought, under
from kdoctor.cli.options import (
    CustomOption,
    Format,
    FormatOption,
    Purpose,
    PurposeOption,
    TargetOption,
    make_target,
    page_width,
    wants_color,
)
from kdoctor.doctor import repair_file
from kdoctor.document import ABSENT
from kdoctor.edit import diff
from kdoctor.engine import Plan
from kdoctor.errors import UsageError, WriteError
from kdoctor.packs import load_checks
from kdoctor.target import Given, Target, Training

if TYPE_CHECKING:
    from kdoctor.repair import Outcome


def fix(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="A saved Keras file, here or at an address: .keras, .h5, .hdf5, or an unzipped folder.")
    ],
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="OUT", help="The repaired file; default: FILE.fixed.EXT beside it.")
    ] = None,
    in_place: Annotated[bool, typer.Option("--in-place", help="Replace FILE, and keep the original as FILE.bak.")] = False,
    show_diff: Annotated[bool, typer.Option("--diff", help="Show what would change, and write nothing.")] = False,
    target: TargetOption = "installed",
    purpose: PurposeOption = Purpose.INFERENCE,
    bind: BindOption = [],  # noqa: B006 - typer copies it
    bind_from: BindFromOption = None,
    custom: CustomOption = [],  # noqa: B006
    set_arguments: SetOption = [],  # noqa: B006
    hub_path: HubPathOption = [],  # noqa: B006
    embed: EmbedOption = False,
    compile: CompileOption = None,
    input_shape: InputShapeOption = None,
    architecture: Annotated[
        str | None,
        typer.Option(
            "--architecture",
            metavar="FILE|MODULE:BUILDER",
            help="For a file of weights: model.to_json(), a saved model of the same kind, or your own function that builds it, which runs.",
        ),
    ] = None,
    stub: Annotated[
        Path | None, typer.Option("--stub", metavar="OUT.py", help="Write a Python skeleton of the classes that nobody can find.")
    ] = None,
    drop_optimizer: DropOption = False,
    keep_optimizer: KeepOption = False,
    prune: PruneOption = False,
    unsafe: UnsafeOption = False,
    python: PythonOption = None,
    partial: Annotated[
        bool, typer.Option("--partial", help="Write what could be repaired, or survived, even if errors remain (exit code 1).")
    ] = False,
    copy_healthy: Annotated[bool, typer.Option("--copy-healthy", help="With -o: copy a file that needs no repair.")] = False,
    verify: Annotated[bool, typer.Option("--verify", help="Load the repaired file with real Keras before it gets its name.")] = False,
    format: FormatOption = Format.TEXT,
) -> None:
    """Repair FILE: all causes in one pass, every untouched byte copied. The original stays as it is."""
    from kdoctor.repair import Wish, carry_out  # the writers: nothing that the other commands need

    _require_sense(in_place and out is not None, python is not None and not unsafe)
    given = answers(bind, custom, set_arguments, hub_path, embed, input_shape)
    given = replace(given, training=_training(compile, asked_release(target)), state=state_wish(drop_optimizer, keep_optimizer))
    more = typed(architecture=architecture, compile=compile, bind_from=bind_from, prune=prune, drop_optimizer=drop_optimizer)
    kept = typed(keep_optimizer=keep_optimizer, partial=partial)
    given = replace(given, architecture=read_architecture(architecture), prune=prune, typed=(*given.typed, *more, *kept))
    with brought(file, out, in_place=in_place) as (path, named):
        asked = with_script(path, for_python(make_target(target, purpose, custom, _of_outputs(given, path)), python), bind_from)
        plan = under(repair_file(path, asked, load_checks(), unsafe=unsafe, partial=partial, python=python), file)
        _write_stub(plan, stub)
        with _told(plan, format):
            outcome = carry_out(plan, named, None if show_diff else Wish(out, in_place, partial, copy_healthy, verify))
        _show(plan, outcome, format, show_diff)
    raise typer.Exit(outcome.exit_code)


def _require_sense(two_places: bool, python_alone: bool) -> None:
    if two_places:
        raise UsageError("--in-place and -o exclude each other")
    if python_alone:
        raise UsageError("--python is for --unsafe, which compiles for it; nothing else depends on it")


def _write_stub(plan: Plan, out: Path | None) -> None:
    if out is None:
        return
    from kdoctor.custom.stub import stub as skeleton

    text = skeleton(plan.after.document, plan.after.target)
    if text is None:
        typer.echo("--stub: every class of the file is known; nothing was written.", err=True)
        return
    try:
        with open(out, "x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise UsageError(f"--stub {out}: it exists; kdoctor never overwrites a file") from None
    except OSError as error:
        raise UsageError(f"--stub {out}: {error.strerror or error}") from error


def _training(text: str | None, target: Target) -> Training | None:
    if text is None:
        return None
    from kdoctor.keras_api.catalogue import Catalogue
    from kdoctor.training.words import parse_training

    found = parse_training(text, Catalogue.load(target.release, target.family))
    if found.loss is None:
        raise UsageError(f"--compile {text!r}: say the loss, too: without one fit() has nothing to minimise")
    return found


def _of_outputs(given: Given, path: Path) -> Given:
    """The same. Raises `UsageError` where ``--compile`` speaks of outputs that the model has not."""
    asked = given.training
    if asked is not None and any(isinstance(said, (list, dict, float)) for said in (asked.loss, asked.loss_weights, asked.metrics)):
        from kdoctor.archive import open_document
        from kdoctor.training.asked_outputs import output_names, require_outputs

        document = open_document(path)
        if given.architecture is not None and document.config is ABSENT:
            document = document.replacing({**document.parts, "config": given.architecture})
        names = output_names(document)
        if names:
            require_outputs(asked, names)
    return given


@contextmanager
def _told(plan: Plan, format: Format) -> Iterator[None]:
    """Programs get their object where writing fails, too; people read the sentence that the command ends with."""
    try:
        yield
    except WriteError as error:
        if format is Format.JSON:
            from kdoctor.report import json

            typer.echo(json.render_fix(plan, plan.before.path, None, error=str(error)))
        raise


def _show(plan: Plan, outcome: Outcome, format: Format, show_diff: bool) -> None:
    if format is Format.JSON:
        from kdoctor.report import json

        typer.echo(json.render_fix(plan, plan.before.path, None if outcome.out is None else str(outcome.out), outcome.before_loading))
        return
    from kdoctor.report import text

    page = text.render_plan(plan, outcome.sentence, outcome.before_loading, width=page_width(), color=wants_color())
    typer.echo(page, nl=False, color=wants_color())
    if show_diff:
        typer.echo(text.render_diff(diff(plan.before.document, plan.after.document)), nl=False)
