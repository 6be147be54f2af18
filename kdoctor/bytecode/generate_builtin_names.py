"""Write builtin_names.json: every name that some Python finds without a module having to define it.

    python -m kdoctor.bytecode.generate_builtin_names PYTHON…

Each PYTHON is asked without its `site` module, which adds names (`exit`, `license`) that are no part of the language.
"""

from __future__ import annotations

import datetime
import json
import subprocess
import sys
from pathlib import Path

PROBE = "try:\n import builtins as b\nexcept ImportError:\n import __builtin__ as b\nimport json\nprint(json.dumps(sorted(dir(b))))"


def main() -> None:
    names: set[str] = set()
    for python in sys.argv[1:]:
        answer = subprocess.run([python, "-S", "-c", PROBE], capture_output=True, check=True, text=True)
        names.update(name for name in json.loads(answer.stdout) if not name.startswith("__") or name in ("__import__", "__debug__"))
    document = {"date": str(datetime.date.today()), "pythons": len(sys.argv) - 1, "names": sorted(names)}
    Path(__file__).with_name("builtin_names.json").write_text(json.dumps(document) + "\n")


if __name__ == "__main__":
    main()
