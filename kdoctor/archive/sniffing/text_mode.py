"""Signs that a transfer treated binary content as text: converted its line ends, or re-encoded its bytes."""

from __future__ import annotations

from typing import BinaryIO, Final

HDF5_SIGNATURE: Final = b"\x89HDF\r\n\x1a\n"
REENCODED: Final = b"\xc2" + HDF5_SIGNATURE  # its first byte as UTF-8 has it
_SAMPLE: Final = 2**20
_FEW = 8  # so many line ends, or bytes above 127, may agree by chance


def damaged_signature(head: bytes) -> str | None:
    """hdf5 or gzip where a signature is still to be made out: that of HDF5 was made to show such damage, as PNG's was."""
    place = head.find(b"HDF", 0, 6)
    if place > 0 and (HDF5_SIGNATURE not in head or REENCODED in head) and b"\x1a" in head[place + 3 : place + 10]:
        return "hdf5"
    return "gzip" if head.startswith((b"\x1f\xef\xbf\xbd\x08", b"\x1f\xc2\x8b\x08", b"\x1f?\x08")) else None


def damaged_zip(stream: BinaryIO, size: int, shift: int | None) -> bool:
    """Whether a zip whose offsets do not fit was treated as text.

    ``shift`` is how far its directory stands from where it says: positive with line ends grown, negative with line ends shrunk,
    None when there is no directory to be found.
    """
    stream.seek(0)
    data = stream.read(min(size, _SAMPLE))
    ends, pairs = data.count(b"\n"), data.count(b"\r\n")
    grown = ends == pairs and (ends >= _FEW or (ends > 0 and shift is not None and shift > 0))
    shrunk = shift is not None and shift < 0 and pairs == 0 and ends >= -shift
    return grown or shrunk or _is_reencoded(data)


def _is_reencoded(data: bytes) -> bool:
    """Numbers are never UTF-8 by chance; text written out again always is."""
    try:
        data[:-4].decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(data) - 8:
            return False
    return len(data) - len(data.translate(None, bytes(range(128, 256)))) > _FEW
