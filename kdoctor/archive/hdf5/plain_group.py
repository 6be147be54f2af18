"""Groups as Keras writes them: names in one heap, links in one index. Almost every group of thousands is read here in one piece; all others,
and those in which anything is odd, are taken apart link by link (`Objects.links`)."""

from __future__ import annotations

from functools import lru_cache

from kdoctor.archive.hdf5.damage import DAMAGE
from kdoctor.archive.hdf5.group_index import FEW_NAMES, NODE, SOFT, USUAL_TREE, Fields, read_group, read_heap, read_symbols
from kdoctor.archive.hdf5.headers import ADDRESS_AND_SIZE, SYMBOL_TABLE, Header
from kdoctor.archive.hdf5.messages import NAME_BYTES
from kdoctor.archive.hdf5.metered import READ_COST, Metered

COST = FEW_NAMES + USUAL_TREE + NODE + 3 * READ_COST
ALIKE = 512  # kinds of small groups that are remembered: thousands of layers have the same names for their variables


def plain_links(stream: Metered, header: Header) -> list[tuple[str, int]] | None:
    """The name and the address of each link of a group; None where it is not as Keras writes it, or one of its links is not."""
    links = header.outline.links
    if len(links) != 1 or links[0].type != SYMBOL_TABLE:
        return None
    try:
        names, fields = _read(stream, *ADDRESS_AND_SIZE.unpack_from(header.data, links[0].at))
        listed = (_names_alike if len(names) <= FEW_NAMES else _names)(names, fields[::4])
    except DAMAGE:
        return None
    return None if listed is None or max(fields[2::4], default=0) >= SOFT else [*zip(listed, fields[1::4], strict=True)]


def _read(stream: Metered, tree: int, heap: int) -> tuple[bytes, Fields]:
    if stream.whole is not None and (found := read_group(stream.whole, tree, heap)) is not None:
        stream.spend(COST)
        return found
    return read_heap(stream, heap), tuple(field for symbol in read_symbols(stream, tree) for field in symbol)


def _names(heap: bytes, offsets: tuple[int, ...]) -> tuple[str, ...] | None:
    """The names that stand at these offsets of a group's heap; None where one is odd, or they are not in the order that HDF5 looks for them in."""
    listed = tuple(heap[at : heap.index(b"\0", at, at + NAME_BYTES + 1)].decode() for at in offsets)
    unlike = {*listed}
    odd = len(unlike) < len(listed) or "" in unlike or "." in unlike or "/" in "".join(unlike)
    return None if odd or [*listed] != sorted(listed) else listed


_names_alike = lru_cache(ALIKE)(_names)
