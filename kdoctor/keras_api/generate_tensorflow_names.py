"""Adds to tensorflow_names.json what a TensorFlow has, as it says itself on standard input:

    python -c "import json, operator, tensorflow as tf
    modules = ['image', 'keras.backend', 'linalg', 'math', 'nn', 'random', 'signal']
    names = {'': dir(tf), **{each: dir(operator.attrgetter(each)(tf)) for each in modules}}
    print(json.dumps({'release': tf.__version__, 'names': names}))" | python -m kdoctor.keras_api.generate_tensorflow_names DATE

For developers: once for each TensorFlow that Keras 3 runs with (2.16 and later). The modules are those that stored functions read from; a
name that any release has is kept.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

FILE = Path(__file__).with_name("tensorflow_names.json")


def main(date: str) -> None:
    said = json.load(sys.stdin)
    known = json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {"releases": [], "names": {}}
    releases = sorted({*known["releases"], ".".join(said["release"].split(".")[:2])})
    names = {
        module: sorted({*known["names"].get(module, ()), *(name for name in found if not name.startswith("_"))})
        for module, found in said["names"].items()
    }
    text = json.dumps({"generated": date, "releases": releases, "names": names}, indent=0)
    FILE.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
