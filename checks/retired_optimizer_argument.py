from __future__ import annotations

from collections.abc import Iterator, Mapping

from kdoctor.check import Finding, Repair, Safety, Severity, check
from kdoctor.custom.custom_objects import of_training
from kdoctor.document import ABSENT, Document
from kdoctor.edit import Edit
from kdoctor.keras_api import habits
from kdoctor.keras_api.absence import means_nothing
from kdoctor.keras_api.catalogue import Catalogue
from kdoctor.keras_api.compile_reader import SCHEDULES, Mention, is_optimizer, mentions, resolved, unknown_schedule
from kdoctor.target import Target

from ._clipped_together import clipped_together
from ._compile_arguments import compile_arguments
from ._counted_batches import counted_batches
from ._fixed_loss_scale import fixed_loss_scale
from ._moved_epsilon import moved_epsilon
from ._passed_over_decay import passed_over_decay
from ._refused_values import refused_settings
from ._unknown_within import is_the_authors, unknown_within
from ._unlocated_training import misnamed

PUBLIC = "keras.optimizers"
# Arguments of Keras 2 optimizers: renamed ones, and those that say nothing about the training that Keras 3 does.
RENAMED = {"lr": "learning_rate"}
MEANINGLESS = frozenset({"jit_compile", "is_legacy_optimizer"})
# What a model that only predicts can do without: Keras 2.11 and later have another schedule for the momentum of Nadam, and no say in it.
OF_TRAINING_ALONE = frozenset({"schedule_decay"})

PUBLIC = "keras.optimizers"


@check("K504", Severity.ERROR, mild=Severity.WARNING, since="0.1.0")
def retired_optimizer_argument(document: Document, target: Target) -> Iterator[Finding]:
    """The optimizer is stored in the words of an earlier Keras.

    ``lr`` became ``learning_rate``; ``jit_compile`` and ``is_legacy_optimizer`` are gone: "Argument(s) not recognized: {'lr': 0.001}".
    Optimizers of the module ``keras.optimizers.legacy`` are looked for in vain. A class that an ``.h5`` names ``Custom>Adam`` (Keras 2.11
    and later wrote that) loads, but as a fresh Adam with default settings: a warning.

    Where that config's own name is no optimizer's, or is not there, it does not load: "Could not interpret optimizer identifier: mine".
    Nadam's ``schedule_decay`` is gone, too: it says how training goes on, and nothing of what the model predicts.

    With ``--custom FILE.py`` a subclass of one of Keras's optimizers that hands its keywords on is judged alike.

    A learning-rate schedule in an ``.h5`` of Keras 2 does not state its module: "Could not locate class 'ExponentialDecay'".

    Lamb, and Muon before Keras 3.14, are not found in an ``.h5``, one that the same Keras saved included: "Could not interpret optimizer
    identifier: lamb". A ``.keras`` archive names their module.

    Keras 3 clips gradients in one way, where Keras 2 took ``clipnorm`` and ``clipvalue`` at once, and takes no whole number for SGD's
    momentum: "Only one of `clipnorm`, `clipvalue` and `global_clipnorm` can be set". Nor does it take a learning rate that is no float, such as the
    1 that TensorFlow 2.0 to 2.10 stored for ``Adam(1)``: "Argument `learning_rate` should be float, or an instance of LearningRateSchedule".

    A ``decay`` is passed over: the learning rate, which fell with every step, stays what it is. That is an error with ``--for training``, and cured by
    the schedule that computes the same. Nadam's ``decay`` is its ``schedule_decay``: its rate never fell.
    A ``clipnorm`` of Keras 1 to 2.3 is the ``global_clipnorm`` of today (not so in tf.keras): the same.
    The ``epsilon`` of an RMSprop without momentum, and of an Adagrad, stood beside the root before Keras 2.11, and stands under it now: small gradients make
    shorter steps. A warning with ``--for training``, and advice where a smaller epsilon makes up for it.

    With ``gradient_accumulation_steps``, Keras 3.0 to 3.4 counted, clipped and decayed with every batch, later ones do it once an update: a warning, too.

    The LossScaleOptimizerV3 that Keras 2.11 to 2.15 put around the optimizer of a model in mixed precision is a LossScaleOptimizer; one that scales by
    one number for ever is none that Keras 3 takes: the optimizer that it holds is written, with the ``loss_scale_factor``.

    Keras 2 does not find AdamW, Lion and Adafactor by these names within a LossScaleOptimizer, not even where it saved them: '"inner_optimizer" must be an
    instance of Optimizer, but got: AdamW'. It has them under the names ``Custom>AdamW`` and so on, which the cure writes.
    An argument that ``compile`` does not know keeps a ``.keras`` from loading: "Trainer.compile() got an unexpected keyword argument".

    The cure writes today's words. The optimizer's own state starts afresh where its layout changed; predictions are not touched.
    """
    yield from compile_arguments(document, target)
    for mention in mentions(document, target):
        if mention.kind != "optimizer":
            continue
        if mention.given:
            own = of_training(mention, target)
            yield from (_argument(document, mention, name, target) for name in (own[1] if own else ()))
            continue
        if (fixed := fixed_loss_scale(document, mention, target)) is not None:
            yield fixed
            continue
        if mention.found is None and mention.meant is not None:
            yield _renamed_class(document, mention, target)
        yield from misnamed(mention, document, target)
        yield from unknown_within(document, mention, target)
        if target.keras_3 and not document.format.native and (unlisted := _unlisted(mention, target)) is not None:
            yield unlisted
        if target.keras_3 and mention.found is not None:
            yield from _of_keras_3(document, mention, target)
        for name in mention.not_taken():
            yield _argument(document, mention, name, target)


def _of_keras_3(document: Document, mention: Mention, target: Target) -> Iterator[Finding]:
    yield from _schedule(mention, target)
    yield from _inner(document, mention, target)
    yield from _settings(document, mention, target)
    yield from clipped_together(document, mention, target)


def _renamed_class(document: Document, mention: Mention, target: Target) -> Finding:
    """An ``.h5`` falls back to the optimizer of that name (saving_utils._resolve_compile_arguments_compat), a ``.keras`` does not."""
    assert mention.meant is not None
    native = document.format.native
    module = document.at(mention.at / "module")
    if not native and not habits.FALLS_BACK_TO_OPTIMIZER_NAME.of(target):
        return _by_no_other_name(document, mention, target)
    if not native and not is_optimizer(mention.arguments.get("name"), target):
        return _not_by_its_name(document, mention, target)
    named = Catalogue.load(target.release, target.family).resolve(PUBLIC, mention.meant.name)
    home = PUBLIC if named is not None else mention.meant.module  # Keras 2.12 names its LossScaleOptimizerV3 nowhere else
    edit = Edit(mention.at / "module", old=module, new=home)
    registered = document.at(mention.at / "registered_name")
    edits = [edit] if registered in (None, ABSENT) else [edit, Edit(mention.at / "registered_name", old=registered, new=None)]
    if mention.name.rpartition(">")[2] == mention.name != mention.meant.name:
        edits.append(Edit(mention.at / "class_name", old=mention.name, new=mention.meant.name))
    return Finding(
        mention.at,
        f"the optimizer {mention.name} is {target}'s {mention.meant.name} under another name"
        + ("" if native else ", and comes back with default settings"),
        repair=Repair(f"write {home}.{mention.meant.name}", tuple(edits)) if native else None,
        keras_says=f"TypeError: Could not locate class '{mention.name}'" if native else None,
        mild=not native,
    )


def _unlisted(mention: Mention, target: Target) -> Finding | None:
    """optimizers/__init__.py, ALL_OBJECTS: Lamb has never been in it, Muon not before 3.14; what is not there is sought by the config's name."""
    catalogue, called = Catalogue.load(target.release, target.family), mention.arguments.get("name")
    known = catalogue.resolve(PUBLIC, mention.name.rpartition(">")[2])
    if mention.found is not None or mention.meant is not None or known is None:
        return None
    other = catalogue.function("optimizer", called) if isinstance(called, str) else None
    return Finding(
        mention.at,
        f"the optimizer {mention.name} is one that {target} does not find when it reads an .h5"
        + ("" if other is None else f", and takes {other.name} for it, by its name {called!r}"),
        repair=Repair("write the model as a .keras archive, whose reader finds it", native=True),
        keras_says=f"ValueError: Could not interpret optimizer identifier: {called}" if other is None else None,
        mild=other is not None,
    )


def _schedule(mention: Mention, target: Target) -> Iterator[Finding]:
    """Optimizer.from_config of Keras 3 reads a schedule as in an archive, by its module, which no ``.h5`` of Keras 2 states."""
    stated = mention.arguments.get("learning_rate")
    if not isinstance(stated, Mapping) or not isinstance(stated.get("class_name"), str) or "module" in stated:
        return
    if stated["class_name"] in target.custom or unknown_schedule(mention, target) is not None:
        return  # found by its name alone; nobody's but the author's: K506
    name, settings = stated["class_name"], stated.get("config")
    known = Catalogue.load(target.release, target.family).resolve(SCHEDULES, name) is not None and isinstance(settings, Mapping)
    at = mention.at / "config" / "learning_rate"
    kept = {key: value for key, value in settings.items() if key != "name" or value is not None} if isinstance(settings, Mapping) else {}
    new = {"module": SCHEDULES, "class_name": name, "config": kept, "registered_name": None}
    yield Finding(
        at,
        f"the learning-rate schedule {name} is looked for by its module, which the file does not say",
        repair=Repair(f"write {SCHEDULES}.{name}", (Edit(at, old=stated, new=new),)) if known else None,
        keras_says=f"TypeError: Could not locate class '{name}'.",
    )


def _settings(document: Document, mention: Mention, target: Target) -> Iterator[Finding]:
    """Of an optimizer, or of the one that it holds."""
    yield from refused_settings(document, mention, target)
    yield from passed_over_decay(mention, target)
    yield from moved_epsilon(document, mention, target)
    yield from counted_batches(document, mention, target)


def _inner(document: Document, mention: Mention, target: Target) -> Iterator[Finding]:
    """LossScaleOptimizer.from_config reads the optimizer that it holds as in an archive; Keras 2.11 to 2.15 hold those of ``legacy`` too."""
    stated = mention.arguments.get("inner_optimizer")
    if not isinstance(stated, Mapping) or not isinstance(stated.get("class_name"), str) or stated["class_name"] in target.custom:
        return
    name, at, module = stated["class_name"].rpartition(">")[2], mention.at / "config" / "inner_optimizer", stated.get("module")
    catalogue, settings = Catalogue.load(target.release, target.family), stated.get("config")
    known = catalogue.resolve("keras.optimizers", name)
    held = resolved(catalogue, module, name) if isinstance(module, str) else None
    if held is None and known is not None and not is_the_authors(stated, document):
        new = {**stated, "class_name": name, "module": "keras.optimizers", "registered_name": None}
        yield Finding(
            at,
            f"the optimizer {name} that {mention.name} holds is looked for by its module, which "
            + ("the file does not say" if module is None else f"is {module!r} in the file"),
            repair=Repair(f"write keras.optimizers.{name}", (Edit(at, old=stated, new=new),)),
            keras_says=f"TypeError: Could not locate class '{name}'."
            if module is None
            else f"ValueError: Could not deserialize '{module}.{name}' because it is not a KerasSaveable subclass",
        )
    if held is not None and isinstance(settings, Mapping):
        inner = mention._replace(at=at, name=name, found=held, meant=None, arguments=settings)
        yield from _schedule(inner, target)
        yield from _settings(document, inner, target)
        yield from (_argument(document, inner, argument, target) for argument in inner.not_taken())


def _by_no_other_name(document: Document, mention: Mention, target: Target) -> Finding:
    """Keras 2 before 2.11 has nothing registered as ``Custom>Adam``: run in TensorFlow 2.3 and 2.4."""
    assert mention.meant is not None
    edit = Edit(mention.at / "class_name", old=document.at(mention.at / "class_name"), new=mention.meant.name)
    return Finding(
        mention.at,
        f"the optimizer {mention.name} is {target}'s {mention.meant.name} under another name",
        repair=Repair(f"write {mention.meant.name}", (edit,)),
        keras_says=f"ValueError: Unknown optimizer: {mention.name}",
    )


def _not_by_its_name(document: Document, mention: Mention, target: Target) -> Finding:
    """The reader falls back to the name in the config, which is the user's, and which TensorFlow 2.9 and 2.10 left out for new optimizers."""
    assert mention.meant is not None
    stated, called = document.at(mention.at / "class_name"), mention.arguments.get("name")
    missing = not isinstance(called, str)
    return Finding(
        mention.at,
        f"the optimizer {mention.name} is {target}'s {mention.meant.name} under another name, and "
        + ("does not say what it is called" if missing else f"its own name, {called!r}, is no optimizer's"),
        repair=Repair(f"write {mention.meant.name}", (Edit(mention.at / "class_name", old=stated, new=mention.meant.name),)),
        keras_says="KeyError: 'name'" if missing else f"ValueError: Could not interpret optimizer identifier: {called}",
    )


def _argument(document: Document, mention: Mention, name: str, target: Target) -> Finding:
    at, value = mention.at / "config", mention.arguments[name]
    repair = None
    if name in MEANINGLESS:
        repair = Repair(f"drop {name}", (Edit(at / name, old=value, new=ABSENT),))
    elif name in OF_TRAINING_ALONE:
        safety = Safety.UNSAFE if target.purpose == "training" else Safety.SAFE
        title = f"drop {name}: fit() goes by the schedule of {target} from now on, predictions stay"
        repair = Repair(title, (Edit(at / name, old=value, new=ABSENT),), safety)
    elif name in RENAMED and RENAMED[name] not in mention.arguments:
        new = RENAMED[name]
        repair = Repair(f"write {new} instead of {name}", (Edit(at / name, old=value, new=ABSENT), Edit(at / new, old=ABSENT, new=value)))
    elif means_nothing("optimizer", mention.name, name, value, document.saved_by().keras):
        repair = Repair(f"drop {name}, which says nothing here", (Edit(at / name, old=value, new=ABSENT),))
    elif name in RENAMED:
        repair = Repair(f"drop {name}, which {RENAMED[name]} repeats", (Edit(at / name, old=value, new=ABSENT),))
    return Finding(
        at / name,
        f"the optimizer {mention.name} of {target} takes no argument {name!r} (here {value!r})",
        repair=repair,
        keras_says=f"ValueError: Argument(s) not recognized: {{{name!r}: {value!r}}}",
    )
