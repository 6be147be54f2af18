"""The release that is asked about."""

from __future__ import annotations

import sys
from importlib.metadata import version

import pytest

from kdoctor.asked import asked_release, installed_keras, newest_tf_keras
from kdoctor.errors import UsageError
from kdoctor.keras_api.catalogue import known_releases, releases


def test_the_installed_keras_is_known_without_importing_it() -> None:
    assert installed_keras() == version("keras")


def test_where_no_keras_is_installed_the_newest_known_release_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [])
    assert installed_keras() == releases()[-1]


def test_tf_keras_alone_is_the_newest_that_is_known() -> None:
    assert asked_release("tf-keras").label == f"tf-keras=={newest_tf_keras()}"
    assert f"tf-keras=={newest_tf_keras()}" in known_releases()


def test_the_python_of_the_installed_keras_is_ours_and_of_others_nobody_knows() -> None:
    assert asked_release("installed").python == sys.version_info[:2]
    assert asked_release("keras==3.0.5").python is None


def test_a_release_that_kdoctor_does_not_know_is_refused() -> None:
    with pytest.raises(UsageError, match="oldest release"):
        asked_release("keras==0.3.0")
