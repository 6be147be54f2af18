"""Write <release>.json.xz: the functions of lambdas.txt and functions.txt compiled by every Python.

    python tests/bytecode/recorded/generate.py PYTHON…

lambdas.txt holds one-line functions as people publish them (gathered in November 2026; only the expression, no file of anybody's);
functions.txt holds short ones of our own in the same manner. Runs nothing of what it compiles. A source that a Python's grammar does not
have is left out for that Python. Python 3.14 was that of Pyodide 314 (from npm, run by Node), behind a script that takes `-c CODE FILE`.
"""

from __future__ import annotations

import json
import lzma
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
from generate_fixtures import PROBE  # noqa: E402

CAPTURES = "# captures: "


def paragraphs() -> list[str]:
    """Every source, with the line that names its captured variables before it."""
    found: list[str] = []
    captured = ""
    for line in (HERE / "lambdas.txt").read_text("utf-8").splitlines():
        if line.startswith(CAPTURES):
            captured = line + "\n"
        elif line.strip():
            found.append(captured + line)
            captured = ""
    functions = (HERE / "functions.txt").read_text("utf-8").split("\n\n")
    return [*found, *(text.strip() for text in functions if text.strip())]


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        sources = Path(folder) / "sources.json"
        sources.write_text(json.dumps(paragraphs()))
        for python in sys.argv[1:]:
            answer = subprocess.run([python, "-c", PROBE, str(sources)], capture_output=True, check=True, text=True)
            document = json.loads(answer.stdout)
            codes = {row["source"]: row["marshal"] for row in document["codes"]}
            text = json.dumps(codes, indent=0, sort_keys=True).encode()
            (HERE / f"{document['python']}.json.xz").write_bytes(lzma.compress(text, preset=9 | lzma.PRESET_EXTREME))


if __name__ == "__main__":
    main()
