"""A real Dask scheduler with real workers on this machine, one of which is killed in the middle."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kdoctor.errors import UsageError
from kdoctor.scanning.cluster import Cluster, connected, examine_there
from kdoctor.scanning.files import find_models
from kdoctor.scanning.job import Job
from kdoctor.scanning.workers import examine_all
from kdoctor.target import Target

distributed = pytest.importorskip("distributed")
pytestmark = pytest.mark.filterwarnings("ignore")  # of Dask's libraries
SAMPLES = Path(__file__).parents[2] / "sample_models"
TARGET = Target("3.15.1")


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None, silence_logs=50) as cluster:
        yield cluster.scheduler_address


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Many files in many folders, one of which no reader can do anything with."""
    for number in range(240):
        path = tmp_path / f"{number % 7}" / f"{number % 3}" / f"{number:03}.keras"
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(SAMPLES / ("sick" if number % 5 else "healthy") / "lambda_code.keras", path)
    (tmp_path / "3" / "truncated.keras").write_bytes(b"PK\x03\x04")
    (tmp_path / "3" / "hopeless.keras").symlink_to(tmp_path / "nowhere")
    return tmp_path


def reports(folder: Path, cluster: Cluster | None, jobs: int = 2, kill_at: int | None = None, client: Any = None) -> list[dict[str, Any]]:
    files = find_models([str(folder)], cluster.search if cluster else None)
    found = examine_all(files, TARGET, jobs, **({"crews": cluster.crew} if cluster else {}))
    told = []
    for number, report in enumerate(found):
        told.append(report)
        if number == kill_at:
            os.kill(next(iter(client.run(os.getpid).values())), signal.SIGKILL)
    return told


def test_a_cluster_says_what_one_machine_says_though_a_worker_is_killed_in_the_middle(address: str, folder: Path) -> None:
    here = reports(folder, None)
    assert len(here) == 242
    with connected(address, 1) as cluster, distributed.Client(address) as client:
        there = reports(folder, cluster, kill_at=20, client=client)
    assert there == here
    assert [report["path"] for report in there if report["verdict"] == "unknown"] == [str(folder / "3" / "hopeless.keras")]


def test_a_worker_with_another_kdoctor_is_told_of() -> None:
    with pytest.raises(UsageError, match=r"has kdoctor .*, not 0\.0\.9"):
        examine_there(Job(TARGET), [], "scan", "0.0.9")


def test_an_address_where_no_scheduler_answers_is_wrong_usage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kdoctor.scanning.cluster.WAIT_SECONDS", 0.5)
    with pytest.raises(UsageError, match="no scheduler with a worker"), connected("tcp://127.0.0.1:9", 1):
        pass
