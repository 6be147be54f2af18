"""The same examination, asked of each Keras release."""

from __future__ import annotations

from itertools import groupby

from kdoctor.document import Document, Format
from kdoctor.keras_api.catalogue import known_releases, releases
from kdoctor.packs import load_checks
from kdoctor.prognosis import foresee
from kdoctor.target import Target
from kdoctor.testing import layer, model

HEALTHY = layer("InputLayer", name="in", batch_shape=[None, 4])


def asked(sick: Document, custom: frozenset[str] = frozenset()) -> dict[str, bool | None]:
    return {outlook.target.label: outlook.loads for outlook in foresee(sick, Target("3.15.1", custom=custom), load_checks())}


def test_each_minor_release_of_a_family_answers_once_by_its_newest_patch_oldest_first() -> None:
    answered = [outlook.target for outlook in foresee(model(HEALTHY), Target("3.15.1"), load_checks())]
    families = [family for family, _ in groupby(target.family for target in answered)]
    assert families == ["keras", "tf.keras", "tf-keras"]
    for family in families:
        minors = [target.minor for target in answered if target.family == family]
        assert minors == sorted({*minors})
    assert {f"{target.family}=={target.release}" for target in answered} <= {*known_releases()}
    assert releases()[-1] in {target.release for target in answered}


def test_keras_2_opens_what_keras_3_refuses_for_its_arguments() -> None:
    old = model(
        layer("InputLayer", name="in", batch_input_shape=[None, 6, 6, 3], ragged=False, sparse=False),
        layer("DepthwiseConv2D", kernel_size=[3, 3], groups=1),
        format=Format.H5_MODEL,
    )
    loads = asked(old)
    assert loads["2.15.0"] is True
    assert loads["tf-keras==2.18.0"] is True
    assert loads["3.15.1"] is False


def test_an_archive_is_nothing_to_a_release_that_reads_hdf5_alone() -> None:
    reasons = {outlook.target.label: outlook.reason for outlook in foresee(model(HEALTHY), Target("3.15.1"), load_checks())}
    reason = reasons["2.11.0"]
    assert reason is not None
    assert reason.check.code == "K110"


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
        assert outlook.reason.check.code == ("K301" if outlook.target.minor >= (2, 12) else "K110")


def test_what_the_user_will_give_holds_for_every_release() -> None:
    reasons = foresee(model(HEALTHY, layer("Scale", module="mine")), Target("3.15.1", custom=frozenset({"Scale"})), load_checks())
    assert [outlook.reason for outlook in reasons if outlook.reason and outlook.reason.check.code == "K301"] == []
