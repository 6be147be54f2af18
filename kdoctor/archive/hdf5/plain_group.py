"""Groups as Keras writes them: names in one heap, links in one index. Almost every group of thousands is read here in one piece; all others,
and those in which anything is odd, are taken apart link by link (`Objects.links`)."""

from __future__ import annotations

from collections.abc import Iterable

from kdoctor.archive.hdf5.damage import DAMAGE
from kdoctor.archive.hdf5.group_index import FEW_NAMES, NODE, SOFT, USUAL_TREE, Symbol, read_group, read_heap, read_symbols
from kdoctor.archive.hdf5.headers import ADDRESS_AND_SIZE, SYMBOL_TABLE, Header
from kdoctor.archive.hdf5.messages import NAME_BYTES
from kdoctor.archive.hdf5.metered import READ_COST, Metered

COST = FEW_NAMES + USUAL_TREE + NODE + 3 * READ_COST


def plain_links(stream: Metered, header: Header) -> list[tuple[str, int]] | None:
    """The name and the address of each link of a group; None where it is not as Keras writes it, or one of its links is not."""
    links = header.outline.links
    if len(links) != 1 or links[0].type != SYMBOL_TABLE:
        return None
    try:
        names, symbols = _read(stream, *ADDRESS_AND_SIZE.unpack_from(header.data, links[0].at))
        entries = [*symbols]
        found = [(names[at : names.index(b"\0", at, at + NAME_BYTES + 1)].decode(), address) for at, address, _, _ in entries]
    except DAMAGE:
        return None
    listed = [name for name, _ in found]
    unlike = {*listed}
    odd = len(unlike) < len(found) or "" in unlike or "." in unlike or "/" in "".join(unlike)
    return None if odd or listed != sorted(listed) or any(entry[2] >= SOFT for entry in entries) else found


def _read(stream: Metered, tree: int, heap: int) -> tuple[bytes, Iterable[Symbol]]:
    if stream.whole is not None and (found := read_group(stream.whole, tree, heap)) is not None:
        stream.spend(COST)
        return found
    return read_heap(stream, heap), read_symbols(stream, tree)
