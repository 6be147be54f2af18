"""What Keras wrote of its layers into a SavedModel is read: from real files of TensorFlow 2.9, 2.12 and 2.15, and from programs made by hand."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from saved_model.protobufs import field, saved_model
from stored_lambdas import crop

from kdoctor.archive import open_document
from kdoctor.doctor import examine_file
from kdoctor.engine import Report
from kdoctor.outcomes import outcomes
from kdoctor.packs import load_checks
from kdoctor.target import Target

REAL = sorted((Path(__file__).parents[1] / "saved_model" / "data").glob("keras_*.pb"))


def folder(place: Path, metadata: bytes | None = None, program: bytes = b"") -> Path:
    (place / "model").mkdir(parents=True)
    (place / "model" / "saved_model.pb").write_bytes(program or saved_model())
    if metadata is not None:
        (place / "model" / "keras_metadata.pb").write_bytes(metadata)
    return place / "model"


def metadata(*nodes: Any) -> bytes:
    return b"".join(
        field(1, field(3, f"root.{n}") + field(4, "_tf_keras_layer") + field(5, json.dumps(each))) for n, each in enumerate(nodes)
    )


def examined(path: Path, target: str = "3.15.1") -> Report:
    report = examine_file(path, Target(target), load_checks())
    assert report.failures == ()
    return report


def told(report: Report, code: str) -> list[str | None]:
    return [found.finding.layer for found in report.findings if found.check.code == code]


def codes(report: Report) -> set[str]:
    return {found.check.code for found in report.errors}


@pytest.mark.parametrize("real", REAL, ids=lambda path: path.stem)
def test_lambdas_of_a_real_folder_are_named_once_each_also_within_a_model(tmp_path: Path, real: Path) -> None:
    place = folder(tmp_path)
    shutil.copy(real, place / "keras_metadata.pb")
    report = examined(place)
    assert told(report, "K401") == ["crop", "inner"]
    assert codes(report) == {"K110", "K401"}
    assert told(examined(real), "K401") == ["crop", "inner"]


def test_keras_2_runs_the_code_so_it_is_warned_of_and_loads_the_folder() -> None:
    report = examined(REAL[0], "2.15.0")
    assert codes(report) == set()
    assert told(report, "K401") == ["crop", "inner"]


def test_code_that_reaches_for_the_system_is_named(tmp_path: Path) -> None:
    place = folder(tmp_path, metadata(crop("lambda x: open('/etc/passwd') and x")))
    assert codes(examined(place)) >= {"K401", "K407"}
    assert codes(examined(place, "2.15.0")) == {"K407"}


def test_a_program_without_metadata_beside_it_holds_it_itself(tmp_path: Path) -> None:
    """As TensorFlow 2.2 to 2.4 wrote it."""
    user = field(4, field(1, "_tf_keras_layer") + field(3, json.dumps(crop("lambda x: x"))))
    other = field(4, field(1, "trackable_list_wrapper") + field(3, "no JSON"))
    program = saved_model(objects=field(1, other) + field(1, user))
    assert told(examined(folder(tmp_path, program=program)), "K401") == ["crop"]


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ({"class_name": "function", "module": "os", "config": "system"}, "K801"),
        ({"class_name": "StringLookup", "config": {"name": "s", "vocabulary": "/etc/passwd"}}, "K803"),
        ({"class_name": "Dense", "config": {"name": "../../x"}}, "K806"),
    ],
)
def test_other_hostile_content_is_named(tmp_path: Path, value: Any, code: str) -> None:
    assert code in codes(examined(folder(tmp_path, metadata(value))))


def test_a_group_does_not_hide_what_follows_it(tmp_path: Path) -> None:
    """Groups are a form that readers of protocol buffers pass over."""
    group = b"\x7b" + field(5, "x") + b"\x7c"  # field 15
    assert told(examined(folder(tmp_path, group + metadata(crop("lambda x: x")))), "K401") == ["crop"]


@pytest.mark.parametrize("broken", [b"\x0a\xff\x7f", b"\x7b", field(1, field(3, "root") + field(5, "{")), b"\x0f"])
def test_what_cannot_be_read_is_told_and_never_called_checked(tmp_path: Path, broken: bytes) -> None:
    report = examined(folder(tmp_path, broken))
    assert "K105" in codes(report)
    assert all("K801" not in reason.checks or "objects" in reason.why for reason in outcomes(report).not_checked)
    assert any("K801" in reason.checks for reason in outcomes(report).not_checked)


def test_of_a_plain_folder_hostile_content_was_looked_for(tmp_path: Path) -> None:
    report = examined(folder(tmp_path, metadata({"class_name": "Dense", "config": {"name": "d", "units": 1}})))
    assert codes(report) == {"K110"}
    assert not any({"K801", "K407"} & {*reason.checks} for reason in outcomes(report).not_checked)


def test_metadata_without_end_is_not_read_to_its_end(tmp_path: Path) -> None:
    dense = {"class_name": "Dense", "config": {"name": "d" * 2_000, "units": 1}}
    assert "K805" in codes(examined(folder(tmp_path, metadata(*({**dense, "n": number} for number in range(10_001))))))


def beside(place: Path, config: bytes) -> Path:
    found = folder(place, metadata(crop("lambda x: x")))
    (found / "config.json").write_bytes(config)
    return found


@pytest.mark.parametrize("config", [b'{"class_name": "Sequential", "config": {"name": "s", "layers": []}}', b'{"class_name": '])
def test_a_folder_that_is_an_unzipped_archive_too_is_examined_as_both(tmp_path: Path, config: bytes) -> None:
    """Keras 3 opens the one, and Keras 2 the other."""
    for target in ("3.15.1", "2.15.0"):
        report = examined(beside(tmp_path / target, config), target)
        assert {"K401", "K810"} <= {found.check.code for found in report.findings}
        assert "K810" in codes(report)


def test_a_config_of_another_tool_makes_no_archive_of_a_saved_model(tmp_path: Path) -> None:
    report = examined(beside(tmp_path, b'{"architectures": ["Mine"]}'))
    assert codes(report) == {"K110", "K401"}


def test_a_folder_is_as_large_as_its_files_together(tmp_path: Path) -> None:
    place = folder(tmp_path)
    (place / "variables").mkdir()
    (place / "variables" / "variables.data-00000-of-00001").write_bytes(bytes(5_000))
    (place / "elsewhere").symlink_to(Path(__file__))
    assert open_document(place).file["size"] == 5_000 + (place / "saved_model.pb").stat().st_size
