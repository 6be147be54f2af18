"""What a text is that stands where a model should: a Git LFS pointer, a web page, JSON of another tool, source code."""

from __future__ import annotations

import re
from typing import BinaryIO, Final

from kdoctor.archive.bare_config import is_bare
from kdoctor.archive.json_part import read_json
from kdoctor.document import Json
from kdoctor.limits import MIB, Limits

_LFS_POINTER: Final = b"version https://git-lfs.github.com/spec/"
_SHOWN = 80
_LOOKED_INTO: Final = Limits(json_bytes=MIB)  # of JSON texts that no part of a Keras file are
_DRIVE_PAGE: Final = re.compile(rb"Google Drive\s*-|drive\.google\.com|drive\.usercontent\.google\.com|virus scan warning", re.IGNORECASE)
_TWICE: Final = re.compile(r'\s*"\s*[{[]')  # json.dump(model.to_json(), file)
_HTML: Final = re.compile(rb"\s*(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE | re.DOTALL)


def sniff_text(stream: BinaryIO, size: int, head: bytes) -> tuple[str, dict[str, Json]]:
    """The kind of text and what a message may tell about it; ``unknown`` when it is no text."""
    if head.startswith(_LFS_POINTER):
        return "lfs-pointer", _pointed_to(head)
    text = _text_of(head, whole=size <= len(head))
    if text is None:
        return "unknown", {"head": printable(head)}
    detail: dict[str, Json] = {"head": printable(text.encode("utf-8", "replace"))}
    if _HTML.match(text.encode("utf-8", "replace")):
        return ("google-drive-page" if _DRIVE_PAGE.search(head) else "html"), {**detail, "title": _title(text)}
    if text.lstrip().startswith("<?xml") or re.match(r"\s*<[A-Za-z][\w:]*[\s>]", text):
        return "xml", detail
    if text.lstrip()[:1] in ("{", "[") or _TWICE.match(text):
        return _kind_of_json(stream, size, text), detail
    if "model_checkpoint_path:" in text:
        return "tf-checkpoint", detail
    return "text", detail


def printable(data: bytes) -> str:
    """The first characters of bytes, fit for a message: what cannot be printed becomes a dot."""
    text = data[: 2 * _SHOWN].decode("utf-8", "replace")
    return "".join(c if c.isprintable() and c != "\ufffd" else " " if c.isspace() else "." for c in text)[:_SHOWN]


def _pointed_to(head: bytes) -> dict[str, Json]:
    oid = re.search(rb"^oid sha256:([0-9a-f]{64})", head, re.MULTILINE)
    size = re.search(rb"^size (\d{1,18})", head, re.MULTILINE)
    return {"oid": oid[1].decode() if oid else None, "size": int(size[1]) if size else None}


def _text_of(head: bytes, *, whole: bool) -> str | None:
    """The text of the head when it is one: UTF-8, UTF-16 with its mark, or an 8-bit encoding without control characters."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return head.decode("utf-16", "replace")
    if re.search(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]", head):
        return None
    try:
        return head.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if not whole and error.start > len(head) - 4:  # cut within a character
            return head[: error.start].decode("utf-8-sig")
    high = sum(byte > 0x7F for byte in head)
    return head.decode("latin-1") if high * 5 < len(head) else None


def _title(text: str) -> str:
    found = re.search(r"<title[^>]*>([^<]{0,200})", text, re.IGNORECASE)
    return " ".join(found[1].split()) if found else ""


def _kind_of_json(stream: BinaryIO, size: int, text: str) -> str:
    """Whether JSON is a Keras architecture alone (``model.to_json()``, or only ``get_config()``), the map of split weights, a TensorFlow.js model, or something else."""
    stream.seek(0)
    value, _ = read_json(stream.read(min(size, MIB + 1)), "file", _LOOKED_INTO)
    if not isinstance(value, dict):  # too long, cut off, or a list: what its beginning shows is all there is
        value = {
            key: ""
            for key in ("modelTopology", "class_name", "config", "weight_map")
            if f'"{key}"' in text and text.lstrip().startswith("{")
        }
        if not value and not re.match(r'\s*[\[{]\s*["\[{\]}\d-]', text):
            return "text"
    if "modelTopology" in value:
        return "tfjs"
    if "weight_map" in value and ".weights.h5" in text:  # of Keras: others map to .safetensors or .bin
        return "weights-map"
    if is_bare(value):
        return "model-config"
    return "model-json" if isinstance(value.get("class_name"), str) and "config" in value else "json"
