"""Write opcodes.json: what every Python calls its instructions, and what their arguments mean.

    python -m kdoctor.bytecode.generate_opcodes PYTHON… [--header 3.14=opcode_ids.h:3.13]…

Each PYTHON is asked through its own `opcode` module. A release that is not installed is read from CPython's
`Include/opcode_ids.h` (3.13 and later) or `Include/opcode.h`, the kinds of arguments being those of the release named
after the colon. Releases that are not asked for keep what the file says.
"""

from __future__ import annotations

import argparse
import datetime
import json
import re
import subprocess
from pathlib import Path
from typing import Any

DATA = Path(__file__).with_name("opcodes.json")

# Runs under Python 2.7 and every Python 3; prints rows of [name, number, kind of argument, cache entries].
PROBE = r"""
import json, opcode, sys
kinds = [("c", "hasconst"), ("n", "hasname"), ("f", "hasfree"), ("l", "haslocal"), ("r", "hasjrel"), ("a", "hasjabs"), ("r", "hasjump")]
caches = getattr(opcode, "_inline_cache_entries", {})
hasarg = getattr(opcode, "hasarg", None)
rows = []
for name, number in sorted(opcode.opmap.items(), key=lambda item: item[1]):
    if number > 255 or name.startswith("INSTRUMENTED_") or name in ("ENTER_EXECUTOR", "RESERVED"):
        continue
    takes = number in hasarg if hasarg is not None else number >= opcode.HAVE_ARGUMENT
    # 3.14 counts LOAD_DEREF among those of local variables
    kind = "f" if name == "LOAD_DEREF" else next((k for k, attribute in kinds if number in getattr(opcode, attribute, ())), "i" if takes else "-")
    count = (caches.get(name, 0) if isinstance(caches, dict) else caches[number]) if name != "CACHE" else 0
    rows.append([name, number, kind, count])
first = min(row[1] for row in rows if row[1] in hasarg) if hasarg is not None else opcode.HAVE_ARGUMENT
print(json.dumps({"release": "%d.%d" % sys.version_info[:2], "argument_from": first, "opcodes": rows}))
"""

# What the named neighbour cannot tell of a release read from a header (CPython 3.14: Python/bytecodes.c).
KINDS_BY_NAME = {"LOAD_FAST_BORROW": "l", "LOAD_FAST_BORROW_LOAD_FAST_BORROW": "l"}
CACHES_BY_RELEASE = {"3.14": {"BINARY_OP": 5, "CALL_KW": 3}}
NOT_WRITTEN = re.compile(
    r"INSTRUMENTED_|HAVE_ARGUMENT|MIN_|EXCEPT_HANDLER|ENTER_EXECUTOR|RESERVED"
    r"|(BINARY_OP|CALL|CALL_KW|COMPARE_OP|CONTAINS_OP|FOR_ITER|JUMP_BACKWARD|LOAD_ATTR|LOAD_CONST|LOAD_GLOBAL|LOAD_SUPER_ATTR|RESUME|SEND"
    r"|STORE_ATTR|STORE_SUBSCR|TO_BOOL|UNPACK_SEQUENCE)_(?!INTRINSIC|KW$|FUNCTION_(EX|VAR|KW|VAR_KW)$|FUNCTION$|METHOD$|NO_INTERRUPT$)"
)


def ask(python: str) -> dict[str, Any]:
    """Ask an installed Python for its instructions."""
    answer = subprocess.run([python, "-c", PROBE], capture_output=True, check=True, text=True)
    table: dict[str, Any] = json.loads(answer.stdout)
    return table


def read_header(release: str, header: Path, like: dict[str, Any]) -> dict[str, Any]:
    """Read names and numbers from a C header; kinds and cache entries from the neighbour `like`."""
    defined = {name: int(number) for name, number in re.findall(r"#define\s+([A-Z_0-9]+)\s+(\d+)\s*$", header.read_text(), re.MULTILINE)}
    argument_from = defined["HAVE_ARGUMENT"]
    argument_from += int("opcode_ids" in header.name)  # there it is the last opcode without an argument
    known = {name: (kind, caches) for name, _, kind, caches in like["opcodes"]}
    rows = []
    for name, number in sorted(defined.items(), key=lambda item: item[1]):
        if number > 255 or NOT_WRITTEN.match(name):
            continue
        kind, caches = known.get(name, (KINDS_BY_NAME.get(name, "i"), 0))
        kind = "-" if number < argument_from else kind.replace("-", "i")
        rows.append([name, number, kind, CACHES_BY_RELEASE.get(release, {}).get(name, caches)])
    return {"release": release, "argument_from": argument_from, "opcodes": rows}


def write(tables: dict[str, dict[str, Any]]) -> None:
    """Write one line per release, oldest first."""
    ordered = sorted(tables.values(), key=lambda table: tuple(map(int, table["release"].split("."))))
    lines = ",\n".join(json.dumps(table, separators=(",", ":")) for table in ordered)
    DATA.write_text(f'{{"date": "{datetime.date.today()}", "pythons": [\n{lines}\n]}}\n')


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("python", nargs="*")
    parser.add_argument("--header", action="append", default=[], metavar="RELEASE=FILE:LIKE")
    arguments = parser.parse_args()
    kept = json.loads(DATA.read_text())["pythons"] if DATA.exists() else []
    tables = {table["release"]: table for table in [*kept, *map(ask, arguments.python)]}
    for header in arguments.header:
        release, _, rest = header.partition("=")
        path, _, like = rest.rpartition(":")
        tables[release] = read_header(release, Path(path), tables[like])
    write(tables)


if __name__ == "__main__":
    main()
