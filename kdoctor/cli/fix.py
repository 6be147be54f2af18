"""``kdoctor fix``: a repaired archive when it can, exactly what is missing when it cannot."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kdoctor.cli.options import (
    CustomOption,
    Format,
    FormatOption,
    Purpose,
    PurposeOption,
    TargetOption,
    asked_release,
    existing,
    make_target,
    page_width,
    parse_bindings,
    parse_paths,
    parse_settings,
    parse_shape,
    read_bindings,
    wants_color,
)
from kdoctor.doctor import examine_file, plan_file
from kdoctor.edit import diff
from kdoctor.engine import Plan
from kdoctor.errors import UsageError
from kdoctor.packs import load_checks
from kdoctor.target import Given, Target, Training

if TYPE_CHECKING:
    from kdoctor.repair import Outcome


@dataclass(frozen=True, slots=True)
class Wish:
    """Where the repaired file shall go, and how far the user lets kdoctor go."""

    out: Path | None
    in_place: bool
    partial: bool
    copy_healthy: bool
    verify: bool


def fix(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A saved Keras file: .keras, .h5, .hdf5, or an unzipped folder.")],
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="OUT", help="The repaired file; default: FILE.fixed.EXT beside it.")
    ] = None,
    in_place: Annotated[bool, typer.Option("--in-place", help="Replace FILE, and keep the original as FILE.bak.")] = False,
    show_diff: Annotated[bool, typer.Option("--diff", help="Show what would change, and write nothing.")] = False,
    target: TargetOption = "installed",
    purpose: PurposeOption = Purpose.INFERENCE,
    bind: Annotated[list[str], typer.Option("--bind", metavar="NAME=VALUE", help="The value of a name that a Lambda reads.")] = [],  # noqa: B006
    bind_from: Annotated[
        Path | None,
        typer.Option("--bind-from", metavar="FILE.py", help="Your training script: the constants that a Lambda reads; read, not run."),
    ] = None,
    custom: CustomOption = [],  # noqa: B006
    set_arguments: Annotated[
        list[str], typer.Option("--set", metavar="LAYER.ARG=VALUE", help="An argument of a custom layer that the file has lost.")
    ] = [],  # noqa: B006
    hub_path: Annotated[
        list[str],
        typer.Option("--hub-path", metavar="HANDLE=DIR", help="A copy of a TensorFlow Hub module on this machine; with --custom hub."),
    ] = [],  # noqa: B006
    embed: Annotated[bool, typer.Option("--embed", help="With --custom hub: bring the modules into the repaired file.")] = False,
    compile: Annotated[str | None, typer.Option("--compile", metavar="SPEC", help="optimizer=adam(1e-4),loss=mse,metrics=mae")] = None,
    input_shape: Annotated[
        str | None, typer.Option("--input-shape", metavar="None,224,224,3", help="The model's input, the batch first.")
    ] = None,
    stub: Annotated[
        Path | None, typer.Option("--stub", metavar="OUT.py", help="Write a Python skeleton of the classes that nobody can find.")
    ] = None,
    unsafe: Annotated[bool, typer.Option("--unsafe", help="Also make repairs that may change training or drop something.")] = False,
    partial: Annotated[bool, typer.Option("--partial", help="Write what could be repaired even if errors remain (exit code 1).")] = False,
    copy_healthy: Annotated[bool, typer.Option("--copy-healthy", help="With -o: copy a file that needs no repair.")] = False,
    verify: Annotated[bool, typer.Option("--verify", help="Load the repaired file with real Keras before it gets its name.")] = False,
    format: FormatOption = Format.TEXT,
) -> None:
    """Repair FILE: all causes in one pass, every untouched byte copied. The original stays as it is."""
    from kdoctor.repair import carry_out  # the writers: nothing that the other commands need

    if in_place and out is not None:
        raise UsageError("--in-place and -o exclude each other")
    existing([file])
    given = Given(
        bindings=parse_bindings(bind),
        custom=tuple(custom),
        hub_paths=parse_paths(hub_path),
        embed=embed,
        settings=parse_settings(set_arguments),
        training=_training(compile, asked_release(target)),
        input_shape=parse_shape(input_shape),
    )
    asked = _with_script(file, make_target(target, purpose, custom, given), bind_from)
    plan = plan_file(file, asked, load_checks(), unsafe=unsafe)
    wish = Wish(out, in_place, partial, copy_healthy, verify)
    _write_stub(plan, stub)
    outcome = carry_out(plan, file, None if show_diff else wish)
    _show(plan, file, outcome, format, show_diff)
    raise typer.Exit(outcome.exit_code)


def _write_stub(plan: Plan, out: Path | None) -> None:
    if out is None:
        return
    from kdoctor.stub import stub as skeleton

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


def _with_script(file: Path, target: Target, script: Path | None) -> Target:
    """The target with what the script says of the names that the file needs; what it does not say is told on standard error."""
    if script is None:
        return target
    report = examine_file(file, target, load_checks())
    needed = dict.fromkeys(need.name for found in report.findings for need in found.finding.needs if need.flag == "--bind")
    known, unknown = read_bindings(script, tuple(needed))
    for sentence in unknown:
        typer.echo(sentence, err=True)
    return replace(target, given=replace(target.given, bindings={**known, **target.given.bindings}))


def _training(text: str | None, target: Target) -> Training | None:
    if text is None:
        return None
    from kdoctor.keras_api.catalogue import Catalogue
    from kdoctor.training import parse_training

    return parse_training(text, Catalogue.load(target.release, target.family))


def _show(plan: Plan, file: Path, outcome: Outcome, format: Format, show_diff: bool) -> None:
    if format is Format.JSON:
        from kdoctor.report import json

        typer.echo(json.render_fix(plan, str(file), None if outcome.out is None else str(outcome.out), outcome.before_loading))
        return
    from kdoctor.report import text

    page = text.render_plan(plan, outcome.sentence, outcome.before_loading, width=page_width(), color=wants_color())
    typer.echo(page, nl=False, color=wants_color())
    if show_diff:
        typer.echo(text.render_diff(diff(plan.before.document, plan.after.document)), nl=False)
