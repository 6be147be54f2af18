from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from kdoctor.check import Finding, Repair, Severity, check
from kdoctor.document import ABSENT, Document, Json
from kdoctor.edit import Edit
from kdoctor.keras_api import habits
from kdoctor.keras_api.reader import Call, Resolution, found_in_calls
from kdoctor.security.exhausting import no_patterns
from kdoctor.target import Target

WHOLE = ("int32", "int64")
UNUSED_SALT = [0xDECAFCAFFE, 0xDECAFCAFFE]  # what preprocessing/hashing.py stores where it was given none


@check("K605", Severity.ERROR, since="0.1.0")
def foreign_dtype_policy(document: Document, target: Target) -> Iterator[Finding]:
    """A layer's dtype policy is written in a form that the target does not read.

    Keras 2 wrote ``{"class_name": "Policy", "config": {"name": "mixed_float16"}}``; Keras 3 says "Could not locate class 'Policy'", or,
    later and elsewhere, "'str' object has no attribute 'quantization_mode'".

    Hashing counts, and Keras 3 wants its dtype to be one of whole numbers: tf.keras wrote "float32" of it up to 2.6. Keras 3.0 to 3.3 want it to
    be its name, where later ones write a policy.

    A policy whose module is null is looked for among registered classes alone: "Cannot deserialize object of type `DTypePolicy`". Its own is written.

    The keys of a DTypePolicyMap are regular expressions, which Keras matches with the path of each layer: one that is none ("(a") fails there.

    The cure writes the policy of the same name in the target's form, and leaves that dtype out. TensorFlow 2.3 and 2.4 stored a salt that
    the layer had not used: which one of the two was meant the file does not tell.
    """
    yield from found_in_calls(document, target, partial(_in_call, target))
    for pattern, why in no_patterns(document):
        yield Finding(
            pattern.at,
            f"the key {pattern.text[:60]!r} of a DTypePolicyMap is no regular expression: {why}",
            keras_says=f"error: {why}",
        )


def _in_call(target: Target, call: Call) -> Iterator[Finding]:
    if call.node.class_name == "Hashing":
        yield from _counts_in_floats(call, target)
    if call.kind == "dtype_policy" and call.resolution is Resolution.FOUND and target.keras_3:
        yield from _without_module(call)
    if call.resolution is Resolution.POLICY:
        yield Finding(
            call.node.at,
            f"the dtype policy is written as {call.node.class_name}, which {target} does not read",
            repair=_rewritten(call, target),
            keras_says="AttributeError: 'str' object has no attribute 'quantization_mode'",
        )


def _without_module(call: Call) -> Iterator[Finding]:
    """One of Keras's own whose module is null, as it is of classes of one's own alone (serialization_lib, _retrieve_class_or_fn)."""
    node, found = call.node, call.found
    if node.raw.get("module", "") is not None or found is None or not found.exports:
        return
    at, name = node.at / "module", found.exports[0].rpartition(".")[0]
    yield Finding(
        at,
        f"the {node.class_name} has no module: only classes that are registered have none",
        repair=Repair(f"write the module {name}", (Edit(at, old=None, new=name),)),
        keras_says=f"TypeError: Cannot deserialize object of type `{node.class_name}`.",
    )


def _counts_in_floats(call: Call, target: Target) -> Iterator[Finding]:
    config = call.node.config
    stated = config.get("dtype")
    if call.found is None or not target.keras_3 or config.get("output_mode", "int") != "int":
        return
    if isinstance(stated, dict) and not habits.POLICY_OBJECTS.of(target):
        yield from _counts_by_policy(call, stated, target)
    if isinstance(stated, str) and stated not in WHOLE:
        at = call.node.at / "config" / "dtype"
        drop = Repair("leave the dtype out: it counts in int64", (Edit(at, old=stated, new=ABSENT),))
        yield Finding(
            at,
            f"Hashing gives whole numbers, and its dtype is {stated}",
            repair=None if config.get("salt") == UNUSED_SALT else drop,
            layer=call.node.name,
            keras_says="ValueError: When `output_mode=\"int\"`, `dtype` should be an integer type, 'int32' or 'in64'.",
        )


def _counts_by_policy(call: Call, stated: dict[str, Json], target: Target) -> Iterator[Finding]:
    """Hashing compares its dtype with the names of two, and later Keras writes a policy there (preprocessing/hashing.py)."""
    inside = stated.get("config")
    name = inside.get("name") if isinstance(inside, dict) else None
    at = call.node.at / "config" / "dtype"
    yield Finding(
        at,
        f"the dtype of Hashing is a policy, of which {target} takes the name alone",
        repair=Repair(f"write its name, {name!r}", (Edit(at, old=stated, new=name),)) if name in WHOLE else None,
        layer=call.node.name,
        keras_says="ValueError: When `output_mode=\"int\"`, `dtype` should be an integer type, 'int32' or 'in64'.",
    )


def _rewritten(call: Call, target: Target) -> Repair | None:
    name = call.node.config.get("name")
    if not isinstance(name, str):
        return None
    policy: Json = {"module": "keras", "class_name": "DTypePolicy", "config": {"name": name}, "registered_name": None}
    new = policy if habits.POLICY_OBJECTS.of(target) else name
    return Repair(f"write the policy {name!r} as {target} does", (Edit(call.node.at, old=call.node.raw, new=new),))
