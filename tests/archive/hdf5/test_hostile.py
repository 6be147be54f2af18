"""HDF5 from strangers: nothing is followed, allocated or believed, and damage in one place leaves the others."""

from __future__ import annotations

import random
import time
from typing import Any

import h5py
import numpy as np
import pytest
from hdf5_bytes import faults, layers, read, stored

from kdoctor.archive.hdf5.lookup3 import lookup3
from kdoctor.document import Weight


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
