"""Arguments that metrics and schedules of Keras's own cannot do without, where the training state has lost them, or states what they refuse."""

from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Need, Repair
from kdoctor.document import ABSENT, Document
from kdoctor.edit import Edit
from kdoctor.keras_api.compile_demands import is_refused
from kdoctor.keras_api.demanding import Demanding, demanding
from kdoctor.pointer import Pointer
from kdoctor.target import Target

from ._given_training import as_given

AT = Pointer("training")


def demanded_in_training(document: Document, target: Target) -> Iterator[Finding]:
    """Predictions need none of them: the training state is left out, or completed by ``--set``, or replaced by ``--compile``."""
    left_out = False
    for one in demanding(document, target):
        blocks = one.form == "object" or not document.format.native  # an archive's texts and functions wait for fit()
        told = _told(one, target)
        trains = target.purpose == "training"
        repair = as_given(document, target) or told
        if repair is None and blocks and not trains and not left_out:
            repair = Repair(
                "leave out the training state; compile the model again to train it", (Edit(AT, old=document.training, new=ABSENT),)
            )
        yield Finding(
            one.at,
            _why(one),
            repair=repair,
            needs=tuple(_needed(one)) if repair is None and trains else (),
            keras_says=one.unmet[0].says,
            mild=not trains and told is None and (left_out or not blocks),
        )
        left_out = left_out or (blocks and told is None)


def _why(one: Demanding) -> str:
    missing = ", ".join(unmet.argument for unmet in one.unmet if unmet.missing)
    refused = ", ".join(f"{unmet.argument} {one.arguments[unmet.argument]!r:.60}" for unmet in one.unmet if not unmet.missing)
    said = [f"is made with {missing}, which the file does not state"] if missing else []
    return f"the {one.kind} {one.class_name} " + ", and ".join([*said, f"takes no {refused}"] if refused else said)


def _needed(one: Demanding) -> Iterator[Need]:
    if one.form != "object":
        yield Need("--compile", "optimizer=adam,loss=…,metrics=…", f"a name alone does not tell what the {one.kind} is made with")
        return
    for unmet in one.unmet:
        yield Need("--set", f"{one.names[0]}.{unmet.argument}=…", "the file does not state it")


def _told(one: Demanding, target: Target) -> Repair | None:
    """What ``--set`` says, where that is all that is wanted."""
    settings = target.given.settings
    known = {
        unmet.argument: settings[name, unmet.argument]
        for name in reversed(one.names)
        for unmet in one.unmet
        if (name, unmet.argument) in settings
    }
    if one.form != "object" or len(known) < len(one.unmet) or any(is_refused(name, value) for name, value in known.items()):
        return None
    edits = (Edit(one.at / "config" / argument, old=one.arguments.get(argument, ABSENT), new=value) for argument, value in known.items())
    return Repair("write " + ", ".join(f"{name}={value!r}" for name, value in known.items()), tuple(edits))
