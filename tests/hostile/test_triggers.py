"""Every trigger of the loading CVEs, in every place of a config and in every container, is found; nothing honest is."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from hostile.containers import CONTAINERS
from hostile.places import PLACES
from hostile.triggers import HEALTHY, TRIGGERS, Trigger
from kdoctor.check import Check, Severity
from kdoctor.doctor import examine_file
from kdoctor.packs import load_checks
from kdoctor.target import Target

OLDER = Target("3.8.0")
NEWEST = Target("3.15.1")
OF_CODE = ("K401", "K405")
WHOLE = (".keras", ".h5")  # which are read by two ways; the others differ from them by their wrapping alone
SOME = ("layer", "call argument", "nested", "loss")


@cache
def checks() -> tuple[Check, ...]:
    """Those about hostile content, and about code."""
    return tuple(check for check in load_checks() if check.code.startswith("K8") or check.code in OF_CODE)


def errors(path: Path, target: Target = NEWEST) -> set[str]:
    report = examine_file(path, target, checks())
    assert report.failures == ()
    return {found.check.code for found in report.findings if found.severity is Severity.ERROR or found.check.code in OF_CODE}


@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("trigger", TRIGGERS, ids=lambda trigger: trigger.name)
def test_a_trigger_is_found_wherever_it_stands(tmp_path: Path, trigger: Trigger, container: str) -> None:
    missed = []
    for place in PLACES if container in WHOLE else SOME:
        config, training = PLACES[place](trigger.value)
        if not errors(CONTAINERS[container](tmp_path, config, training)).intersection(trigger.codes):
            missed.append(place)
    assert missed == []


@pytest.mark.parametrize("trigger", TRIGGERS, ids=lambda trigger: trigger.name)
def test_a_trigger_is_judged_alike_for_a_release_that_falls_for_it(tmp_path: Path, trigger: Trigger) -> None:
    config, training = PLACES["activation"](trigger.value)
    assert errors(CONTAINERS[".keras"](tmp_path, config, training), OLDER).intersection(trigger.codes)


@pytest.mark.parametrize("container", CONTAINERS)
def test_honest_values_in_the_same_places_are_none(tmp_path: Path, container: str) -> None:
    alarms = {}
    for number, value in enumerate(HEALTHY):
        for place in PLACES if container in WHOLE else SOME:
            config, training = PLACES[place](value)
            if found := errors(CONTAINERS[container](tmp_path, config, training)):
                alarms[number, place] = found
    assert alarms == {}
