"""Archives zipped again with other members or member names (K103, K104, K105, K106, K107)."""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Iterable, Mapping

Members = dict[str, bytes]


def members(name: str) -> Members:
    with zipfile.ZipFile(f"healthy/{name}") as archive:
        return {info.filename: archive.read(info) for info in archive.infolist()}


def zip_again(name: str, content: Mapping[str, bytes] | Iterable[tuple[str, bytes]]) -> None:
    """Write the members deflated, as archivers do, all dated 1980 so that the bytes repeat."""
    pairs = content.items() if isinstance(content, Mapping) else content
    with warnings.catch_warnings(), zipfile.ZipFile(f"sick/{name}", "w") as archive:
        warnings.simplefilter("ignore")  # a duplicate name is the point of one sample
        for member, data in pairs:
            info = zipfile.ZipInfo(member)
            info.filename = member  # ZipInfo would normalise separators on Windows
            archive.writestr(info, data, zipfile.ZIP_DEFLATED)


def make() -> None:
    missing_parts()
    unreadable_parts()
    wrapped()
    irregular()


def without(content: Members, name: str) -> Members:
    return {member: data for member, data in content.items() if member != name}


def missing_parts() -> None:
    whole = members("missing_part.keras")
    zip_again("missing_part__no_config.keras", without(whole, "config.json"))
    zip_again("missing_part__no_metadata.keras", without(whole, "metadata.json"))
    zip_again("missing_part__no_weights.keras", without(whole, "model.weights.h5"))


def unreadable_parts() -> None:
    whole = members("unreadable_part.keras")
    text = whole["config.json"].decode()
    cases = {
        "bom": b"\xef\xbb\xbf" + text.encode(),
        "utf_16": text.encode("utf-16"),
        "trailing_comma": (text[:-1] + ",}").encode(),
        "nan": text.replace('"clipvalue": null', '"clipvalue": NaN').encode(),
        "empty": b"",
        "cut": text[: len(text) // 2].encode(),
    }
    for case, data in cases.items():
        zip_again(f"unreadable_part__{case}.keras", {**whole, "config.json": data})
    zip_again("unreadable_part__metadata.keras", {**whole, "metadata.json": whole["metadata.json"][:-1] + b",}"})
    cut = members("truncated_file.keras")
    cut["model.weights.h5"] = cut["model.weights.h5"][: len(cut["model.weights.h5"]) // 2]
    zip_again("truncated_file__weights_cut.keras", cut)


def wrapped() -> None:
    whole = members("wrapped_archive.keras")
    zip_again("wrapped_archive__top_folder.keras", {f"my_model/{name}": data for name, data in whole.items()})
    zip_again("wrapped_archive__dot_folder.keras", {f"./{name}": data for name, data in whole.items()})
    rubbish = {f"__MACOSX/my_model/._{name}": b"\x00\x05\x16\x07\x00\x02\x00\x00Mac OS X        " for name in whole}
    zip_again("wrapped_archive__macos.keras", {**{f"my_model/{name}": data for name, data in whole.items()}, **rubbish})


def irregular() -> None:
    whole = members("irregular_members.keras")
    zip_again("irregular_members__backslashes.keras", {"my_model\\" + name.replace("/", "\\"): data for name, data in whole.items()})
    zip_again("irregular_members__backslashes_in_assets.keras", {name.replace("/", "\\"): data for name, data in whole.items()})
    zip_again("irregular_members__absolute_names.keras", {f"/{name}": data for name, data in whole.items()})
    zip_again("irregular_members__duplicates.keras", [*whole.items(), ("config.json", whole["config.json"])])
    other = whole["config.json"].replace(b'"units": 2', b'"units": 5')
    zip_again("irregular_members__differing_duplicates.keras", [*whole.items(), ("config.json", other)])
    zip_again(
        "irregular_members__stray_files.keras",
        {**whole, ".DS_Store": b"\x00\x00\x00\x01Bud1", "Thumbs.db": b"\xd0\xcf\x11\xe0", "notes.txt": b"v3\n"},
    )
