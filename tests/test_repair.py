"""Carrying out plans: what is written, what never is, and the sentence for it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace

import pytest

from kdoctor.check import Check, Finding, Repair, Severity, check
from kdoctor.doctor import plan_file
from kdoctor.document import ABSENT, Document
from kdoctor.edit import Edit
from kdoctor.engine import Plan
from kdoctor.errors import UsageError, WriteError
from kdoctor.pointer import Pointer
from kdoctor.repair import REMAIN, UNKNOWN, WRITTEN, Wish, carry_out
from kdoctor.target import Target
from kdoctor.testing import KERAS_3

HEALTHY = Path(__file__).parent.parent / "sample_models" / "healthy"
NAME = Pointer("config") / "config" / "name"


@check("X001", Severity.ERROR, since="0")
def unnamed(document: Document, target: Target) -> Iterator[Finding]:
    """The model must be called "cured"."""
    if document.at(NAME) != "cured":
        yield Finding(NAME, "not cured", Repair("cure it", (Edit(NAME, document.at(NAME), "cured"),)))


@check("X002", Severity.ERROR, since="0")
def hopeless(document: Document, target: Target) -> Iterator[Finding]:
    """Nothing cures this."""
    yield Finding(NAME, "hopeless")


@check("X003", Severity.WARNING, since="0")
def doubtful(document: Document, target: Target) -> Iterator[Finding]:
    """Nobody can tell."""
    yield Finding(NAME, "doubtful", undecided=True)


@check("X004", Severity.ERROR, since="0")
def crashing(document: Document, target: Target) -> Iterator[Finding]:
    """A bug."""
    yield Finding(NAME, str(1 // 0))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return Path(shutil.copy(HEALTHY / "lambda_code.keras", tmp_path / "model.keras"))


def planned(file: Path, *checks: Check) -> Plan:
    return plan_file(file, KERAS_3, checks)


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_a_cured_file_is_written_beside_the_original(file: Path) -> None:
    outcome = carry_out(planned(file, unnamed), file, Wish())
    out = file.with_name("model.fixed.keras")
    assert (outcome.out, outcome.exit_code, outcome.sentence) == (out, WRITTEN, f"Wrote {out}.")
    assert not planned(out, unnamed).changes


def test_a_preview_writes_nothing_and_says_what_would_become_of_it(file: Path) -> None:
    assert carry_out(planned(file, unnamed), file, None).exit_code == WRITTEN
    assert carry_out(planned(file, unnamed, hopeless), file, None).exit_code == REMAIN
    assert names(file.parent) == {"model.keras"}


@pytest.mark.parametrize(
    ("checks", "code", "told"),
    [
        ((unnamed, hopeless), REMAIN, "1 error would remain"),
        ((unnamed, doubtful), REMAIN, "cannot tell whether Keras 3.15.1 would load the result"),
        ((unnamed, crashing), UNKNOWN, "could not be examined completely"),
    ],
)
def test_only_what_loads_by_all_that_is_known_is_written(file: Path, checks: tuple[Check, ...], code: int, told: str) -> None:
    outcome = carry_out(planned(file, *checks), file, Wish())
    assert (outcome.out, outcome.exit_code) == (None, code)
    assert told in outcome.sentence
    assert names(file.parent) == {"model.keras"}


@pytest.mark.parametrize("remaining", [hopeless, doubtful, crashing])
def test_what_could_be_repaired_is_written_on_demand_and_the_rest_is_not_forgotten(file: Path, remaining: Check) -> None:
    outcome = carry_out(planned(file, unnamed, remaining), file, Wish(partial=True))
    assert (outcome.out, outcome.exit_code) == (file.with_name("model.fixed.keras"), REMAIN)
    assert outcome.sentence.endswith(
        "1 error remains, and the file does not load until it is cured." if remaining is hopeless else "model.fixed.keras."
    )


def test_where_nothing_could_be_repaired_nothing_is_written_on_demand_either(file: Path) -> None:
    assert carry_out(planned(file, hopeless), file, Wish(partial=True)).out is None


def test_a_file_that_needs_nothing_is_copied_only_where_a_copy_is_asked_for(file: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.keras"
    assert carry_out(planned(file), file, Wish(out=copy)).out is None
    assert carry_out(planned(file), file, Wish(copy_healthy=True)).out is None
    assert carry_out(planned(file), file, Wish(out=copy, copy_healthy=True)).out == copy


def test_an_output_that_exists_is_refused_even_if_it_is_a_link_to_nowhere(file: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.keras"
    link.symlink_to(tmp_path / "nowhere")
    with pytest.raises(UsageError, match="never overwrites"):
        carry_out(planned(file, unnamed), file, Wish(out=link))


@pytest.mark.parametrize(("asked", "given"), [("out.h5", "out.keras"), ("out", "out.keras"), ("out.keras", "out.keras")])
def test_content_gets_the_extension_that_it_needs(file: Path, asked: str, given: str) -> None:
    assert carry_out(planned(file, unnamed), file, Wish(out=file.with_name(asked))).out == file.with_name(given)


def test_in_place_keeps_the_original_as_a_backup(file: Path) -> None:
    before = file.read_bytes()
    outcome = carry_out(planned(file, unnamed), file, Wish(in_place=True))
    assert outcome.sentence == f"Wrote {file}. The original is kept as model.keras.bak."
    assert file.with_name("model.keras.bak").read_bytes() == before


def test_in_place_refuses_content_under_a_wrong_name(file: Path) -> None:
    wrong = file.rename(file.with_name("model.h5"))
    with pytest.raises(UsageError, match="use -o instead"):
        carry_out(planned(wrong, unnamed), wrong, Wish(in_place=True))


def keras_says(monkeypatch: pytest.MonkeyPatch, **answer: object) -> list[Path]:
    """Let a stand-in for real Keras answer; the paths that it was shown."""
    shown: list[Path] = []

    def verify(path: Path, trust: Sequence[str] = (), recursion_limit: int | None = None) -> SimpleNamespace:
        assert path.exists()
        shown.append(path)
        return SimpleNamespace(**{"keras": "3.15.1", "error": None, **answer})

    monkeypatch.setattr("kdoctor.verify.verify", verify)
    return shown


def test_a_proof_by_real_keras_comes_before_the_file_has_its_name(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = keras_says(monkeypatch, loads=True)
    outcome = carry_out(planned(file, unnamed), file, Wish(verify=True))
    assert outcome.sentence.endswith("Real Keras loaded it.")
    (path,) = shown
    assert path != outcome.out
    assert names(file.parent) == {"model.keras", "model.fixed.keras"}


def test_what_real_keras_refuses_is_not_written(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keras_says(monkeypatch, loads=False, error="ValueError: no")
    with pytest.raises(WriteError, match=r"Keras 3\.15\.1 does not load the repaired file: ValueError: no"):
        carry_out(planned(file, unnamed), file, Wish(verify=True))
    assert names(file.parent) == {"model.keras"}


def test_a_proof_needs_a_folder_to_write_in(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keras_says(monkeypatch, loads=True)
    with pytest.raises(WriteError, match="does not exist"):
        carry_out(planned(file, unnamed), file, Wish(out=file.parent / "missing" / "out.keras", verify=True))


def test_a_part_that_is_dropped_is_not_in_the_file_that_is_written(file: Path) -> None:
    @check("X005", Severity.ERROR, since="0")
    def compiled(document: Document, target: Target) -> Iterator[Finding]:
        """No training state, please."""
        if document.training is not ABSENT:
            yield Finding(Pointer("training"), "compiled", Repair("drop", (Edit(Pointer("training"), document.training, ABSENT),)))

    outcome = carry_out(planned(file, compiled), file, Wish())
    assert outcome.out is not None
    assert planned(outcome.out).before.document.training is ABSENT
