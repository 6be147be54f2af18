"""The same examination, asked of each Keras release."""

from __future__ import annotations

from kdoctor.document import Document
from kdoctor.keras_api.catalogue import releases
from kdoctor.packs import load_checks
from kdoctor.prognosis import foresee
from kdoctor.target import Target
from kdoctor.testing import layer, model

HEALTHY = layer("InputLayer", name="in", batch_shape=[None, 4])


def asked(sick: Document, custom: frozenset[str] = frozenset()) -> dict[str, bool | None]:
    return {outlook.release: outlook.loads for outlook in foresee(sick, Target("3.15.1", custom=custom), load_checks())}


def test_each_minor_release_answers_once_by_its_newest_patch_oldest_first() -> None:
    answered = list(asked(model(HEALTHY)))
    minors = [tuple(int(part) for part in release.split(".")[:2]) for release in answered]
    assert minors == sorted({*minors})
    assert {*answered} <= {*releases()}
    assert answered[-1] == releases()[-1]


def test_an_argument_of_a_later_release_keeps_the_earlier_ones_out() -> None:
    recent = model(
        HEALTHY,
        layer("Dense", units=3, quantization_config=None),
        weights={"layers/dense/vars/0": (4, 3), "layers/dense/vars/1": (3,)},
        attributes={"/": {}},
    )
    loads = asked(recent)
    assert loads["3.0.5"] is False
    assert loads[releases()[-1]] is True


def test_the_first_reason_is_told_with_a_refusal_alone() -> None:
    for outlook in foresee(model(HEALTHY, layer("Scale", module="mine")), Target("3.15.1"), load_checks()):
        assert outlook.loads is False
        assert outlook.reason is not None
        assert outlook.reason.check.code == "K301"


def test_what_the_user_will_give_holds_for_every_release() -> None:
    reasons = foresee(model(HEALTHY, layer("Scale", module="mine")), Target("3.15.1", custom=frozenset({"Scale"})), load_checks())
    assert [outlook.reason for outlook in reasons if outlook.reason and outlook.reason.check.code == "K301"] == []
