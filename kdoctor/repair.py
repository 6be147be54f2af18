"""Carry out a plan: decide whether its result may be written, write it, and say in a sentence what became of it."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from kdoctor.archive.writing.write import converted_output, default_output, extension_for, write_document
from kdoctor.custom.loading import loading_lines
from kdoctor.document import ABSENT, Document, Format
from kdoctor.engine import Plan
from kdoctor.errors import UsageError, WriteError

WRITTEN, REMAIN, UNKNOWN = 0, 1, 3


@dataclass(frozen=True, slots=True)
class Wish:
    """Where the repaired file shall go (None: beside the original), and how far the user lets kdoctor go."""

    out: Path | None = None
    in_place: bool = False
    partial: bool = False
    copy_healthy: bool = False
    verify: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """The file written, if any; a sentence for people; the exit code of ``fix``; the Python that has to run before the file is loaded."""

    out: Path | None
    sentence: str
    exit_code: int
    before_loading: tuple[str, ...] = ()


def carry_out(plan: Plan, file: Path, wish: Wish | None) -> Outcome:
    """Write the planned document where the user wants it; without a wish, nothing (a preview).

    Only a document that loads on the target, by everything that kdoctor knows, is written: a wrong cure is worse than none.
    ``partial`` writes what could be repaired all the same. Raises `UsageError` when the output exists, `WriteError` when writing fails.
    """
    refusal = _refusal(plan)
    if wish is None:
        return Outcome(None, "Preview: nothing was written.", WRITTEN if refusal is None else refusal.exit_code)
    if refusal is not None and not (wish.partial and plan.changes and _has_model(plan.after.document)):
        return refusal
    if not plan.changes and not (wish.copy_healthy and wish.out):
        return _nothing_to_do(plan, file)
    plan = _packed(plan, wish)
    out = _destination(plan, file, wish)
    if wish.verify:
        _prove(plan, out)
    before, after, survivors = plan.before.document, plan.after.document, bool(plan.lost)
    written = write_document(before, after, out, replace=wish.in_place, backup=wish.in_place, survivors=survivors)
    lines = loading_lines(after, plan.after.target, str(written.path), plan.after.recursion_limit)
    return Outcome(written.path, _success(plan, written.path, wish), WRITTEN if refusal is None else REMAIN, lines)


def _has_model(document: Document) -> bool:
    """Whether there is anything to load but arrays: without its architecture no part of a model is of use, and a repair must not drop the rest."""
    return document.config is not ABSENT


def _nothing_to_do(plan: Plan, file: Path) -> Outcome:
    if plan.after.recursion_limit is None:
        return Outcome(None, "Nothing to repair; nothing was written.", WRITTEN)
    lines = loading_lines(plan.after.document, plan.after.target, str(file), plan.after.recursion_limit)
    return Outcome(None, "Nothing was written: no repair of the file takes the place of what Python has to be told first.", REMAIN, lines)


def _refusal(plan: Plan) -> Outcome | None:
    """Why the planned document must not be written, if it must not."""
    if plan.refused:
        return Outcome(None, f"Nothing was written: {plan.refused}.", REMAIN)
    if plan.after.failures:
        why = plan.after.failures[0]
        return Outcome(None, f"Nothing was written: the file could not be examined completely ({why.check}: {why.error}).", UNKNOWN)
    if plan.lost:
        return Outcome(None, f"Nothing was written: {_survival(plan)} (see --partial).", REMAIN)
    if plan.after.obstacles:
        count = len(plan.after.obstacles)
        return Outcome(None, f"Nothing was written: {count} error{'s' if count > 1 else ''} would remain.", REMAIN)
    if plan.changes and plan.after.loads_prepared is None:
        return Outcome(
            None, f"Nothing was written: kdoctor cannot tell whether {plan.after.target} would load the result (see --partial).", REMAIN
        )
    return None


def _packed(plan: Plan, wish: Wish) -> Plan:
    """The plan with an unzipped folder written as an archive, where what is to be written has the name of one: Keras opens that as a file."""
    document = plan.after.document
    named = wish.out or Path(document.file.get("extension", ""))
    if document.format is not Format.KERAS_DIR or wish.in_place or not named.name.endswith(".keras"):
        return plan
    return replace(plan, after=replace(plan.after, document=replace(document, format=Format.KERAS_ZIP)))


def _destination(plan: Plan, file: Path, wish: Wish) -> Path:
    """Where to write, with the extension that the content needs. Raises `UsageError` when something stands there."""
    right = extension_for(plan.after.document)
    out = wish.out
    if wish.in_place:
        if plan.after.document.format is Format.KERAS_DIR and file.name.endswith(".keras"):
            raise UsageError(f"--in-place would leave a folder under the name {file.name}, which Keras opens as a file; use -o instead")
        if not str(file).endswith(right) and not _fits(file, right):
            raise UsageError(f"--in-place would leave {right} content under the name {file.name}; use -o instead")
        return file
    if out is None:
        out = converted_output(file, plan.after.document) if plan.converted else default_output(file, plan.after.document)
    elif out.is_dir():
        raise UsageError(f"-o {out}: it is a folder; name the file")
    elif not _fits(out, right):
        out = out.with_name(out.name.removesuffix(out.suffix) + right)
    if os.path.lexists(out):  # a link that leads nowhere is something, too
        raise UsageError(f"{out} exists; kdoctor never overwrites a file")
    return out


def _fits(path: Path, right: str) -> bool:
    """Whether Keras opens this content under this name."""
    suffixes = (".h5", ".hdf5") if right in (".h5", ".hdf5", ".weights.h5") else (right,)
    return path.name.endswith(suffixes)


def _prove(plan: Plan, out: Path) -> None:
    """Write to a temporary folder beside the target and load that with real Keras. Raises `WriteError` when Keras refuses it."""
    from kdoctor.verify import verify

    if not plan.after.target.safe_mode:
        raise UsageError("--verify loads the file in safe mode, which refuses the code that --unsafe compiled; leave one of them out")

    if not out.parent.is_dir():
        raise WriteError(f"the folder {out.parent} does not exist")
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=".kdoctor-") as folder:
        draft = Path(folder, out.name)
        write_document(plan.before.document, plan.after.document, draft, survivors=bool(plan.lost))
        trust = [str(draft), *(str(module.folder) for module in plan.after.target.given.modules.values())]
        proof = verify(draft, trust=trust, recursion_limit=plan.after.recursion_limit)
    if not proof.loads:
        raise WriteError(f"nothing was written: Keras {proof.keras or ''} does not load the repaired file: {proof.error}")


def _survival(plan: Plan) -> str:
    """How many arrays are lost, and how many of these the model computes with."""
    lost, own = len(plan.lost), sum(one.role != "optimizer" for one in plan.lost)
    told = f"{lost} arrays did not survive" if lost > 1 else "one array did not survive"
    if not own:
        return f"{told}, none of them the model's own: they are its training state"
    return told if own == lost else f"{told}, {own} of them the model's own"


def _success(plan: Plan, path: Path, wish: Wish) -> str:
    verified = " Real Keras loaded it." if wish.verify else ""
    kept = f" The original is kept as {path.name}.bak." if wish.in_place else ""
    count = len(plan.after.obstacles)
    left = (
        "errors remain, and the file does not load until they are" if count > 1 else "error remains, and the file does not load until it is"
    )
    remaining = f" {count} {left} cured." if count else ""
    notes = "".join(f" {note[:1].upper()}{note[1:]}." for note in plan.notes)
    survived = f" {_survival(plan)[:1].upper()}{_survival(plan)[1:]}: see the list." if plan.lost else ""
    return f"Wrote {path}.{verified}{kept}{survived}{remaining}{notes}"
