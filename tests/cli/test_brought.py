"""Files at addresses are repaired and converted here: from real servers on this machine, and nothing is ever written there."""

from __future__ import annotations

import contextlib
import importlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli.command import Run
from remote.servers import Sent, web_server

from kdoctor.archive.remote.download import downloaded
from kdoctor.archive.remote.file import RemoteFile, filesystem
from kdoctor.errors import ReadError

pytest.importorskip("aiohttp")  # of the extra "remote"

SICK = Path(__file__).parents[2] / "sample_models/sick/lambda_code.keras"


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    _forget()
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    yield
    _forget()


def _forget() -> None:
    """Connections of fsspec outlive the server that they were made to."""
    filesystem.cache_clear()
    with contextlib.suppress(ImportError):
        importlib.import_module("s3fs").S3FileSystem.clear_instance_cache()


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Sent]:
    (tmp_path / "there").mkdir()
    shutil.copy(SICK, tmp_path / "there" / "model.keras")
    with web_server(tmp_path / "there") as server:
        yield server


def files() -> list[str]:
    return sorted(str(path) for path in Path().rglob("*"))


def test_a_file_of_the_web_is_repaired_into_one_here(kdoctor: Run, web: Sent) -> None:
    ended = kdoctor("fix", f"{web.address}/model.keras?key=5ecret", "-o", "mine.keras", "--format", "json")
    assert (ended.code, files()) == (0, ["mine.keras"])
    assert (ended.json["path"], ended.json["out"], ended.json["written"]) == (f"{web.address}/model.keras", "mine.keras", True)
    assert "downloading" in ended.err
    assert "5ecret" not in ended.out + ended.err
    assert kdoctor("inspect", "mine.keras").code == 0


def test_without_a_name_the_repaired_file_stands_in_the_working_folder(kdoctor: Run, web: Sent) -> None:
    assert kdoctor("fix", f"{web.address}/model.keras").code == 0
    assert files() == ["model.fixed.keras"]
    assert kdoctor("fix", f"{web.address}/model.keras").code == 2  # never overwritten
    assert files() == ["model.fixed.keras"]


def test_a_preview_leaves_nothing_and_a_server_without_ranges_serves(kdoctor: Run, tmp_path: Path, web: Sent) -> None:
    with web_server(tmp_path / "there", ranges=False) as plain:
        ended = kdoctor("fix", f"{plain.address}/model.keras", "--diff")
        assert (ended.code, files()) == (0, [])
        assert f"{plain.address}/model.keras" in "".join(ended.out.split()) or "Preview" in ended.out


def test_a_file_of_the_web_is_converted(kdoctor: Run, web: Sent) -> None:
    ended = kdoctor("convert", f"{web.address}/model.keras", "--to", "keras", "-o", "mine.keras")
    assert (ended.code, files()) == (0, ["mine.keras"])


@pytest.mark.parametrize("command", [("fix",), ("convert", "--to", "keras")])
def test_nothing_is_written_to_an_address(kdoctor: Run, web: Sent, command: tuple[str, ...]) -> None:
    ended = kdoctor(command[0], f"{web.address}/model.keras", *command[1:], "-o", "s3://bucket/model.keras")
    assert ended.code == 2
    assert "kdoctor writes files of this machine alone" in ended.err
    assert kdoctor("fix", SICK, "-o", "s3://bucket/model.keras").code == 2
    assert web.answers == 0


def test_the_original_at_an_address_cannot_be_replaced(kdoctor: Run, web: Sent) -> None:
    ended = kdoctor("fix", f"{web.address}/model.keras", "--in-place")
    assert (ended.code, web.answers) == (2, 0)
    assert "files of this machine" in ended.err


def test_an_address_that_leads_nowhere_and_a_network_that_fails_leave_nothing(kdoctor: Run, tmp_path: Path, web: Sent) -> None:
    ended = kdoctor("fix", f"{web.address}/nowhere.keras", "-o", "mine.keras")
    assert (ended.code, "no such file" in ended.err) == (3, True)
    with web_server(tmp_path / "there", fails_after=0) as failing:
        assert kdoctor("fix", f"{failing.address}/model.keras", "-o", "mine.keras").code == 3
    assert files() == []


def test_what_the_disk_has_no_room_for_is_not_begun(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, web: Sent) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda place: shutil._ntuple_diskusage(1000, 500, 500))  # type: ignore[attr-defined]
    file = RemoteFile(f"{web.address}/model.keras", f"{web.address}/model.keras")
    with pytest.raises(ReadError, match="the disk has room for 250"), downloaded(file, tmp_path, lambda size: None):
        pass
    assert web.answers <= 1


@pytest.mark.filterwarnings("ignore")  # of the server's libraries
def test_an_object_of_a_bucket_is_repaired_and_stays_what_it_was(kdoctor: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    server_module, boto3 = pytest.importorskip("moto.server"), pytest.importorskip("boto3")
    for name, value in {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_DEFAULT_REGION": "us-east-1"}.items():
        monkeypatch.setenv(name, value)
    server = server_module.ThreadedMotoServer(port=0, verbose=False)
    server.start()
    address = "http://{}:{}".format(*server.get_host_and_port())
    monkeypatch.setenv("AWS_ENDPOINT_URL", address)
    client = boto3.client("s3", endpoint_url=address)
    client.create_bucket(Bucket="models")
    client.upload_file(str(SICK), "models", "a/model.keras")
    ended = kdoctor("fix", "s3://models/a/model.keras", "-o", "mine.keras")
    assert (ended.code, files()) == (0, ["mine.keras"])
    assert client.get_object(Bucket="models", Key="a/model.keras")["Body"].read() == SICK.read_bytes()
    assert [each["Key"] for each in client.list_objects_v2(Bucket="models")["Contents"]] == ["a/model.keras"]
    assert kdoctor("fix", "s3://models/a").code == 2
    client.close()
    server.stop()
