"""The object headers of one file, read as h5py lays them out and counted: each look at one costs what its bytes and its messages do."""

from __future__ import annotations

from kdoctor.archive.hdf5.headers import USUAL_HEADER, Alike, Header, read_header
from kdoctor.archive.hdf5.metered import READ_COST, Metered

HEADER_BYTES = {1: 8 * 2**20, ord("O"): 2**20}  # a version 2 header may hold a message in every four bytes
HEADER_READS = 512
MESSAGE_COST = 64  # what one message of a header costs in time, expressed in bytes


class HeaderReader:
    """Reads headers by their address; on damage, and beyond the end, ValueError or struct.error."""

    def __init__(self, stream: Metered) -> None:
        self._stream = stream
        self._alike = Alike()

    def read(self, address: int) -> Header:
        """The header of an object: opaque to callers, who hand it back."""
        stream = self._stream
        header = None if stream.whole is None else self._alike.within(stream.whole, address)
        if header is not None:
            stream.spend(READ_COST + len(header.data) + len(header.outline.messages) * MESSAGE_COST)
            return header
        start = stream.take(address, USUAL_HEADER)
        if not start:
            raise ValueError(f"it should stand at byte {address}, beyond the end")
        header = self._alike.header(start)
        if header is None:
            stream.limit(HEADER_BYTES.get(start[0], 0), HEADER_READS)
            try:
                header = read_header(stream, address, start, self._alike)
            finally:
                stream.limit()
        stream.spend(len(header.outline.messages) * MESSAGE_COST)
        return header
