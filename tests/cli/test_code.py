"""``kdoctor code``: what it prints, what it writes, how it ends."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
from cli.command import Run

from kdoctor.report.json import schema

SAMPLES = Path(__file__).parent.parent.parent / "sample_models"
HEALTHY, SUBCLASSED = SAMPLES / "healthy" / "not_compiled.keras", SAMPLES / "sick" / "lambda_reaches_system.keras"


def test_it_prints_python(kdoctor: Run) -> None:
    ended = kdoctor("code", str(HEALTHY))
    assert ended.code == 0
    compile(ended.out, "printed", "exec")


def test_it_writes_a_new_file_and_overwrites_none(kdoctor: Run, tmp_path: Path) -> None:
    out = tmp_path / "model.py"
    assert kdoctor("code", str(HEALTHY), "-o", str(out)).code == 0
    first = out.read_text()
    assert "def build_model():" in first
    assert kdoctor("code", str(HEALTHY), "-o", str(out)).code == 2
    assert out.read_text() == first


def test_what_cannot_be_said_is_told_and_nothing_is_written(kdoctor: Run, tmp_path: Path) -> None:
    out = tmp_path / "model.py"
    ended = kdoctor("code", str(SUBCLASSED), "-o", str(out))
    assert (ended.code, ended.out, out.exists()) == (1, "", False)
    assert "K407" in ended.err


def test_programs_get_json(kdoctor: Run) -> None:
    for file, code in ((HEALTHY, 0), (SUBCLASSED, 1)):
        ended = kdoctor("code", str(file), "--format", "json")
        found = json.loads(ended.out)
        jsonschema.validate(found, schema("code"))
        assert ended.code == code
        assert (found["code"] is None) is bool(found["problems"]) is (code == 1)
