"""Arrays of an archive that stand below the layer that owns them, in a folder of another name than the one that Keras opens."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from kdoctor.document import Document, Weight
from kdoctor.keras_api.layouts import Layout
from kdoctor.structure.manifest import FOREIGN
from kdoctor.weights.held import Held, belongs
from kdoctor.weights.rearrange import Rearrangement
from kdoctor.weights.stored import Account, accounts, opened

VARS = "vars"


def in_own_folders(document: Document, layout: Layout, lacking: Sequence[Account]) -> Iterator[Rearrangement]:
    """What stands under the account's path but for one step behind the layer's own place (``dense/variables``, ``lstm/cells/vars``), or right
    in front of its ``vars``: only where one folder has exactly the keys and shapes, and where it may be no other account's."""
    empty = [account for account in lacking if not account.stored]
    folders = _not_opened(document, layout) if empty else {}
    if not folders:
        return
    alike: dict[str, list[str]] = {}
    for folder in folders:
        for pattern in _patterns(f"{folder}/"):
            alike.setdefault(pattern, []).append(folder)
    fitting = [_fitting(account, folders, alike, layout) for account in empty]
    wanted = Counter(folder for found in fitting for folder in found)
    settled: dict[str, list[tuple[Account, str]]] = {}
    for account, found in zip(empty, fitting, strict=True):
        if len(found) == 1 and wanted[found[0]] == 1:
            settled.setdefault(found[0].rpartition("/")[2], []).append((account, found[0]))
    for rows in settled.values():
        moves = tuple((path, f"{account.group}/{VARS}/{key}") for account, folder in rows for key, (path, _) in folders[folder].items())
        why = rows[0][1] + (f", as in {len(rows) - 1} more," if len(rows) > 1 else "")
        yield Rearrangement(tuple(account for account, _ in rows), moves, why)


def _fitting(account: Account, folders: Held, alike: dict[str, list[str]], layout: Layout) -> list[str]:
    own = len(layout.place(account.claim.place).split("/"))
    near = [folder for pattern in _patterns(f"{account.group}/{VARS}/", own) for folder in alike.get(pattern, ())]
    near += [account.group] if account.group in folders else []
    return [folder for folder in dict.fromkeys(near) if belongs(account.expected, folders[folder])]


def _patterns(path: str, first: int = 0) -> Iterable[str]:
    """A path with one of its steps left open."""
    steps = path.split("/")[:-1]
    return ["/".join((*steps[:at], "", *steps[at + 1 :])) for at in range(first, len(steps))]


def _not_opened(document: Document, layout: Layout) -> Held:
    """The folders that hold arrays and that nobody opens, with their arrays."""
    held: dict[str, dict[str, tuple[str, Weight]]] = {}
    for path, weight in document.weights.items():
        folder, _, key = path.rpartition("/")
        if not FOREIGN.search(path):
            held.setdefault(folder, {})[key] = (path, weight)
    there = {f"{group}/{VARS}" for group in (*opened(document, layout), *(account.group for account in accounts(document, layout)))}
    return {folder: arrays for folder, arrays in held.items() if folder not in there}
