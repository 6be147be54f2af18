from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Repair, Severity, check
from kdoctor.document import ABSENT, Document
from kdoctor.edit import Edit
from kdoctor.keras_api.compile_reader import Mention, mentions
from kdoctor.target import Target

# Arguments of Keras 2 optimizers: renamed ones, and those that say nothing about the training that Keras 3 does.
RENAMED = {"lr": "learning_rate"}
MEANINGLESS = frozenset({"jit_compile", "is_legacy_optimizer"})


@check("K504", Severity.ERROR, mild=Severity.WARNING, since="0.1.0")
def retired_optimizer_argument(document: Document, target: Target) -> Iterator[Finding]:
    """The optimizer is stored in the words of an earlier Keras.

    ``lr`` became ``learning_rate``; ``jit_compile`` and ``is_legacy_optimizer`` are gone: "Argument(s) not recognized: {'lr': 0.001}".
    Optimizers of the module ``keras.optimizers.legacy`` are looked for in vain. A class that an ``.h5`` names ``Custom>Adam`` (Keras 2.11
    and later wrote that) loads, but as a fresh Adam with default settings: a warning.

    The cure writes today's words. The optimizer's own state starts afresh where its layout changed; predictions are not touched.
    """
    for mention in mentions(document, target):
        if mention.kind != "optimizer" or mention.given:
            continue
        if mention.found is None and mention.meant is not None:
            yield _renamed_class(document, mention, target)
        for name in mention.not_taken():
            yield _argument(document, mention, name, target)


def _renamed_class(document: Document, mention: Mention, target: Target) -> Finding:
    """An ``.h5`` falls back to the optimizer of that name (saving_utils._resolve_compile_arguments_compat), a ``.keras`` does not."""
    assert mention.meant is not None
    native = document.format.native
    module = document.at(mention.at / "module")
    if not native and not isinstance(mention.arguments.get("name"), str):
        return _without_a_name(document, mention, target)
    edit = Edit(mention.at / "module", old=module, new="keras.optimizers")
    registered = document.at(mention.at / "registered_name")
    edits = (edit,) if registered in (None, ABSENT) else (edit, Edit(mention.at / "registered_name", old=registered, new=None))
    return Finding(
        mention.at,
        f"the optimizer {mention.name} is {target}'s {mention.meant.name} under another name"
        + ("" if native else ", and comes back with default settings"),
        repair=Repair(f"write keras.optimizers.{mention.meant.name}", edits) if native else None,
        keras_says=f"TypeError: Could not locate class '{mention.name}'" if native else None,
        mild=not native,
    )


def _without_a_name(document: Document, mention: Mention, target: Target) -> Finding:
    """The reader falls back to the name in the config, which the new optimizers of TensorFlow 2.9 and 2.10 did not write."""
    assert mention.meant is not None
    stated = document.at(mention.at / "class_name")
    return Finding(
        mention.at,
        f"the optimizer {mention.name} is {target}'s {mention.meant.name} under another name, and does not say what it is called",
        repair=Repair(f"write {mention.meant.name}", (Edit(mention.at / "class_name", old=stated, new=mention.meant.name),)),
        keras_says="KeyError: 'name'",
    )


def _argument(document: Document, mention: Mention, name: str, target: Target) -> Finding:
    at, value = mention.at / "config", mention.arguments[name]
    repair = None
    if name in MEANINGLESS:
        repair = Repair(f"drop {name}", (Edit(at / name, old=value, new=ABSENT),))
    elif name in RENAMED and RENAMED[name] not in mention.arguments:
        new = RENAMED[name]
        repair = Repair(f"write {new} instead of {name}", (Edit(at / name, old=value, new=ABSENT), Edit(at / new, old=ABSENT, new=value)))
    elif name in RENAMED:
        repair = Repair(f"drop {name}, which {RENAMED[name]} repeats", (Edit(at / name, old=value, new=ABSENT),))
    return Finding(
        at / name,
        f"the optimizer {mention.name} of {target} takes no argument {name!r} (here {value!r})",
        repair=repair,
        keras_says=f"ValueError: Argument(s) not recognized: {{{name!r}: {value!r}}}",
    )
