"""Write data/<release>.json: the same lambdas and functions compiled by every Python, as marshal bytes in base64.

    python tests/bytecode/generate_fixtures.py PYTHON…

Runs nothing of what it compiles. A source that a Python's grammar does not have is left out for that Python.
Python 3.14 was that of Pyodide 314 (from npm, run by Node), behind a script that takes `-c CODE FILE` as `python` does.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent

# One source per paragraph of the file; "# captures: a, b" says which names are variables of a function around it.
SOURCES = (HERE / "data" / "sources.txt").read_text(encoding="utf-8")

# Runs under Python 2.7 and every Python 3.
PROBE = r"""
from __future__ import print_function
import base64, json, marshal, sys, types
def inner(code):
    return [value for value in code.co_consts if isinstance(value, types.CodeType) and value.co_name != "__annotate__"]
rows = []
for paragraph in json.load(open(sys.argv[1])):
    source = "\n".join(line for line in paragraph.split("\n") if not line.startswith("# captures: "))
    captured = [line[12:] for line in paragraph.split("\n") if line.startswith("# captures: ")]
    text = source if source.startswith("def ") else "_ = " + source
    if captured:
        text = "def around(%s):\n" % captured[0] + "\n".join(" " + line for line in text.split("\n"))
    try:
        module = compile(text, "train.py", "exec")
    except SyntaxError:
        continue
    code = inner(module)[0]
    if captured:
        code = inner(code)[0]
    rows.append({"source": source, "marshal": base64.b64encode(marshal.dumps(code)).decode("ascii")})
print(json.dumps({"python": "%d.%d" % sys.version_info[:2], "codes": rows}))
"""


def main() -> None:
    sources = HERE / "data" / "sources.json"
    sources.write_text(json.dumps([paragraph.strip() for paragraph in SOURCES.split("\n\n") if paragraph.strip()]))
    try:
        for python in sys.argv[1:]:
            answer = subprocess.run([python, "-c", PROBE, str(sources)], capture_output=True, check=True, text=True)
            document = json.loads(answer.stdout)
            lines = ",\n".join(json.dumps(row) for row in document["codes"])
            (HERE / "data" / f"{document['python']}.json").write_text(f'{{"python": "{document["python"]}", "codes": [\n{lines}\n]}}\n')
    finally:
        sources.unlink()


if __name__ == "__main__":
    main()
