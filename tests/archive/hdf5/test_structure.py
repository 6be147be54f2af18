"""HDF5 from strangers: read like h5py reads it, without following, allocating or believing anything."""

from __future__ import annotations

import io
import os
import random
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from kdoctor.archive.hdf5.lookup3 import lookup3
from kdoctor.archive.hdf5.structure import Hdf5, read_hdf5
from kdoctor.archive.window import Window
from kdoctor.document import Json, Weight
from kdoctor.limits import Limits

Fill = Callable[[Any], object]
NUMBERS = ("bool", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "float16", "float32", "float64", "complex64")


def stored(fill: Fill, **options: Any) -> bytes:
    memory = io.BytesIO()
    with h5py.File(memory, "w", **options) as file:
        fill(file)
    return memory.getvalue()


def read(data: bytes, **bounds: int) -> Hdf5:
    return read_hdf5(io.BytesIO(data), len(data), Limits(**bounds))


def faults(found: Hdf5) -> list[tuple[str, Mapping[str, Json]]]:
    return [(fault.kind, fault.detail) for fault in found.faults]


def layers(file: Any) -> None:
    for number in range(40):
        group = file.create_group(f"layers/dense_{number}/vars")
        group.attrs["name"] = f"dense_{number}"
        group["0"] = np.zeros((number, 3), "float32")
        group["1"] = np.zeros(3, "float16")


def alike_but_for_their_values(file: Any) -> None:
    for number in range(20):
        file.create_dataset(f"empty_{number}", (0, 3), "float32")
        file.create_dataset(f"reserved_{number}", (4, 3), "float32")  # never written: it has no address
        file[f"written_{number}"] = np.full((4, 3), number, "float32")
        file[f"named_{number}"] = np.zeros(4, "V2")
        file[f"named_{number}"].attrs["dtype"] = "bfloat16" if number % 2 else "float8_e5m2"


def many_kinds(file: Any) -> None:
    for name in NUMBERS:
        file[f"arrays/{name}"] = np.zeros((2, 0, 3), name)
    file["arrays/big_endian"] = np.zeros((), ">f4")
    file["arrays/texts"] = ["a", "é"]
    file["arrays/fixed"] = np.array([b"abc"])
    file["arrays/chunked"] = file.create_dataset("chunked", (100, 100), "f4", chunks=(10, 10), compression="gzip")
    root = file.attrs
    root["text"], root["bytes"], root["number"], root["float"] = "schön", np.bytes_(b"abc"), 7, 0.25
    root["names"] = np.array([b"a", b"bcd"])
    root["texts"] = ["x", "", "ü"]
    root["table"], root["none"], root["flags"] = np.arange(6).reshape(2, 3), np.zeros(0), np.array([True, False])
    file.create_group("empty")


@pytest.mark.parametrize("version", ["earliest", "latest"])
def test_structure_and_attributes_are_those_that_h5py_reads(version: str) -> None:
    found = read(stored(many_kinds, libver=version))
    assert found.faults == ()
    expected = dict.fromkeys(NUMBERS, (2, 0, 3))
    assert {name: found.weights[f"arrays/{name}"].shape for name in NUMBERS} == expected
    assert {name: found.weights[f"arrays/{name}"].dtype for name in NUMBERS} == {name: name for name in NUMBERS}
    assert found.weights["chunked"] == Weight((100, 100), "float32", "chunked")
    assert [found.weights[f"arrays/{name}"].dtype for name in ("big_endian", "texts", "fixed")] == ["float32", "str", "bytes24"]
    assert found.weights["arrays/big_endian"].shape == ()
    root = found.attributes["/"]
    assert (root["text"], root["bytes"], root["number"], root["float"]) == ("schön", "abc", 7, 0.25)
    assert (root["names"], root["texts"], root["table"]) == (["a", "bcd"], ["x", "", "ü"], [[0, 1, 2], [3, 4, 5]])
    assert (root["none"], root["flags"]) == ([], [True, False])
    assert set(found.attributes) == {"/", "/arrays", "/empty"}


@pytest.mark.parametrize("options", [{}, {"libver": "latest"}, {"libver": "latest", "track_order": True}])
def test_large_groups_and_large_attributes_are_read_in_every_layout(options: dict[str, Any]) -> None:
    text = "x" * 200_000

    def fill(file: Any) -> None:
        layers(file)
        file.attrs["model_config"] = text
        for number in range(30):
            file.attrs[f"a{number}"] = number
            file.create_group(f"group_{number}")

    found = read(stored(fill, **options))
    assert found.faults == ()
    assert len(found.weights) == 80
    assert found.attributes["/"] == {"model_config": text} | {f"a{number}": number for number in range(30)}
    assert found.attributes["/layers/dense_7/vars"] == {"name": "dense_7"}


def test_a_dtype_that_hdf5_lacks_is_read_from_the_attribute_that_keras_puts_beside_it() -> None:
    def fill(file: Any) -> None:
        file["kernel"] = np.zeros((2, 3), "V2")
        file["kernel"].attrs["dtype"] = "bfloat16"

    assert read(stored(fill)).weights["kernel"] == Weight((2, 3), "bfloat16", "kernel")


def test_bytes_that_are_no_text_are_kept_for_json_and_replaced_elsewhere() -> None:
    def fill(file: Any) -> None:
        file.attrs["model_config"] = np.bytes_(b"\xffa")
        file.attrs["backend"] = np.bytes_(b"\xffa")

    root = read(stored(fill)).attributes["/"]
    assert root == {"model_config": "\udcffa", "backend": "\ufffda"}


def test_a_user_block_is_looked_through() -> None:
    found = read(stored(layers, userblock_size=1024))
    assert found.signature_offset == 1024
    assert (len(found.weights), found.faults) == (80, ())


def test_it_is_read_in_place_through_a_window() -> None:
    data = stored(layers)
    outer = io.BytesIO(b"P" * 999 + data + b"K" * 999)
    found = read_hdf5(Window(outer, 999, len(data)), len(data), Limits())
    assert (len(found.weights), found.faults) == (80, ())


def test_the_weights_themselves_are_not_read(tmp_path: Path) -> None:
    path = tmp_path / "large.h5"
    with h5py.File(path, "w") as file:
        early = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        early.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
        early.set_fill_time(h5py.h5d.FILL_TIME_NEVER)  # 400 MB that take no room on the disk
        for number in range(100):
            group = file.create_group(f"layers/dense_{number}/vars").id
            h5py.h5d.create(group, b"0", h5py.h5t.IEEE_F32LE, h5py.h5s.create_simple((1000, 1000)), early)
    size = os.path.getsize(path)
    assert size > 400_000_000
    with path.open("rb", buffering=0) as raw:
        counting = Counting(raw)
        assert len(read_hdf5(counting, size, Limits()).weights) == 100  # type: ignore[arg-type]
    assert counting.bytes_read < 400_000


class Counting:
    """A file that counts the bytes that are read from it."""

    def __init__(self, raw: Any) -> None:
        self.raw, self.bytes_read = raw, 0

    def seek(self, offset: int) -> int:
        return int(self.raw.seek(offset))

    def read(self, size: int) -> bytes:
        data = bytes(self.raw.read(size))
        self.bytes_read += len(data)
        return data


@pytest.mark.parametrize("version", ["earliest", "latest"])
def test_links_are_named_and_never_followed(version: str) -> None:
    def fill(file: Any) -> None:
        file["real"] = np.zeros(2)
        file["group/soft"] = h5py.SoftLink("/real")
        file["group/loop"] = h5py.SoftLink("/group/loop")
        file["group/outside"] = h5py.ExternalLink("other.h5", "/kernel")

    found = read(stored(fill, libver=version))
    assert {fault.detail["name"]: {**fault.detail} for fault in found.faults} == {
        "group/soft": {"name": "group/soft", "link": "soft", "to": "/real", "file": ""},
        "group/loop": {"name": "group/loop", "link": "soft", "to": "/group/loop", "file": ""},
        "group/outside": {"name": "group/outside", "link": "external", "to": "/kernel", "file": "other.h5"},
    }
    assert list(found.weights) == ["real"]


def test_a_group_that_holds_itself_is_visited_once() -> None:
    def fill(file: Any) -> None:
        group = file.create_group("group")
        group["again"], group["root"] = group, file["/"]
        file["twin"] = group
        group["kernel"] = np.zeros(2)
        file["same"] = group["kernel"]

    found = read(stored(fill))
    assert {fault.detail["name"]: fault.detail["link"] for fault in found.faults} == {
        "group/again": "cycle",
        "group/root": "cycle",
        "twin": "hard",
    }
    assert set(found.weights) == {"group/kernel", "same"}


def test_values_in_other_files_are_named() -> None:
    def fill(file: Any) -> None:
        file.create_dataset("outside", (4,), "f4", external=[("/etc/hostname", 0, 8), ("b.raw", 0, 8)])
        virtual = h5py.VirtualLayout((4,), "f4")
        virtual[:] = h5py.VirtualSource("other.h5", "kernel", (4,))
        file.create_virtual_dataset("virtual", virtual)

    found = read(stored(fill))
    assert faults(found) == [
        ("hdf5-external-storage", {"name": "outside", "files": ["/etc/hostname", "b.raw"]}),
        ("hdf5-virtual", {"name": "virtual"}),
    ]
    assert {name: weight.shape for name, weight in found.weights.items()} == {"outside": (4,), "virtual": (4,)}


def test_a_truncated_file_is_named_and_read_as_far_as_it_goes() -> None:
    data = stored(layers)
    found = read(data[:-40_000])
    kind, detail = faults(found)[0]
    assert kind == "truncated"
    assert (detail["content"], detail["present"], detail["expected"], detail["complete"]) == ("hdf5", len(data) - 40_000, len(data), False)
    assert 10 < len(found.weights) < 70
    assert "layers/dense_30" in detail["lost"]


def test_a_file_that_lost_only_values_tells_whose() -> None:
    data = stored(lambda file: file.create_dataset("kernel", data=np.zeros(5000, "float32")))
    ((kind, detail),) = faults(read(data[:-1000]))
    assert (kind, detail["lost"], detail["complete"]) == ("truncated", ["kernel"], False)


def test_bytes_behind_the_end_are_no_fault_of_hdf5() -> None:
    assert read(stored(layers) + b"more").faults == ()


def test_damage_in_one_group_leaves_the_others() -> None:
    data = bytearray(stored(layers, libver="latest"))
    data[data.index(b"OHDR", data.index(b"dense_20"))] = 0
    found = read(bytes(data))
    assert [(fault.kind, "why" in fault.detail) for fault in found.faults] == [("hdf5-unreadable", True)]
    assert len(found.weights) >= 78


def test_damage_in_one_attribute_leaves_the_others() -> None:
    def fill(file: Any) -> None:
        file.attrs["first"], file.attrs["second"], file.attrs["third"] = 1, "text", 3

    data = stored(fill)
    found = read(data.replace(b"GCOL", b"XXXX"))
    assert found.attributes["/"] == {"first": 1, "third": 3}
    assert [(fault.kind, fault.detail["group"], fault.detail["attribute"]) for fault in found.faults] == [
        ("hdf5-unreadable", "/", "second")
    ]


def test_an_attribute_of_a_type_that_keras_has_none_of_is_no_damage_unless_it_bears_the_name_of_one() -> None:
    def fill(file: Any) -> None:
        file["x"] = np.arange(3)
        file.attrs["whose"], file.attrs["bytes"], file.attrs["model_config"] = file["x"].ref, np.void(b"1"), file["x"].regionref[0:2]

    found = read(stored(fill))
    assert [(fault.kind, fault.detail["attribute"]) for fault in found.faults] == [("hdf5-unreadable", "model_config")]


def test_what_is_no_hdf5_at_all_is_unreadable() -> None:
    for data in (b"", b"\x89HDF\r\n\x1a\n" + b"\xff" * 200, bytes(4000)):
        found = read(data)
        assert [fault.kind for fault in found.faults] == ["hdf5-unreadable"]
        assert (found.attributes, found.weights) == ({}, {})


def test_limits_are_named_and_stop_the_reading() -> None:
    data = stored(layers)
    assert faults(read(data, datasets=10)) == [("limit", {"limit": "datasets", "allowed": 10, "found": 11})]
    assert len(read(data, datasets=10).weights) == 10
    shallow = read(data, hdf5_depth=2)
    assert shallow.weights == {}
    assert {(fault.detail["limit"], fault.detail["found"]) for fault in shallow.faults} == {("hdf5_depth", 3)}


def test_an_attribute_over_the_limit_is_left_out() -> None:
    data = stored(lambda file: file.attrs.update({"huge": "x" * 5000, "many": np.zeros(1000, "u1"), "small": "y"}))
    found = read(data, attribute_bytes=4000)
    assert found.attributes["/"] == {"small": "y"}
    assert [(fault.kind, fault.detail["attribute"], fault.detail["allowed"]) for fault in found.faults] == [
        ("limit", "huge", 4000),
        ("limit", "many", 4000),
    ]


def test_a_header_of_a_million_empty_messages_ends_by_the_limit() -> None:
    superblock = b"\x89HDF\r\n\x1a\n\x02\x08\x08\0" + b"".join(n.to_bytes(8, "little") for n in (0, 2**64 - 1, 48 + 2**20, 48))
    superblock += lookup3(superblock).to_bytes(4, "little")
    header = b"OHDR\x02\x02" + (2**20 - 64).to_bytes(4, "little")
    ((kind, detail),) = faults(read(superblock + header + bytes(2**20)))
    assert (kind, detail["limit"]) == ("limit", "hdf5_bytes")


def test_hostile_shapes_cost_nothing() -> None:
    data = stored(lambda file: file.create_dataset("kernel", (2**40, 2**20), "f8", chunks=(1, 1)))
    assert read(data).weights["kernel"].shape == (2**40, 2**20)


def test_mutants_never_raise_and_never_hang() -> None:
    def small(file: Any) -> None:
        for number in range(10):
            file[f"layers/dense_{number}/vars/0"] = np.zeros(number)
        file.attrs["model_config"] = "{}" * 300
        file["soft"] = h5py.SoftLink("/layers")

    dice = random.Random(20)
    for options in ({}, {"libver": "latest"}):
        data = stored(small, **options)
        for _ in range(120):
            begun = time.process_time()
            found = read(mutant(data, dice))
            assert time.process_time() - begun < 1
            assert all(isinstance(weight, Weight) for weight in found.weights.values())


def mutant(data: bytes, dice: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(dice.choice((1, 3, 20))):
        at = dice.randrange(len(changed) - 8)
        kind = dice.randrange(4)
        if kind == 0:
            changed[at] ^= 1 << dice.randrange(8)
        elif kind == 1:
            changed[at : at + 8] = dice.choice((0, 2**64 - 1, at, len(changed))).to_bytes(8, "little")
        elif kind == 2:
            changed[at : at + 8] = changed[: len(changed) - 8][dice.randrange(len(changed) - 16) :][:8]
        else:
            changed[at] = 255
    return bytes(changed[: dice.randrange(len(changed))] if dice.random() < 0.1 else changed)


def test_arrays_that_differ_in_where_their_values_stand_are_told_apart() -> None:
    data = stored(alike_but_for_their_values)
    found = read(data)
    with h5py.File(io.BytesIO(data)) as file:
        for name, weight in found.weights.items():
            assert weight.shape == file[name].shape
            assert weight.start == (-1 if file[name].id.get_offset() is None else file[name].id.get_offset())
    assert {found.weights[f"named_{number}"].dtype for number in range(1, 20, 2)} == {"bfloat16"}
    assert {found.weights[f"named_{number}"].dtype for number in range(0, 20, 2)} == {"float8_e5m2"}
