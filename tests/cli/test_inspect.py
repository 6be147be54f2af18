"""``kdoctor inspect`` on real files."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest
from cli.command import Run

from kdoctor.cli.options import wants_color
from kdoctor.report.json import schema

Copy = Callable[[str], Path]

OLDER = "keras_3_0_5"  # what that release does with a sample that 3.15.1 loads


def test_a_healthy_file_ends_with_0(kdoctor: Run, samples: Path) -> None:
    ended = kdoctor("inspect", samples / "healthy/lambda_code.keras")
    assert (ended.code, ended.err) == (0, "")
    assert "loads in Keras" in ended.out


def test_a_sick_file_ends_with_1_and_a_page_of_what_is_wrong(kdoctor: Run, samples: Path) -> None:
    ended = kdoctor("inspect", samples / "sick/lambda_reads_global.keras")
    assert (ended.code, ended.err) == (1, "")
    assert "error K402 lambda-reads-global · layer function · config#/config/layers/1/config/function" in ended.out
    assert "Cure kdoctor fix" in ended.words
    assert "--bind CONV_WIDTH=…" in ended.words


def test_a_missing_file_is_wrong_usage(kdoctor: Run) -> None:
    ended = kdoctor("inspect", "surely_not_there.keras")
    assert (ended.code, ended.out, ended.err) == (2, "", "kdoctor: surely_not_there.keras: no such file\n")


def test_a_name_too_long_for_any_file_is_a_missing_file(kdoctor: Run) -> None:
    ended = kdoctor("inspect", "x" * 5_000)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.endswith("no such file\n")


def test_a_folder_without_a_model_could_not_be_examined(kdoctor: Run, tmp_path: Path) -> None:
    ended = kdoctor("inspect", tmp_path)
    assert (ended.code, ended.err) == (3, "")
    assert "could not be examined completely" in ended.out


def test_a_finding_outweighs_what_could_not_be_examined(kdoctor: Run, samples: Path, tmp_path: Path) -> None:
    assert kdoctor("inspect", tmp_path, samples / "sick/lambda_code.keras").code == 1
    assert kdoctor("inspect", tmp_path, samples / "healthy/lambda_code.keras").code == 3


def test_no_file_at_all_is_wrong_usage(kdoctor: Run) -> None:
    assert kdoctor("inspect").code == 2


def test_a_warning_ends_with_0_unless_asked_otherwise(kdoctor: Run, samples: Path) -> None:
    odd = samples / "sick/not_compiled.keras"
    assert kdoctor("inspect", odd).code == 0
    assert kdoctor("inspect", odd, "--fail-on", "warning").code == 1


def test_several_files_get_a_page_each_in_the_order_given(kdoctor: Run, samples: Path) -> None:
    ended = kdoctor("inspect", samples / "healthy/wrong_extension.h5", samples / "healthy/lambda_code.keras")
    assert ended.out.index("wrong_extension.h5") < ended.out.index("lambda_code.keras")


def test_an_unzipped_archive_is_one_model(kdoctor: Run, samples: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(samples / "healthy/lambda_code.keras") as archive:
        archive.extractall(tmp_path / "model.keras")
    (report,) = kdoctor("inspect", tmp_path / "model.keras", "--format", "json").json["reports"]
    assert (report["format"], report["model"]["class"], report["failures"]) == ("keras-dir", "Sequential", [])


def test_every_sample_is_reported_as_the_contract_says_and_nothing_else_is_printed(kdoctor: Run, samples: Path) -> None:
    files = sorted(path for folder in ("sick", "healthy") for path in (samples / folder).iterdir())
    ended = kdoctor("inspect", *files, "--format", "json")
    assert (ended.code, ended.err) == (1, "")
    jsonschema.Draft202012Validator(schema("report")).validate(ended.json)
    assert [report["path"] for report in ended.json["reports"]] == [str(path) for path in files]


def test_healthy_samples_have_no_error_and_sick_ones_say_what_their_name_says(kdoctor: Run, samples: Path) -> None:
    known = json.loads((samples / "expected.json").read_text("utf-8"))
    expected = {
        name: truth for name, truth in known.items() if OLDER not in truth and not truth["code"].startswith("K9")
    }  # these want --for
    found = kdoctor("inspect", *(samples / name for name in expected), "--deep", "--format", "json").json["reports"]
    for (name, truth), report in zip(expected.items(), found, strict=True):
        codes = {finding["code"] for finding in report["findings"]}
        errors = {finding["code"] for finding in report["findings"] if finding["severity"] == "error"}
        assert (truth["code"] in codes) if name.startswith("sick") else errors == set(), name


def test_a_fault_of_an_older_loader_is_named_for_that_release(kdoctor: Run, samples: Path) -> None:
    known = json.loads((samples / "expected.json").read_text("utf-8"))
    older = {name: truth for name, truth in known.items() if OLDER in truth and name.startswith("sick")}
    assert older
    for name, truth in older.items():
        (report,) = kdoctor("inspect", samples / name, "--target", "keras==3.0.5", "--format", "json").json["reports"]
        assert truth["code"] in {finding["code"] for finding in report["findings"]}, name


def test_the_schemas_are_schemas() -> None:
    for name in ("report", "fix"):
        jsonschema.Draft202012Validator.check_schema(schema(name))


def test_json_tells_the_target_and_the_custom_objects_that_it_will_have(kdoctor: Run, samples: Path) -> None:
    sick = samples / "sick/unresolved_object.keras"
    asked = ("--target", "keras==3.6.0", "--custom", "Scale", "--custom", "a_loss")
    found = kdoctor("inspect", sick, *asked, "--format", "json").json
    assert found["target"] == {"keras": "3.6.0", "safe_mode": True, "custom": ["Scale", "a_loss"]}


def test_a_class_that_the_user_supplies_is_no_error(kdoctor: Run, samples: Path, tmp_path: Path) -> None:
    sick, source = samples / "sick/unresolved_object.keras", tmp_path / "layers.py"
    source.write_text(
        "raise SystemExit('a file given with --custom must not run')\nclass Scale(Layer):\n    def __init__(self, factor, **kwargs): pass\ndef a_loss(): pass\n"
    )
    assert kdoctor("inspect", sick).code == 1
    assert kdoctor("inspect", sick, "--custom", "Scale").code == 0
    assert kdoctor("inspect", sick, "--custom", source).code == 0


@pytest.mark.parametrize(
    ("option", "told"),
    [
        (("--target", "keras==0.3.3"), "the oldest release that it knows is 1.0.8"),
        (("--target", "tf.keras==2.16"), "TensorFlow 2.16 is Keras 3"),
        (("--target", "newest"), "not understood"),
        (("--custom", "surely_not_there.py"), "--custom surely_not_there.py"),
    ],
)
def test_options_that_make_no_sense_are_told_in_a_sentence(kdoctor: Run, samples: Path, option: tuple[str, str], told: str) -> None:
    ended = kdoctor("inspect", samples / "healthy/lambda_code.keras", *option)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("kdoctor: ")
    assert told in ended.err


@pytest.mark.parametrize("option", [("--format", "xml"), ("--fail-on", "sometimes"), ("--for", "fun"), ("--no-such-option",)])
def test_options_that_do_not_exist_are_wrong_usage(kdoctor: Run, samples: Path, option: tuple[str, ...]) -> None:
    ended = kdoctor("inspect", samples / "healthy/lambda_code.keras", *option)
    assert (ended.code, ended.out) == (2, "")


def test_a_target_newer_than_all_that_is_known_is_answered_as_the_newest(kdoctor: Run, samples: Path) -> None:
    ended = kdoctor("inspect", samples / "healthy/lambda_code.keras", "--target", "keras==3.999.0")
    assert (ended.code, ended.err) == (0, "")


def with_names(path: Path, sample: Path, name: str, class_name: str) -> Path:
    """A copy of a sample whose last layer, and whose class, is called otherwise."""
    with zipfile.ZipFile(sample) as archive, zipfile.ZipFile(path, "w") as copy:
        for member in archive.namelist():
            data = archive.read(member)
            if member == "config.json":
                config = json.loads(data)
                config["config"]["layers"][-1]["config"]["name"] = name
                config["config"]["layers"][-1]["class_name"] = class_name
                data = json.dumps(config).encode()
            copy.writestr(member, data)
    return path


def test_names_in_a_file_can_neither_paint_nor_clear_the_terminal(kdoctor: Run, samples: Path, tmp_path: Path) -> None:
    made = with_names(tmp_path / "evil.keras", samples / "healthy/lambda_code.keras", "[bold]loud[/bold]", "Evil\x1b[2J\x9b31m\u202e")
    ended = kdoctor("inspect", made)
    assert "[bold]loud[/bold]" in ended.out
    assert not set(ended.out) & set("\x1b\x9b\u202e")
    assert not set(kdoctor("inspect", made, "--format", "json").out) & set("\x1b\x9b\u202e")


def test_a_files_own_name_cannot_either(kdoctor: Run, tmp_path: Path) -> None:
    path = tmp_path / "evil\x1b[2J.keras"
    path.write_bytes(b"")
    for arguments in (
        ("inspect", path),
        ("inspect", path, "--format", "json"),
        ("inspect", f"{path}.missing"),
        ("scan", tmp_path, "-j", 1),
    ):
        ended = kdoctor(*arguments)
        assert "\x1b" not in ended.out + ended.err
        assert "evil" in ended.out + ended.err


def test_colors_are_for_terminals_without_no_color(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr("sys.stdout", Terminal())
    assert wants_color()
    monkeypatch.setenv("TERM", "dumb")
    assert not wants_color()


class Terminal:
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("custom", ["", " ", "./", "/"])
def test_a_folder_or_nothing_is_no_custom_object(kdoctor: Run, samples: Path, custom: str) -> None:
    ended = kdoctor("inspect", samples / "healthy/lambda_code.keras", "--custom", custom)
    assert ended.code == 2
    assert "--custom" in ended.err


def test_an_empty_name_is_not_taken_for_this_folder(kdoctor: Run) -> None:
    assert kdoctor("inspect", "").code == 2
