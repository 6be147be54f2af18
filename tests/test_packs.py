"""Packs of checks, installed or made for the occasion in a temporary folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from kdoctor.check import Check
from kdoctor.errors import PackError
from kdoctor.installed import Point
from kdoctor.packs import load_checks

CHECK = '''
from kdoctor.check import Finding, Severity, check

@check("{code}", Severity.ERROR, since="1.0")
def {name}(document, target):
    """Found in {code}."""
    yield from ()
'''


@pytest.fixture
def packs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder on the import path; modules made in it have names of their own, so that no test sees another's."""
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def entry(name: str, module: str) -> Point:
    return Point(name, module)


def codes(checks: tuple[Check, ...]) -> list[str]:
    return [check.code for check in checks]


def test_the_installed_checks_are_found_in_the_order_of_their_codes() -> None:
    found = codes(load_checks())
    assert len(found) > 20
    assert found == sorted(found)


def test_a_pack_is_one_module_or_a_package_with_a_module_for_each_check(packs: Path) -> None:
    (packs / "pack_of_one.py").write_text(CHECK.format(code="A001", name="one"))
    (packs / "pack_of_two").mkdir()
    (packs / "pack_of_two" / "__init__.py").write_text(CHECK.format(code="B001", name="first"))
    (packs / "pack_of_two" / "second.py").write_text(CHECK.format(code="B002", name="second"))
    assert codes(load_checks([entry("B", "pack_of_two"), entry("A", "pack_of_one")])) == ["A001", "B001", "B002"]


def test_a_check_imported_from_another_module_counts_where_it_is_defined_only(packs: Path) -> None:
    (packs / "pack_with_import").mkdir()
    (packs / "pack_with_import" / "__init__.py").write_text("from .one import one as again\n")
    (packs / "pack_with_import" / "one.py").write_text(CHECK.format(code="A001", name="one"))
    assert codes(load_checks([entry("A", "pack_with_import")])) == ["A001"]


def test_no_check_at_all_is_an_error_not_health() -> None:
    with pytest.raises(PackError, match="no checks are installed"):
        load_checks([])


def test_a_pack_without_a_check_does_not_make_up_for_none(packs: Path) -> None:
    (packs / "pack_of_none.py").write_text("")
    with pytest.raises(PackError, match="no checks"):
        load_checks([entry("A", "pack_of_none")])


@pytest.mark.parametrize("code", ["K999", "AB001"])
def test_a_pack_must_own_the_prefix_of_its_codes(packs: Path, code: str) -> None:
    (packs / f"pack_of_{code}.py").write_text(CHECK.format(code=code, name="one"))
    with pytest.raises(PackError, match=f"'A'.*does not own.*{code}"):
        load_checks([entry("A", f"pack_of_{code}")])


def test_a_code_used_twice_is_refused_and_both_checks_are_named(packs: Path) -> None:
    (packs / "pack_twice.py").write_text(CHECK.format(code="A001", name="one") + CHECK.format(code="A001", name="other"))
    with pytest.raises(PackError, match="A001 is used by one and by other"):
        load_checks([entry("A", "pack_twice")])


@pytest.mark.parametrize(("name", "source"), [("missing", None), ("unready", "import surely_not_installed"), ("broken", "def f(:")])
def test_a_pack_that_cannot_be_imported_is_named(packs: Path, name: str, source: str | None) -> None:
    if source is not None:
        (packs / f"pack_{name}.py").write_text(source)
    with pytest.raises(PackError, match=f"pack 'A' .*pack_{name}.*cannot be imported"):
        load_checks([entry("A", f"pack_{name}")])
