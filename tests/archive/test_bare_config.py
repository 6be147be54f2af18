"""A model's config without the model's class around it."""

from __future__ import annotations

import pytest

from kdoctor.archive.bare_config import around, is_bare
from kdoctor.document import Json

OLD: Json = {"class_name": "Dense", "config": {"units": 3}}
NEW: Json = {**OLD, "module": "keras.layers"}


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"layers": [OLD]}, {"class_name": "Sequential"}),
        ({"layers": [OLD], "input_layers": []}, {"class_name": "Model"}),
        ({"layers": [NEW]}, {"module": "keras", "class_name": "Sequential", "registered_name": None}),
        (
            {"layers": [NEW], "input_layers": []},
            {"module": "keras.src.models.functional", "class_name": "Functional", "registered_name": "Functional"},
        ),
    ],
)
def test_the_class_is_told_by_what_the_config_lists(config: Json, said: Json) -> None:
    assert around(config) == {**said, "config": config}


@pytest.mark.parametrize(
    "value", [{"class_name": "Sequential", "config": {"layers": [OLD]}}, {"layers": []}, {"layers": ["a"]}, {}, [], None]
)
def test_anything_else_is_given_back(value: Json) -> None:
    assert not is_bare(value)
    assert around(value) == value
