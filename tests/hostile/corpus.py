"""Files that are hostile as a whole, bombs, circles and cut files, written into a folder: for tests, and for measuring what each costs."""

from __future__ import annotations

import base64
import bz2
import functools
import gzip
import io
import json
import lzma
import marshal
import pickle
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from model_files import weights_bytes, zip_bytes

from hostile.archives import HONEST, SHARDED, Make, config, layer, layers, with_members
from hostile.misplaced import MISPLACED
from hostile.multitudes import MULTITUDES


def many_members(count: int = 100_000) -> bytes:
    """A directory of so many empty members, made by hand because zipfile takes seconds."""
    held = io.BytesIO(zip_bytes(HONEST))
    entries, offset, body = [], 0, bytearray()
    for number in range(count):
        name = b"assets/%06d" % number
        entries.append(struct.pack("<4s6H3L5H2L", b"PK\1\2", 20, 20, 0, 0, 0, 33, 0, 0, 0, len(name), 0, 0, 0, 0, 0, offset) + name)
        body += struct.pack("<4s5H3L2H", b"PK\3\4", 20, 0, 0, 0, 33, 0, 0, 0, len(name), 0) + name
        offset = len(body)
    directory = b"".join(entries)
    wide = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, count, count, len(directory), len(body))
    locator = struct.pack("<4sLQL", b"PK\6\7", 0, len(body) + len(directory), 1)
    assert held.getvalue()
    return bytes(body) + directory + wide + locator + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)


def overlapping(count: int = 5_000) -> bytes:
    """Every member claims the bytes of one and the same: a small file that unpacks to terabytes."""
    packed = zlib.compress(b"\0" * (8 << 20), 9)[2:-4]
    crc = zlib.crc32(b"\0" * (8 << 20))
    body = struct.pack("<4s5H3L2H", b"PK\3\4", 20, 0, 8, 0, 33, crc, len(packed), 8 << 20, 1, 0) + b"a" + packed
    entry = struct.pack("<4s6H3L5H2L", b"PK\1\2", 20, 20, 0, 8, 0, 33, crc, len(packed), 8 << 20, 1, 0, 0, 0, 0, 0, 0) + b"a"
    return body + entry * count + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, count, count, len(entry) * count, len(body), 0)


def hdf5(change: Callable[[Any], None]) -> bytes:
    held = io.BytesIO(weights_bytes())
    with h5py.File(held, "r+") as file:
        change(file)
    return held.getvalue()


def legacy(change: Callable[[Any], None]) -> bytes:
    def whole(file: Any) -> None:
        file.attrs["model_config"] = json.dumps({"class_name": "Sequential", "config": {"name": "s", "layers": []}})
        change(file)

    return hdf5(whole)


def deep_groups(file: Any) -> None:
    group = file
    for _ in range(2_000):
        group = group.create_group("g")


def web(file: Any) -> None:
    """Groups that all hold each other: the paths are without number."""
    groups = [file.create_group(f"g{number}") for number in range(60)]
    for one in groups:
        for number, other in enumerate(groups):
            one[f"to{number}"] = other


def many_arrays(file: Any) -> None:
    for number in range(20_000):
        file[f"layers/dense/vars/{number + 2}"] = h5py.SoftLink("/x")


def npz(objects: bool) -> bytes:
    held = io.BytesIO()
    value: Any = np.array([{"a": 1}], dtype=object) if objects else np.zeros(3, "float32")
    np.savez(held, value=value)
    return held.getvalue()


def npy_of_objects() -> bytes:
    held = io.BytesIO()
    np.save(held, np.array([{"a": 1}], dtype=object))
    return held.getvalue()


def stack(depth: int) -> bytes:
    """Models in models: as deep as JSON may be."""
    inner: Any = {"class_name": "Dense", "config": {"units": 1, "name": "d"}}
    for number in range(depth):
        inner = {
            "class_name": "Sequential",
            "module": "keras",
            "config": {"name": f"s{number}", "layers": [inner]},
            "registered_name": None,
        }
    return json.dumps(inner).encode()


def wide(count: int) -> bytes:
    layers = [
        {"class_name": "Dense", "module": "keras.layers", "config": {"name": f"d{n}", "units": 1}, "registered_name": None}
        for n in range(count)
    ]
    return json.dumps({"class_name": "Sequential", "module": "keras", "config": {"name": "s", "layers": layers}}).encode()


def circular(count: int) -> bytes:
    """A Functional whose layers all call each other."""
    layers = []
    for number in range(count):
        nodes = [[[f"d{other}", 0, 0, {}] for other in range(count)]]
        layers.append(
            {"class_name": "Add", "module": "keras.layers", "name": f"d{number}", "config": {"name": f"d{number}"}, "inbound_nodes": nodes}
        )
    whole = {"name": "f", "layers": layers, "input_layers": [["d0", 0, 0]], "output_layers": [["d1", 0, 0]]}
    return json.dumps(
        {"class_name": "Functional", "module": "keras.src.models.functional", "config": whole, "registered_name": "Functional"}
    ).encode()


def code(source: str) -> dict[str, Any]:
    """A lambda as Keras writes one, of the Python that runs the tests."""
    function = compile(source, "<lambda>", "eval").co_consts[0]
    return {
        "class_name": "__lambda__",
        "config": {"code": base64.b64encode(marshal.dumps(function)).decode(), "defaults": None, "closure": None},
    }


def many_objects(file: Any) -> None:
    for number in range(5_000):
        file[f"g{number}/array"] = np.zeros(1)


def many_attributes(file: Any) -> None:
    for number in range(5_000):
        file.attrs[f"a{number}"] = "x" * 100


def encoded(marshalled: bytes) -> bytes:
    """An archive with a Lambda of these bytes."""
    text = base64.b64encode(marshalled).decode()
    value = {"class_name": "__lambda__", "config": {"code": text, "defaults": None, "closure": None}}
    return config(layers(layer("Lambda", name="l", function=value)))


def lines(body: str, count: int) -> bytes:
    """An archive with a Lambda that repeats a line."""
    space: dict[str, Any] = {}
    exec("def f(x):\n    a = 9\n" + "".join(f"    {body}\n" for _ in range(count)) + "    return x + a", space)
    return encoded(marshal.dumps(space["f"].__code__))


def packed(name: str, **more: Any) -> bytes:
    """A tar of an honest model under a name."""
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w", format=tarfile.PAX_FORMAT) as archive:
        member, data = tarfile.TarInfo(name), zip_bytes(HONEST)
        member.size = len(data)
        for key, value in more.items():
            setattr(member, key, value)
        archive.addfile(member, io.BytesIO(data))
    return held.getvalue()


def linked(name: str) -> bytes:
    """One part of the archive is a symbolic link where it is unpacked."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for each, data in HONEST.items():
            member = zipfile.ZipInfo(each)
            member.external_attr = (0o120777 if each == name else 0o100644) << 16
            archive.writestr(member, data)
    return held.getvalue()


# name -> its bytes, and the codes of which one names it
CORPUS: dict[str, tuple[Make, tuple[str, ...]]] = {
    "60_megabytes_of_zeros.keras": (lambda: with_members(**{"assets/zeros": b"\0" * (60 << 20)}), ("K805",)),
    "config_of_17_megabytes.keras": (lambda: config(HONEST["config.json"] + b" " * (17 << 20)), ("K805",)),
    "weights_of_zeros.keras": (lambda: with_members(**{"model.weights.h5": weights_bytes() + b"\0" * (60 << 20)}), ("K805",)),
    "many_small_bombs.keras": (lambda: with_members(**{f"assets/{n}": b"\0" * 1_000_000 for n in range(150)}), ("K805",)),
    "100_000_members.keras": (many_members, ("K805",)),
    "overlapping.keras": (overlapping, ("K101", "K107", "K805")),
    "zip_in_zip_in_zip.keras": (lambda: zip_bytes({"a.zip": zip_bytes({"b.zip": zip_bytes({"c.zip": zip_bytes({"d.zip": zip_bytes({"e.zip": zip_bytes(HONEST)})})})})}), ("K101", "K106")),
    "deep_json.keras": (lambda: config(b"[" * 100_000), ("K810", "K105")),
    "deep_json_of_objects.keras": (lambda: config(b'{"a":' * 50_000 + b"1" + b"}" * 50_000), ("K810",)),
    "a_million_values.keras": (lambda: config(b'{"a": [' + b"0," * 2_000_000 + b"0]}"), ("K805", "K810")),
    "a_long_number.keras": (lambda: config(b'{"class_name": "Sequential", "config": ' + b"9" * 1_000_000 + b"}"), ("K105",)),
    "models_in_models.keras": (lambda: config(stack(90)), ("K810",)),
    "2_000_layers.keras": (lambda: config(wide(2_000)), ("K701", "K202", "K205", "K206")),
    "circular.keras": (lambda: config(circular(120)), ("K204", "K209", "K203")),
    "3_000_lambdas.keras": (lambda: config(layers(*(layer("Lambda", name=f"l{n}", function=code("lambda x: x + 1")) for n in range(3_000)))), ("K401",)),
    "3_000_different_lambdas.keras": (lambda: config(layers(*(layer("Lambda", name=f"l{n}", function=code(f"lambda x: x + {n}")) for n in range(3_000)))), ("K401",)),
    "lambdas_that_reach_out.keras": (lambda: config(layers(*(layer("Lambda", name=f"l{n}", function=code(f"lambda x: os.system(getattr(x, {n}))")) for n in range(1_000)))), ("K407",)),
    "95_long_lambdas.keras": (lambda: config(layers(*(layer("Lambda", name=f"l{n}", function=code(f"lambda x: ({'x + 1,' * 250}{n})")) for n in range(95)))), ("K401",)),
    "a_list_filled_one_by_one.keras": (lambda: config(layers(layer("Lambda", name="l", function=code(f"lambda x: [{'x + 1,' * 1_200}]")))), ("K401",)),
    "800_assignments_under_conditions.keras": (lambda: lines("a = a + 1 if x else a", 800), ("K401",)),
    "a_long_lambda.keras": (lambda: config(layers(layer("Lambda", name="l", function=code(f"lambda x: ({'x + 1,' * 20_000})")))), ("K405",)),
    "30_000_names.keras": (lambda: config(layers(layer("Lambda", name="l", function=code(f"lambda x: ({','.join(f'a{n}' for n in range(30_000))})")))), ("K405",)),
    "300_000_arguments.keras": (lambda: config(layers(layer(name="d", units=1, **{f"k{n}": n for n in range(300_000)}))), ("K601",)),
    "2_000_findings.keras": (lambda: config(layers(*(layer(module="os", name=f"d{n}", units=1, more=n) for n in range(2_000)))), ("K801",)),
    "300_000_equal_keys.keras": (lambda: config(b'{"class_name": "Sequential", "config": {' + b'"name": "s", ' * 300_000 + b'"layers": []}}'), ("K810",)),
    "900_000_numbers_in_python.keras": (lambda: config(b"{'class_name': 'A', 'config': {'a': [" + b"1," * 900_000 + b"1]}}"), ("K105",)),
    "a_name_of_10_megabytes.keras": (lambda: config(layers(layer(name="n" * 10_000_000, units=1))), ("K805",)),
    "5_000_members_outside.keras": (lambda: with_members(**{f"../../{n}": b"x" for n in range(5_000)}), ("K806",)),
    "200_long_members.keras": (lambda: with_members(**{"a" * 60_000 + str(n): b"x" for n in range(200)}), ("K202",)),
    "5_000_groups.keras": (lambda: zip_bytes({**HONEST, "model.weights.h5": hdf5(many_objects)}), ("K202",)),
    "5_000_attributes.h5": (lambda: legacy(many_attributes), ("K104",)),
    "pickles.keras": (lambda: zip_bytes({**SHARDED, "model.weights.npz": npz(True)}), ("K808",)),
    "a_pickle_for_the_weights.keras": (lambda: zip_bytes({**SHARDED, "model.weights.npz": pickle.dumps([1])}), ("K808",)),
    "a_pickle_for_the_weights_in_front_of_honest_ones.keras": (lambda: zip_bytes({**SHARDED, "model.weights.npz": pickle.dumps([1]) + npz(False)}), ("K808",)),
    "an_array_of_objects_for_the_weights.keras": (lambda: zip_bytes({**SHARDED, "model.weights.npz": npy_of_objects()}), ("K808",)),
    "a_pickle_for_an_array.keras": (lambda: zip_bytes({**SHARDED, "model.weights.npz": zip_bytes({"value.npy": pickle.dumps([1])})}), ("K808",)),
    "deep_groups.keras": (lambda: zip_bytes({**HONEST, "model.weights.h5": hdf5(deep_groups)}), ("K810",)),
    "web.keras": (lambda: zip_bytes({**HONEST, "model.weights.h5": hdf5(web)}), ("K804",)),
    "20_000_links.keras": (lambda: zip_bytes({**HONEST, "model.weights.h5": hdf5(many_arrays)}), ("K804",)),
    "deep_groups.h5": (lambda: legacy(deep_groups), ("K810",)),
    "web.h5": (lambda: legacy(web), ("K804",)),
    "another_config_for_macos.keras": (lambda: with_members(**{"CONFIG.JSON": b"{}"}), ("K810",)),
    "another_config_behind_a_dot.keras": (lambda: with_members(**{"./config.json": b"{}"}), ("K810",)),
    "an_archive_in_front.keras": (lambda: zip_bytes(HONEST) * 2, ("K810",)),
    "a_config_that_is_a_link.keras": (lambda: linked("config.json"), ("K806",)),
    "weights_that_are_a_link.keras": (lambda: linked("model.weights.h5"), ("K806",)),
    "a_wide_lambda.keras": (lambda: config(layers(layer("\uff2cambda", name="l", function=code("lambda x: x")))), ("K810",)),
    "a_letter_of_another_alphabet.keras": (lambda: config(layers(layer(module="\u043es", name="d", units=1))), ("K810",)),
    "half_a_pair_in_a_name.keras": (lambda: config(layers(layer("\ud800Dense", name="d", units=1))), ("K810",)),
    "tuples_in_tuples.keras": (lambda: encoded(b"(\1\0\0\0" * 200_000 + b"N"), ("K405",)),
    "a_tuple_of_two_billions.keras": (lambda: encoded(b"(\xff\xff\xff\x7f"), ("K405",)),
    "a_tuple_in_itself.keras": (lambda: encoded(b"\xa8\1\0\0\0r\0\0\0\0"), ("K405",)),
    "a_number_squared_forty_times.keras": (lambda: lines("a = a * a", 40), ("K401",)),
    "a_power_of_a_power.keras": (lambda: lines("a = a ** a", 9), ("K401",)),
    "a_list_doubled_sixty_times.keras": (lambda: lines("a = [a, a]", 60), ("K401",)),
    "a_list_of_pairs_of_itself.keras": (lambda: lines("a = list(zip([a, a], [a, a]))", 60), ("K401",)),
    "a_text_doubled_sixty_times.keras": (lambda: lines("a = f'{a}{a}'", 60), ("K401",)),
    "a_range_of_a_billion.keras": (lambda: lines("a = sum(range(10 ** 9))", 1), ("K401",)),
    "gzip_in_gzip_in_gzip.keras": (lambda: functools.reduce(lambda data, _: gzip.compress(data), range(8), zip_bytes(HONEST)), ("K101", "K106")),
    "200_megabytes_of_zeros_in_gzip.h5": (lambda: gzip.compress(b"\0" * (200 << 20), 1), ("K101", "K805")),
    "100_megabytes_of_zeros_in_bzip2.h5": (lambda: bz2.compress(b"\x89HDF\r\n\x1a\n" + b"\0" * (100 << 20), 1), ("K101", "K805")),
    "100_megabytes_of_zeros_in_xz.h5": (lambda: lzma.compress(b"\x89HDF\r\n\x1a\n" + b"\0" * (100 << 20), preset=0), ("K101", "K805")),
    "a_tar_that_climbs.keras": (lambda: packed("model.keras", pax_headers={"path": "../../model.keras"}), ("K806",)),
    "a_tar_of_a_link.keras": (lambda: packed("model.keras", type=tarfile.SYMTYPE, linkname="/etc/passwd"), ("K101", "K806")),
    "a_tar_of_petabytes.keras": (lambda: packed("model.keras", pax_headers={"size": "99999999999999999"}), ("K101", "K103", "K106")),
    "20_000_links.h5": (lambda: legacy(many_arrays), ("K804",)),
    **MISPLACED,
    **MULTITUDES,
}  # fmt: skip


def cut() -> Iterator[tuple[str, bytes]]:
    """Files that break off, a few bytes or half of them."""
    whole = {"keras": zip_bytes(HONEST), "h5": legacy(lambda file: None)}
    for ending, data in whole.items():
        for kept in (1, 7, 60, len(data) // 3, len(data) // 2, len(data) - 30, len(data) - 1):
            yield f"cut_to_{kept}.{ending}", data[:kept]


def write(folder: Path) -> dict[str, tuple[str, ...]]:
    """All of them; what names each."""
    for name, (make, _) in CORPUS.items():
        (folder / name).write_bytes(make())
    for name, data in cut():
        (folder / name).write_bytes(data)
    return {name: codes for name, (_, codes) in CORPUS.items()} | {name: ("K101", "K103", "K105", "K104") for name, _ in cut()}
