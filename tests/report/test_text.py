"""The page for people."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from kdoctor.check import Check, Excerpt, Finding, Need, Repair, Safety, Severity, check
from kdoctor.document import ABSENT, Document, Fault, Format, Weight
from kdoctor.edit import Edit
from kdoctor.engine import Failure, Report, examine, plan
from kdoctor.pointer import Pointer
from kdoctor.report.text import render, render_diff, render_plan
from kdoctor.target import Target
from kdoctor.testing import KERAS_3, document, layer, sequential

LAYERS = Pointer("config") / "config" / "layers"


def finds(*findings: Finding, code: str = "X101", severity: Severity = Severity.ERROR) -> Check:
    @check(code, severity, since="0")
    def odd_layer(document: Document, target: Target) -> Iterator[Finding]:
        """Odd."""
        yield from findings

    return odd_layer


def forecaster(*more: Any, **parts: Any) -> Document:
    stacked = [
        layer("InputLayer", name="input", batch_shape=[None, 10, 4]),
        layer("LSTM"),
        layer("Dense", build=[None, 32], units=2),
        *more,
    ]
    file = {"name": "forecaster.keras", "extension": ".keras", "size": 51_234, "content": "zip"}
    metadata = {"keras_version": "3.6.0", "date_saved": "2024-12-09@10:11:12"}
    weights = {"layers/lstm/cell/vars/0": (4, 128), "layers/dense/vars/0": (32, 2)}
    return document(sequential(*stacked, name="forecaster"), **{"file": file, "metadata": metadata, "weights": weights, **parts})


def page(*checks: Check, made: Document | None = None, **options: Any) -> str:
    return render([examine(made or forecaster(), KERAS_3, checks, "forecaster.keras")], **options)


def lines(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.splitlines()]


def test_the_head_tells_what_the_file_is_who_saved_it_and_whether_it_loads() -> None:
    head = lines(page())[:4]
    assert head[0].startswith("╭─ forecaster.keras ─")
    assert head[1] == '│ Sequential "forecaster" · 3 layers · 576 parameters · 51.2 kB │'
    assert head[2] == "│ saved by Keras 3.6.0, 2024-12-09 · .keras zip │"
    assert head[3].endswith("─ loads in Keras 3.15.1 ─╯")


def test_the_layers_stand_in_a_table_with_shapes_and_parameters() -> None:
    assert lines(page())[4:8] == [
        "layer class shape parameters",
        "input InputLayer (None, 10, 4) 0",
        "lstm LSTM (None, 32) 512",
        "dense Dense (None, 2) 64",
    ]


def test_nested_layers_are_indented_under_their_model() -> None:
    text = page(made=forecaster(sequential(layer("Dense", name="inner"), name="encoder")))
    encoder, inner = (next(line for line in text.splitlines() if name in line) for name in ("encoder", "inner"))
    assert inner.index("inner") == encoder.index("encoder") + 2


def test_a_finding_has_its_cause_place_message_and_cure() -> None:
    edit = Edit(LAYERS / 1 / "config" / "units", ABSENT, 32)
    found = Finding(edit.at, "the LSTM has no units", Repair("write units", (edit,)), keras_says="TypeError: missing argument: 'units'")
    told = lines(page(finds(found)))
    assert told[6] == "✗ lstm LSTM (None, 32) 512 X101"
    start = told.index("error X101 odd-layer · layer lstm · config#/config/layers/1/config/units")
    assert told[start + 1 : start + 4] == [
        "the LSTM has no units",
        "Keras says TypeError: missing argument: 'units'",
        "Cure kdoctor fix forecaster.keras (write units)",
    ]
    assert "will not load in Keras 3.15.1" in told[3]


def test_code_is_quoted_with_its_faults_underlined() -> None:
    excerpt = Excerpt("lambda x: x[:, -CONV_WIDTH:, :]", ((16, 26),), "not in the file")
    told = page(finds(Finding(LAYERS / 1, "reads what is missing", excerpt=excerpt))).splitlines()
    under = next(line for line in told if "^" in line)
    code = told[told.index(under) - 1]
    assert under.index("^") == code.index("CONV_WIDTH")
    assert under.strip() == "^^^^^^^^^^ not in the file"


def test_code_of_several_lines_is_quoted_as_it_is() -> None:
    excerpt = Excerpt("def f(x):\n    return x", ((0, 3),), "a remark")
    assert "    def f(x):\n        return x\n    a remark" in "\n".join(
        line.rstrip() for line in page(finds(Finding(LAYERS / 1, "m", excerpt=excerpt))).splitlines()
    )


def test_findings_that_say_the_same_are_one_paragraph() -> None:
    more = [layer("Dense", name=f"d{index}") for index in range(10)]
    findings = [Finding(LAYERS / (3 + index), "the same of each") for index in range(10)]
    text = page(finds(*findings), made=forecaster(*more))
    assert text.count("the same of each") == 1
    assert "and 9 more: d1, d2, d3, d4, d5, d6, …" in text


def test_what_the_user_must_supply_is_in_the_command() -> None:
    needs = (Need("--bind", "WIDTH", "the Lambda reads it"), Need("--custom", "Crop", "the class is not Keras's"))
    assert "kdoctor fix forecaster.keras --bind WIDTH=… --custom Crop" in page(finds(Finding(LAYERS / 1, "m", needs=needs)))


def test_an_unsafe_cure_says_so_in_its_command() -> None:
    repair = Repair("drop it", (Edit(LAYERS / 0, 1, 2),), Safety.UNSAFE)
    assert "kdoctor fix forecaster.keras --unsafe (drop it)" in " ".join(page(finds(Finding(LAYERS / 1, "m", repair))).split())


def test_advice_is_shown_without_a_command() -> None:
    assert "Cure get the file again" in lines(
        page(finds(Finding(Pointer("faults") / 0, "m", Repair("get the file again", (), Safety.ADVICE))))
    )


def test_a_place_among_the_faults_is_not_shown_for_it_means_nothing_to_people() -> None:
    assert "error X101 odd-layer" in lines(page(finds(Finding(Pointer("faults") / 0, "m")), made=forecaster(faults=(Fault("wrapped"),))))


def test_the_last_line_counts_what_was_found_and_what_can_be_done() -> None:
    cured = Finding(LAYERS / 1, "a", Repair("do it", (Edit(LAYERS / 0, 1, 2),)))
    helped = Finding(LAYERS / 1, "b", needs=(Need("--bind", "W", "why"),))
    checks = [finds(cured, helped), finds(Finding(LAYERS, "c"), code="X102", severity=Severity.WARNING)]
    assert "1 error to cure with your help, 1 error cured by `kdoctor fix`, 1 warning · " in page(*checks)


def test_a_file_that_could_not_be_examined_is_never_called_healthy() -> None:
    text = render([Report("x.keras", Document(Format.OTHER, {}), KERAS_3, failures=(Failure("archive", "it is gone"),))])
    assert "could not be examined completely" in text
    assert "unknown archive: it is gone" in text
    assert "loads in" not in text


def test_a_doubt_is_shown_as_a_doubt() -> None:
    doubt = finds(Finding(LAYERS, "who knows", undecided=True), severity=Severity.WARNING)
    assert "may not load in Keras 3.15.1: see below" in page(doubt)


def test_a_long_model_shows_its_ends_and_the_layers_with_findings() -> None:
    more = [layer("Dense", name=f"d{index}") for index in range(100)]
    text = page(finds(Finding(LAYERS / 53, "odd")), made=forecaster(*more))
    shown = [name for name in (f"d{index}" for index in range(100)) if f" {name} " in text]
    assert shown == ["d0", "d1", "d2", "d3", "d4", "d5", "d6", "d50", "d95", "d96", "d97", "d98", "d99"]
    assert "… 43 more" in text
    assert " d40 " in page(made=forecaster(*more), all_layers=True)


def test_of_thousands_of_sick_layers_the_first_are_shown_and_the_others_counted() -> None:
    made = forecaster(*(layer("Dense", name=f"d{index}") for index in range(500)))
    sick = finds(*(Finding(LAYERS / index, f"odd at {index}") for index in range(3, 403)))
    warned = finds(Finding(LAYERS / 2, "another check"), code="X102", severity=Severity.WARNING)
    text = page(sick, warned, made=made, width=140)
    assert lines(text).count("… 379 more of X101 odd-layer: `kdoctor inspect --all-layers` shows them") == 1
    assert [f"odd at {index}" in lines(text) for index in (3, 22, 23, 401, 402)] == [True, True, False, False, True]
    assert "another check" in lines(text)
    assert "… 456 more, 361 with findings" in lines(text)
    assert "400 errors without a cure, 1 warning · " in text
    whole = page(sick, warned, made=made, width=140, all_layers=True)
    assert "more of X101" not in whole
    assert all(f"odd at {index}" in lines(whole) for index in (3, 22, 23, 402))


def test_a_name_as_long_as_the_file_is_cut() -> None:
    made = forecaster(*(layer("Dense", name=f"{index}{'x' * 100_000}") for index in range(2)))
    text = page(finds(*(Finding(LAYERS / index, "odd") for index in (3, 4))), made=made)
    assert len(text) < 4_000
    assert [" ".join(text.split()).count(more) for more in ("99,633 letters", "99,601 letters")] == [1, 1]


def test_there_are_no_colors_unless_asked_for() -> None:
    odd = finds(Finding(LAYERS / 1, "odd"))
    assert "\x1b" not in page(odd)
    assert "\x1b[" in page(odd, color=True)


@pytest.mark.parametrize("width", [60, 140])
def test_the_frame_is_as_wide_as_asked(width: int) -> None:
    assert {len(line) for line in page(width=width).splitlines()[:4]} == {width}


MARKUP = ["[bold]x[/bold]", "[/]", "[link=https://example.org]x[/link]", "x\\", "\\[red]", ":smile:", "{0}", "%s"]


@pytest.mark.parametrize("name", MARKUP)
def test_names_that_look_like_markup_are_shown_to_the_letter(name: str) -> None:
    hostile = forecaster(layer(name, name=name), file={"name": name, "size": 1})
    text = page(finds(Finding(LAYERS / 3, name, Repair(name), layer=name, keras_says=name, excerpt=Excerpt(name))), made=hostile, width=140)
    assert text.count(name) == 8  # in the head, the table (twice), the place, the message, the excerpt, Keras's words, the cure


def test_no_escape_sequence_of_a_file_reaches_the_terminal() -> None:
    evil = "\x1b[2J\x9b31m\r\u202eevil\a"
    hostile = forecaster(
        layer(evil, name=evil),
        file={"name": evil, "size": 1},
        metadata={"keras_version": evil, "date_saved": evil},
        attributes={"/": {"backend": evil}},
    )
    finding = Finding(LAYERS / 3 / evil, evil, Repair(evil), layer=evil, keras_says=evil, excerpt=Excerpt(evil, ((0, 1),), evil))
    report = Report(evil, hostile, KERAS_3, examine(hostile, KERAS_3, [finds(finding)]).findings, (Failure("X102", evil),))
    text = render([report])
    assert not set(text) & set("\x1b\x9b\r\u202e\a")
    assert text.count("\ufffd[2J\ufffd31m\ufffd\ufffdevil\ufffd") > 10


def test_a_line_break_in_a_name_cannot_fake_a_line_of_the_report() -> None:
    fake = "x\nerror K999 made-up"
    text = page(finds(Finding(LAYERS / 3, fake)), made=forecaster(layer("Dense", name=fake)))
    assert "error K999 made-up" not in [line.strip() for line in text.splitlines()]


def test_a_shape_of_a_million_axes_takes_one_line() -> None:
    text = page(made=document(sequential(layer("InputLayer", batch_shape=[1] * 1_000_000))))
    assert len(text) < 5_000


@check("X201", Severity.ERROR, since="0")
def wrong_units(document: Document, target: Target) -> Iterator[Finding]:
    """Units must be 3."""
    at = LAYERS / 2 / "config" / "units"
    if document.at(at) != 3:
        yield Finding(at, "wrong units", Repair("write [3]", (Edit(at, document.at(at), 3),)))


def planned(*checks: Check) -> str:
    return render_plan(plan(forecaster(), KERAS_3, [wrong_units, *checks], "forecaster.keras"), "Wrote [it].")


def test_a_repair_shows_the_sick_file_what_was_done_and_the_outcome() -> None:
    told = lines(planned())
    assert "error X201 wrong-units · layer dense · config#/config/layers/2/config/units" in told
    assert told[-3:] == ["✓ X201 write [3]", "", "Wrote [it]."]


def test_a_repair_shows_what_remains() -> None:
    told = lines(planned(finds(Finding(LAYERS / 1, "beyond cure"))))
    assert "beyond cure" in told[told.index("What remains:") :]


def diffed(*edits: Edit) -> Sequence[str]:
    return render_diff(edits).splitlines()


def test_a_difference_is_shown_place_by_place_as_json() -> None:
    assert diffed(Edit(LAYERS / 2, {"units": 2}, None), Edit(Pointer("training"), ABSENT, "é")) == [
        "@ config#/config/layers/2",
        '- {"units": 2}',
        "+ null",
        "@ training",
        '+ "é"',
    ]


def test_weights_and_faults_are_shown_in_a_difference_too() -> None:
    weight = Weight((4, 2), "float32", "layers/dense/vars/0")
    told = diffed(Edit(Pointer("weights") / "a", ABSENT, weight), Edit(Pointer("faults") / 0, Fault("wrapped"), ABSENT))
    assert told[1] == "+ float32[4, 2] from layers/dense/vars/0"
    assert "wrapped" in told[3]


def test_a_difference_may_hold_what_json_cannot() -> None:
    assert diffed(Edit(Pointer("config"), math.nan, {"a": b"\x00"}))[1:] == ["- NaN", """+ {"a": "b'\\\\x00'"}"""]


def test_no_escape_sequence_reaches_the_terminal_through_a_difference() -> None:
    assert not set(render_diff([Edit(Pointer("config") / "\x9b2J", "\x9b2J\u202e", "\x1b")])) & set("\x1b\x9b\u202e")


def test_no_difference_is_no_text() -> None:
    assert render_diff([]) == ""
