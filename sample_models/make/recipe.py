"""Numbers that are the same under every Keras release, so that a sick file and its healthy twin compute the same."""

from typing import Any

import numpy


def fill(model: Any, seed: int = 7) -> Any:
    """Give the model or layer seeded positive weights (positive: they also serve as variances) and return it."""
    random = numpy.random.RandomState(seed)
    model.set_weights([random.uniform(0.1, 0.9, weight.shape).astype(weight.dtype) for weight in model.get_weights()])
    return model


def compiled(model: Any) -> Any:
    """Compile with names that every release can read back ("mse" in an `.h5` is not one of them), and return the model."""
    model.compile(optimizer="sgd", loss="mean_squared_error")
    return model
