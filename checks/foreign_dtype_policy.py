from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Repair, Severity, check
from kdoctor.document import Document, Json
from kdoctor.edit import Edit
from kdoctor.keras_api import habits
from kdoctor.keras_api.reader import Call, Resolution, calls
from kdoctor.target import Target


@check("K605", Severity.ERROR, since="0.1.0")
def foreign_dtype_policy(document: Document, target: Target) -> Iterator[Finding]:
    """A layer's dtype policy is written in a form that the target does not read.

    Keras 2 wrote ``{"class_name": "Policy", "config": {"name": "mixed_float16"}}``; Keras 3 says "Could not locate class 'Policy'", or,
    later and elsewhere, "'str' object has no attribute 'quantization_mode'".

    The cure writes the policy of the same name in the target's form.
    """
    for call in calls(document, target):
        if call.resolution is Resolution.POLICY:
            yield Finding(
                call.node.at,
                f"the dtype policy is written as {call.node.class_name}, which {target} does not read",
                repair=_rewritten(call, target),
                keras_says="AttributeError: 'str' object has no attribute 'quantization_mode'",
            )


def _rewritten(call: Call, target: Target) -> Repair | None:
    name = call.node.config.get("name")
    if not isinstance(name, str):
        return None
    policy: Json = {"module": "keras", "class_name": "DTypePolicy", "config": {"name": name}, "registered_name": None}
    new = policy if habits.POLICY_OBJECTS.of(target) else name
    return Repair(f"write the policy {name!r} as {target} does", (Edit(call.node.at, old=call.node.raw, new=new),))
