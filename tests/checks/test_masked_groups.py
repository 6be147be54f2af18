"""K610: a GroupNormalization that is masked. What TF 2.11 saved was run in 2.15, which refuses it as it loads (2026-11-22)."""

from __future__ import annotations

import pytest
from graphs import after, functional, start

from kdoctor.document import Document
from kdoctor.target import Target
from kdoctor.testing import document, examine, layer


def grouped(release: str, *, mask_zero: bool = True) -> Document:
    words = after(layer("Embedding", name="words", input_dim=9, output_dim=4, mask_zero=mask_zero), "in")
    between = after(layer("Dropout", name="between", rate=0.5), "words")
    groups = after(layer("GroupNormalization", name="out", groups=2), "between")
    return document(functional(start(), words, between, groups), metadata={"keras_version": release})


@pytest.mark.parametrize(("saved", "target"), [("2.11.0", "2.15.0"), ("2.13.1", "2.14.0"), ("3.15.1", "2.15.0")])
def test_a_mask_that_the_saving_release_passed_by_is_told_of(saved: str, target: str) -> None:
    (finding,) = examine("K610", grouped(saved), Target(target))
    assert finding.layer == "out"
    assert finding.repair is None


def test_other_targets_their_own_files_and_models_without_a_mask_are_left_alone() -> None:
    for target in ("2.13.1", "3.0.5", "3.15.1"):
        assert examine("K610", grouped("2.11.0"), Target(target)) == []
    assert examine("K610", grouped("2.15.0"), Target("2.15.0")) == []
    assert examine("K610", grouped("2.11.0", mask_zero=False), Target("2.15.0")) == []
