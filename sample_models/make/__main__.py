"""Make every file of sample_models/ with the Keras releases that write them, one stage at a time, in this order
(keras_2_2 and keras_1 need a Python 3.6 on the PATH, which uv cannot download):

    uv run --no-project --python 3.11 --with tensorflow-cpu==2.15.1 --with tensorflow-hub==0.16.1 --with tf_keras==2.15.1 \
        --with "setuptools<80" python sample_models/make keras_2
    uv run --no-project --python 3.11 --with keras==3.15.1 --with tensorflow-cpu==2.21.0 python sample_models/make keras_3
    uv run --no-project --python 3.11 --with keras==3.9.2 --with tensorflow-cpu==2.19.0 python sample_models/make keras_3_9
    uv run --no-project --python 3.11 --with keras==3.6.0 --with tensorflow-cpu==2.18.0 python sample_models/make keras_3_6
    uv run --no-project --python 3.11 --with keras==3.0.5 --with tensorflow-cpu==2.16.1 python sample_models/make keras_3_0
    uv run --no-project --python 3.11 --with tensorflow-cpu==2.13.1 python sample_models/make keras_2_13
    uv run --no-project --python 3.9 --with tensorflow-cpu==2.9.3 --with "protobuf<3.20" --with "numpy<2" python sample_models/make keras_2_9
    uv run --no-project --python 3.6 --with keras==2.2.5 --with tensorflow==1.14.0 --with "h5py<3" --with "protobuf<3.20" \
        --with "numpy<1.17" python sample_models/make keras_2_2
    uv run --no-project --python 3.6 --with keras==1.2.2 --with tensorflow==1.4.0 --with "h5py<3" --with "protobuf<3.20" \
        --with "numpy<1.17" --with "setuptools<58" python sample_models/make keras_1
    uv run --no-project --python 3.11 --with h5py --with onnx==1.23.2 python sample_models/make damage
    uv run --no-project --python 3.11 --with keras==3.15.1 --with tensorflow-cpu==2.21.0 python sample_models/make measure
    uv run --no-project --python 3.11 --with keras==3.0.5 --with tensorflow-cpu==2.16.1 python sample_models/make measure list_against_tuple
    uv run --no-project --python 3.11 --with tensorflow-cpu==2.15.1 python sample_models/make measure

`measure` loads every file (or those whose name holds a given text, or with `new` those not measured yet), writes expected.json, and README.md from it. Weights and inputs are seeded:
a second run gives the same numbers; dates and object ids inside the files are Keras's own and differ.
"""
# Python 3.6 runs this file for keras_2_2 and keras_1: no `from __future__ import annotations` here, nor in recipe.py, lambdas.py, older_keras_2.py,
# keras_1.py.

import importlib
import os
import sys

STAGES = {
    "keras_3": "keras_3",
    "keras_3_9": "older_keras_3",
    "keras_3_6": "older_keras_3",
    "keras_3_0": "older_keras_3",
    "keras_2": "keras_2",
    "keras_2_13": "older_keras_2",
    "keras_2_9": "older_keras_2",
    "keras_2_2": "older_keras_2",
    "keras_1": "keras_1",
    "damage": "damage",
    "measure": "measure",
}


def main() -> None:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if len(sys.argv) < 2 or sys.argv[1] not in STAGES:
        sys.exit("{}\nstages: {}".format(__doc__, ", ".join(STAGES)))
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path.insert(0, here)  # Python 3.6 puts the folder there as a relative name, lost by the next line
    os.chdir(os.path.dirname(here))  # relative names only: no file may hold a path of this machine
    for folder in ("sick", "healthy"):
        os.makedirs(folder, exist_ok=True)
    importlib.import_module(STAGES[sys.argv[1]]).make(sys.argv[1:])


if __name__ == "__main__":
    main()
