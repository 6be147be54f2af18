"""Makes packages.json: the classes for Keras that known packages define, read from the sources in their wheels and source archives.

    pip download --no-deps --dest FOLDER NAME …        (the names in PACKAGES)
    python -m kdoctor.keras_api.generate_packages FOLDER DATE

Nothing of a package is imported; its Python is read by its syntax tree.
"""

from __future__ import annotations

import ast
import json
import re
import sys
import tarfile
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

# What to install -> what to import, and the Keras that it is for.
PACKAGES: Final[Mapping[str, tuple[str, int]]] = {
    "keras-hub": ("keras_hub", 3), "keras-nlp": ("keras_nlp", 3), "keras-cv": ("keras_cv", 3), "keras-core": ("keras_core", 3),
    "autokeras": ("autokeras", 3), "bayesflow": ("bayesflow", 3), "kapre": ("kapre", 2), "keras-tcn": ("tcn", 3),
    "keras-tuner": ("keras_tuner", 3),
    "tensorflow-addons": ("tensorflow_addons", 2), "tf-models-official": ("official", 2),
    "tensorflow-model-optimization": ("tensorflow_model_optimization", 2), "tensorflow-probability": ("tensorflow_probability", 2),
    "tensorflow-recommenders": ("tensorflow_recommenders", 2), "tensorflow-text": ("tensorflow_text", 2),
    "tensorflow-gnn": ("tensorflow_gnn", 2), "tensorflow-ranking": ("tensorflow_ranking", 2), "tensorflow-lattice": ("tensorflow_lattice", 2),
    "transformers": ("transformers", 2), "spektral": ("spektral", 2), "qkeras": ("qkeras", 2),
    "larq": ("larq", 2), "efficientnet": ("efficientnet", 2), "segmentation-models": ("segmentation_models", 2),
    "image-classifiers": ("classification_models", 2), "keras-applications": ("keras_applications", 2), "keras-resnet": ("keras_resnet", 2),
    "keras-retinanet": ("keras_retinanet", 2), "keras-ocr": ("keras_ocr", 2), "vit-keras": ("vit_keras", 2), "vitis-quantizer": ("vitis_quantizer", 2),
    "keras-unet-collection": ("keras_unet_collection", 2), "keras-bert": ("keras_bert", 2), "keras-transformer": ("keras_transformer", 2),
    "keras-self-attention": ("keras_self_attention", 2), "keras-multi-head": ("keras_multi_head", 2),
    "keras-layer-normalization": ("keras_layer_normalization", 2), "keras-rectified-adam": ("keras_radam", 2),
    "keras-pos-embd": ("keras_pos_embd", 2), "keras-position-wise-feed-forward": ("keras_position_wise_feed_forward", 2),
    "keras-embed-sim": ("keras_embed_sim", 2), "keras-adaptive-softmax": ("keras_adaptive_softmax", 2), "keras-crf": ("keras_crf", 2),
    "tf2crf": ("tf2crf", 2), "tf-keras-vis": ("tf_keras_vis", 2),
}  # fmt: skip
# Not on the package index under a name of their own: from their repositories, on the day of the file.
BY_HAND: Final = {
    "git+https://github.com/keras-team/keras-contrib": (
        "keras_contrib", 2, "Capsule CosineConvolution2D CosineDense CRF GroupNormalization InstanceNormalization PELU SReLU SineReLU Swish SubPixelUpscaling",
    ),
    "git+https://github.com/matterport/Mask_RCNN": ("mrcnn", 2, "BatchNorm DetectionLayer DetectionTargetLayer ProposalLayer PyramidROIAlign"),
}  # fmt: skip
SEEDS: Final = re.compile(
    r"(.*)(Layer|Wrapper|Initializer|Regularizer|Constraint|Metric|Loss|Optimizer|Cell|RNN|Normalization)|Model|Dense|Dropout|Activation|Embedding|LSTM|GRU|Conv\dD|DepthwiseConv2D|MultiHeadAttention|Adam|SGD"
)
# Of a package with classes for other frameworks, those for Keras; of one with everyday words, those that tell it.
FOR_KERAS: Final = {"transformers": re.compile("TF.*|AdamWeightDecay|WarmUp"), "vitis-quantizer": re.compile("Vitis.*")}
TESTS: Final = re.compile(r"(^|/)(tests?|testing|examples?|benchmarks?|docs?)/|_test\.py$|(^|/)test_[^/]*\.py$|conftest\.py$")
NAMES: Final = re.compile(r"[-_.]+")


def main(folder: str, date: str) -> None:
    rows = {}
    for path in sorted(Path(folder).iterdir()):
        stem = re.split(r"-\d", path.name)[0]
        name = next((name for name in PACKAGES if NAMES.sub("_", name).lower() == NAMES.sub("_", stem).lower()), None)
        if name is None:
            continue
        module, keras = PACKAGES[name]
        classes, registers = _classes(path)
        classes = {one for one in classes if FOR_KERAS.get(name, re.compile(".*")).fullmatch(one)}
        registers = {one for one in registers if "." not in one}
        release = re.search(r"-(\d[^-]*?)(-|\.tar|\.zip|$)", path.name)
        rows[name] = {"import": module, "keras": keras, "release": release[1] if release else "", "classes": " ".join(sorted(classes)),
                      "registered_as": sorted(registers)}  # fmt: skip
    for name, (module, keras, listed) in BY_HAND.items():
        rows[name] = {"import": module, "keras": keras, "release": "", "classes": listed, "registered_as": []}
    text = json.dumps({"date": date, "packages": rows}, indent=1)
    Path(__file__).with_name("packages.json").write_text(text + "\n", encoding="utf-8")


def _classes(path: Path) -> tuple[set[str], set[str]]:
    """The public classes that derive, by the names of their bases, from something of Keras; the packages that they are registered in."""
    bases: dict[str, set[str]] = {}
    registers: set[str] = set()
    for source in _sources(path):
        try:
            tree = ast.parse(source)
        except (SyntaxError, ValueError):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                bases.setdefault(node.name, set()).update(_last(base) for base in node.bases)
                registers |= {name for decorator in node.decorator_list if (name := _package(decorator))}
    found: set[str] = set()
    while more := {
        name for name, above in bases.items() if name not in found and any(one in found or SEEDS.fullmatch(one) for one in above)
    }:
        found |= more
    return {name for name in found if not name.startswith("_")}, registers


def _sources(path: Path) -> Iterator[bytes]:
    if path.suffix == ".whl":
        with zipfile.ZipFile(path) as archive:
            yield from (archive.read(name) for name in archive.namelist() if name.endswith(".py") and not TESTS.search(name))
    else:
        with tarfile.open(path) as archive:
            for member in archive:
                stream = archive.extractfile(member) if member.isfile() and member.name.endswith(".py") else None
                if stream is not None and not TESTS.search(member.name):
                    yield stream.read()


def _last(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _package(decorator: ast.expr) -> str | None:
    if not isinstance(decorator, ast.Call) or _last(decorator.func) not in ("register_keras_serializable", "keras_hub_export"):
        return None
    given = [keyword.value for keyword in decorator.keywords if keyword.arg == "package"] or list(decorator.args[:1])
    return next((one.value for one in given if isinstance(one, ast.Constant) and isinstance(one.value, str)), None)


if __name__ == "__main__":
    main(*sys.argv[1:3])
