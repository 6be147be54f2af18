"""The code in the documentation, run from top to bottom as a reader would."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

DOCS = Path(__file__).parent.parent / "docs"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def script(page: str) -> str:
    """The blocks as one script; a line for the shell that calls kdoctor runs it as a module."""
    parts = []
    for language, text in BLOCK.findall((DOCS / page).read_text("utf-8")):
        if language == "sh":
            commands = [line.split() for line in text.splitlines()]
            assert all(command[0] == "kdoctor" for command in commands)
            parts += [f"import subprocess, sys\nsubprocess.run([sys.executable, '-m', *{command!r}], check=True)" for command in commands]
            parts.append("import importlib\nimportlib.invalidate_caches()")  # a module that was not there a moment ago
        else:
            parts.append(text)
    return "\n".join(parts)


def test_the_page_on_scikit_learn_does_what_it_says(tmp_path: Path) -> None:
    """GridSearchCV, a Pipeline and a StackingClassifier fit the model that `kdoctor code --sklearn` writes, or its predictions."""
    code = script("scikit-learn.md")
    assert code.count("assert ") == 4
    (tmp_path / "page.py").write_text(code, "utf-8")
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1", "PYTHONWARNINGS": "ignore"}
    done = subprocess.run([sys.executable, "page.py"], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr[-3000:]
