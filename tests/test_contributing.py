"""The example of CONTRIBUTING.md, followed to the letter: installed as a pack of its own beside kdoctor's, and tested by its own test."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

GUIDE = Path(__file__).parent.parent / "CONTRIBUTING.md"
BLOCKS = re.compile(r"`([\w/]+\.py)`:\n\n```python\n(.*?)```", re.DOTALL)


def test_the_example_check_finds_what_its_example_test_says(tmp_path: Path) -> None:
    blocks = dict(BLOCKS.findall(GUIDE.read_text("utf-8")))
    assert [*blocks] == ["checks/heavy_dropout.py", "tests/checks/test_heavy_dropout.py"]
    check, test = blocks.values()
    files = {
        "example_pack/__init__.py": "",
        "example_pack/heavy_dropout.py": check,
        "example_pack-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: example-pack\nVersion: 1.0\n",
        "example_pack-1.0.dist-info/entry_points.txt": "[kdoctor.checks]\nK = example_pack\n",
        "test_heavy_dropout.py": test,
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "test_heavy_dropout.py"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "2 passed" in done.stdout
