"""Where a release puts a layer that passes over those which it has saved before, and counts the next one in their place.

Source: ``_save_container_state`` in saving_lib.py of Keras 2.14 and 2.15. Keras 2.12, 2.13 and 3 pass over such a layer as well, but count it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import lru_cache

from kdoctor.document import Document
from kdoctor.keras_api.layouts import LAYERS
from kdoctor.structure.layers import is_model
from kdoctor.structure.objects import model_of
from kdoctor.structure.shared_layers import met_before
from kdoctor.weights.places import WRAPPED, Home, homes, stem


@lru_cache(maxsize=4)
def passed_over(document: Document) -> Mapping[str, str | None]:
    """The place of each layer and model, as it is counted with all others -> as such a release counts it; None where that saves nothing.

    Empty where no layer stands in a second model. A model that is wrapped lies below ``layer`` in its wrapper.
    """
    model = model_of(document)
    met = met_before(document) if model is not None else frozenset()
    if model is None or not met:
        return {}
    found: dict[str, str | None] = {"": ""}
    counted: Counter[tuple[str, str]] = Counter()
    for home in homes(Home(model, (), "")):
        folder, _, name = home.place.rpartition("/")
        around = found.get(folder.removesuffix(LAYERS).rstrip("/")) if name != WRAPPED or not is_model(home.node) else found.get(folder)
        if around is None or home.node.at in met:
            found[home.place] = None
        elif folder.rpartition("/")[2] != LAYERS:
            found[home.place] = f"{around}/{name}"
        else:
            inside, word = f"{around}/{LAYERS}".lstrip("/"), stem(home.node.class_name)
            number = counted[inside, word]
            found[home.place] = f"{inside}/{word}_{number}" if number else f"{inside}/{word}"
            counted[inside, word] += 1
    return {place: other for place, other in found.items() if place != other}
