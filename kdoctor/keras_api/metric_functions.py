"""Functions that Keras 2 holds as metrics, by the names that a wrapper in an ``.h5`` states, and what Keras 3 has for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

# Found by name; tried in 3.0.5, 3.9.2 and 3.15.1, 2026-11-21, and those of the last row in 3.15.1, 2026-11-22.
FUNCTIONS: Final = frozenset({
    "binary_accuracy", "categorical_accuracy", "sparse_categorical_accuracy", "top_k_categorical_accuracy", "sparse_top_k_categorical_accuracy",
    "binary_crossentropy", "categorical_crossentropy", "sparse_categorical_crossentropy", "mean_squared_error", "mean_absolute_error",
    "mean_absolute_percentage_error", "mean_squared_logarithmic_error", "hinge", "squared_hinge", "categorical_hinge", "poisson",
    "huber", "kl_divergence", "binary_focal_crossentropy", "categorical_focal_crossentropy",
})  # fmt: skip
# Those that are no functions there, and the classes that compute the same; `cosine_proximity` is another name of the first.
CLASSES: Final[Mapping[str, str]] = {"cosine_similarity": "CosineSimilarity", "logcosh": "LogCoshError", "log_cosh": "LogCoshError"}
# What Keras 2 writes of a metric by the name of its function, and does not find among its metrics: run in 2.4, 2.9, 2.11 and 2.15.
FIRST_NAMES: Final[Mapping[str, str]] = {"kl_divergence": "kullback_leibler_divergence"}
WRAPPER: Final = "MeanMetricWrapper"
KNOWN: Final = FUNCTIONS | CLASSES.keys()
# Short texts by which every Keras 2 finds a metric, and from 2.3 on calls it in ``history``; run in 2.2.5, 2.4, 2.9 and 2.15, which fails at ``bce``.
SHORT: Final = frozenset({"mae", "mse", "mape", "msle", "MAE", "MSE", "MAPE", "MSLE", "cosine_similarity"})
