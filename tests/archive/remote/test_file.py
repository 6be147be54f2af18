"""Models that are somewhere else: read by ranges, from real servers on this machine, and nothing secret is ever shown."""

from __future__ import annotations

import io
import json
import shutil
import socket
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from remote.servers import Sent, counting_proxy, web_server

from kdoctor.archive import open_document
from kdoctor.archive.remote import listing
from kdoctor.archive.remote.address import address_of, is_remote, root_of, shown, without_secrets
from kdoctor.archive.remote.file import RemoteFile, filesystem
from kdoctor.archive.remote.listing import find_remote
from kdoctor.check import Severity
from kdoctor.cli.options import existing
from kdoctor.doctor import examine_file
from kdoctor.engine import Report, Verdict
from kdoctor.errors import ReadError, UsageError
from kdoctor.packs import load_checks
from kdoctor.scanning.files import find_models, named_like_a_model
from kdoctor.target import Target

pytest.importorskip("aiohttp")  # of the extra "remote"

SAMPLES = Path(__file__).parents[3] / "sample_models"
SMALL = SAMPLES / "sick/lambda_code.keras"
MEGABYTES = 100


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    filesystem.cache_clear()
    yield
    filesystem.cache_clear()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small sick model, and the same one with a hundred megabytes of weights that nobody needs to read."""
    folder = tmp_path_factory.mktemp("models")
    shutil.copy(SMALL, folder / "small.keras")
    with zipfile.ZipFile(SMALL) as small, zipfile.ZipFile(folder / "large.keras", "w", zipfile.ZIP_STORED) as large:
        with large.open("assets/words.bin", "w") as asset:
            for _ in range(MEGABYTES):
                asset.write(bytes(10**6))
        for name in small.namelist():
            large.writestr(name, small.read(name))
    return folder


def only(address: str) -> RemoteFile:
    found, is_folder = find_remote(address, named_like_a_model)
    assert not is_folder
    return found


def examined(file: RemoteFile) -> Report:
    return examine_file(file, Target("3.15.1"), load_checks())


def errors(report: Report) -> list[str]:
    return [found.check.code for found in report.findings if found.severity is Severity.ERROR]


def test_a_large_archive_on_the_web_is_examined_with_less_than_a_hundredth_of_its_bytes(folder: Path) -> None:
    with web_server(folder) as server:
        report = examined(only(f"{server.address}/large.keras"))
    assert errors(report) == ["K401"]
    assert 0 < server.bytes < MEGABYTES * 10**6 / 100
    assert server.heads == 1


def test_a_small_file_comes_in_one_answer_and_is_read_as_if_it_were_here(folder: Path) -> None:
    with web_server(folder) as server:
        document = open_document(only(f"{server.address}/small.keras"))
    assert server.answers == 1
    here = open_document(folder / "small.keras")
    assert (document.digest, document.parts["config"], document.weights) == (here.digest, here.parts["config"], here.weights)
    assert document.origin is None


def test_a_server_without_ranges_is_told_of_and_its_large_file_is_not_downloaded_behind_ones_back(folder: Path) -> None:
    with web_server(folder, ranges=False) as server:
        assert errors(examined(only(f"{server.address}/small.keras"))) == ["K401"]
        report = examined(only(f"{server.address}/large.keras"))
    assert report.verdict is Verdict.UNKNOWN
    assert "gives no ranges; download it" in report.failures[0].error
    assert server.bytes < MEGABYTES * 10**6 / 5


def test_a_network_that_fails_in_the_middle_is_not_taken_for_a_damaged_file(folder: Path) -> None:
    verdicts = set()
    for answers in range(1, 5):
        with web_server(folder, fails_after=answers) as server:
            report = examined(only(f"{server.address}/large.keras"))
        verdicts.add((report.verdict, len(report.findings)))
    assert verdicts == {(Verdict.UNKNOWN, 0)}


def test_who_asks_and_with_what_key_is_never_shown(folder: Path) -> None:
    with web_server(folder, fails_after=1) as server:
        keyed = server.address.replace("//", "//alice:hunter2%21@")
        fine = examined(only(f"{keyed}/small.keras?X-Amz-Signature=5ecre7key"))
        broken = examined(only(f"{keyed}/large.keras?X-Amz-Signature=5ecre7key"))
        missing = examined(only(f"{keyed}/missing.keras?X-Amz-Signature=5ecre7key"))
    assert errors(fine) == ["K401"]
    assert fine.path == f"{server.address}/small.keras"
    assert server.asked[0].endswith("?X-Amz-Signature=5ecre7key")
    assert missing.failures
    assert broken.failures
    for report in (fine, broken, missing):
        told = " ".join([report.path, *(failure.error for failure in report.failures), repr(report.document)])
        assert not [secret for secret in ("alice", "hunter2", "5ecre7key", "Signature") if secret in told]


@pytest.fixture
def bucket(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Sent]]:
    """A real S3 server with a bucket of models."""
    server_module, boto3 = pytest.importorskip("moto.server"), pytest.importorskip("boto3")
    for name, value in {
        "AWS_ACCESS_KEY_ID": "AKIDSECRET",
        "AWS_SECRET_ACCESS_KEY": "verysecret",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    server = server_module.ThreadedMotoServer(port=0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    client = boto3.client("s3", endpoint_url=f"http://127.0.0.1:{port}")
    client.create_bucket(Bucket="registry")
    for path, key in (
        ("small.keras", "b/small.keras"),
        ("large.keras", "a/large.keras"),
        ("small.keras", "readme.txt"),
        ("small.keras", "c.h5"),
    ):
        client.upload_file(str(folder / path), "registry", key)
    client.close()
    with counting_proxy(port) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.address)
        yield proxy
    server.stop()


@pytest.mark.filterwarnings("ignore")  # of the server's libraries
def test_a_bucket_is_searched_in_order_and_its_models_are_read_by_ranges(bucket: Sent) -> None:
    found = list(find_models(["s3://registry"]))
    assert [str(file) for file in found] == ["s3://registry/c.h5", "s3://registry/a/large.keras", "s3://registry/b/small.keras"]
    assert all(isinstance(file, RemoteFile) and file.signature for file in found)
    before = bucket.bytes
    assert "K401" in errors(examined(only("s3://registry/a/large.keras")))
    assert 0 < bucket.bytes - before < MEGABYTES * 10**6 / 100
    with pytest.raises(UsageError, match="no such file or folder"):
        only("s3://registry/nowhere.keras")


@pytest.fixture
def google(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sent]:
    """A real server of Google's storage protocol with the same bucket."""
    server_module, gcsfs = pytest.importorskip("gcp_storage_emulator.server"), pytest.importorskip("gcsfs")
    monkeypatch.setenv("GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT", "false")  # gcsfs asks Google itself what kind of bucket it is
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = server_module.create_server("127.0.0.1", port, in_memory=True, default_bucket="registry")
    server.start()
    with counting_proxy(port) as proxy:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", proxy.address)
        system = gcsfs.core.GCSFileSystem(token="anon", endpoint_url=proxy.address, skip_instance_cache=True)
        for name, key in (("small.keras", "b/small.keras"), ("large.keras", "a/large.keras"), ("small.keras", "c.h5")):
            system.put_file(str(folder / name), f"registry/{key}")
        yield proxy
    server.stop()


@pytest.mark.filterwarnings("ignore")  # of the server's libraries
def test_a_bucket_of_google_is_searched_and_read_by_ranges_too(google: Sent) -> None:
    found = list(find_models(["gs://registry"]))
    assert [str(file) for file in found] == ["gs://registry/c.h5", "gs://registry/a/large.keras", "gs://registry/b/small.keras"]
    assert all(isinstance(file, RemoteFile) and file.signature for file in found)
    before = google.bytes
    assert "K401" in errors(examined(only("gs://registry/a/large.keras")))
    assert 0 < google.bytes - before < MEGABYTES * 10**6 / 100


def packed(folder: Path, name: str, mode: str) -> Path:
    with tarfile.open(folder / name, mode) as archive:
        for member in ("b/model.keras", "a.h5", "notes.txt"):
            archive.add(SMALL, member)
        link = tarfile.TarInfo("link.keras")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
        odd = tarfile.TarInfo("../outside.keras")
        odd.size = 3
        archive.addfile(odd, io.BytesIO(b"abc"))
    return folder / name


@pytest.mark.parametrize(("name", "mode"), [("models.tar", "w"), ("models.tar.gz", "w:gz"), ("models.tgz", "w:gz")])
def test_the_models_in_a_tar_archive_are_found_and_nothing_is_unpacked(tmp_path: Path, name: str, mode: str) -> None:
    archive = packed(tmp_path, name, mode)
    found = {str(file).partition("::")[0]: file for file in find_models([str(archive)])}
    assert "tar://b/model.keras" in found
    assert "tar://a.h5" in found
    assert str(found["tar://a.h5"]).endswith(f"::{archive}")
    assert "K401" in errors(examined(found["tar://b/model.keras"]))  # type: ignore[arg-type]
    assert sorted(path.name for path in tmp_path.iterdir()) == [name]


def test_a_tar_archive_on_the_web_is_looked_into(tmp_path: Path) -> None:
    packed(tmp_path, "models.tar", "w")
    with web_server(tmp_path) as server:
        found = {str(file): file for file in find_models([f"{server.address}/models.tar"])}
        assert "K401" in errors(examined(found[f"tar://b/model.keras::{server.address}/models.tar"]))


@pytest.mark.parametrize("name", ["models.tar", "models.tar.gz", "models.tgz", "models.tar.xz"])
@pytest.mark.parametrize("content", [b"", b"no archive" * 200], ids=["empty", "other"])
def test_what_is_no_tar_archive_is_told_in_a_sentence(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UsageError, match=r"models\.t"):
        [*find_models([str(tmp_path / name)])]


def test_a_place_without_credentials_is_told_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    errors = pytest.importorskip("botocore.exceptions")

    def refuse(_: str) -> object:
        raise errors.NoCredentialsError

    monkeypatch.setattr(listing, "filesystem", refuse)
    with pytest.raises(UsageError, match="s3://bucket/models: Unable to locate credentials"):
        [*find_models(["s3://bucket/models"])]


def test_an_address_that_nothing_can_open_is_wrong_usage() -> None:
    with pytest.raises(UsageError, match="nowhere"):
        only("nowhere://user:hunter2@models/x.keras")
    with pytest.raises(UsageError) as told:
        only("nowhere://user:hunter2@models/x.keras")
    assert "hunter2" not in str(told.value)


@pytest.mark.parametrize("text", ["s3://bucket/models", "hf://user/model/model.keras", "https://host/m.keras", "tar://x::file.tar"])
def test_addresses_are_told_from_paths(text: str) -> None:
    assert is_remote(text)


@pytest.mark.parametrize("text", ["models/", "C:\\models\\x.keras", "C:/models", "model:v0/x.keras", "a.tar", "./x.keras"])
def test_paths_are_no_addresses(text: str) -> None:
    assert not is_remote(text)


def test_a_command_that_reads_no_remote_files_knows_an_address_that_became_a_path() -> None:
    assert address_of(Path("az://bucket/a.keras")) == "az://bucket/a.keras"
    assert address_of(Path("models/a.keras")) is None
    with pytest.raises(UsageError, match=r"^s3://bucket/a.keras: inspect, scan, fix and convert read remote files.*download it first"):
        existing([Path("s3://key@bucket/a.keras")])


def test_a_sentence_of_someone_else_loses_its_secrets() -> None:
    address = "https://bob:pass%2Fword@host/x.keras?sig=abc%3D%3D&se=2026"
    text = f"GET {address} failed for bob:pass/word, sig=abc==, ('https://bob:pass%2Fword@host/y?sig=other')"
    told = without_secrets(text, address)
    assert not [secret for secret in ("bob", "pass", "abc", "other", "2026") if secret in told]
    assert shown("https://u@h/x?y") == "https://h/x"
    assert root_of("https://h/x.tar.gz?sig=1") == "tar://::https://h/x.tar.gz?sig=1"


def test_a_file_that_is_read_is_closed_and_errors_name_it(folder: Path) -> None:
    with pytest.raises(ReadError, match=r"memory:/+gone\.keras cannot be read"):
        open_document(RemoteFile("memory://", "/gone.keras"))
    assert json.dumps(str(RemoteFile("memory://", "/gone.keras")))
