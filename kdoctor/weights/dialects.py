"""Where two JSON values differ, apart from the words in which two containers say the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from kdoctor.document import ABSENT, Json
from kdoctor.weights.meant_values import Owner, Releases, owner_at, same_value, unsaid
from kdoctor.weights.places import REAL_NAMES
from kdoctor.weights.training_words import SAID

# A class by the name that it has today: Keras called a Functional a Model before TensorFlow 2.3, and some initializers otherwise in 3.0 to
# 3.6 (``OrthogonalInitializer``; initializers/random_initializers.py and constant_initializers.py of 3.6.0 and 3.7.0).
TODAY = {**REAL_NAMES, "Model": "Functional", **{f"{name}Initializer": name for name in ("Orthogonal", "Identity", "STFT")}}
# A number that the process which saved the file gave to an object.
PASSING = frozenset({"shared_object_id", SAID})
# What an archive says beside a class and its config, and an ``.h5`` may not.
BESIDE = frozenset({"module", "registered_name", "build_config", "compile_config"})
NOBODY = Releases(None, None)


class Difference(NamedTuple):
    """One place, and what either side says there; None for nothing."""

    place: str
    one: Json
    other: Json


def class_of(raw: Mapping[str, Json]) -> Json:
    """The class of a serialized object as Keras knows it: with its package, which an archive has beside it, by the name of its class itself."""
    registered = raw.get("registered_name")
    found = registered if isinstance(registered, str) and registered else raw.get("class_name")
    return TODAY.get(found, found) if isinstance(found, str) else found


def value_differences(place: str, one: Json, other: Json, owner: Owner | None = None, releases: Releases = NOBODY) -> Iterator[Difference]:
    """The innermost places at which two values differ.

    owner: the object whose arguments the values are; releases: those that saved the files, for what each takes for granted.
    """
    stack: list[tuple[str, Json, Json, Owner | None]] = [(place, one, other, owner)]
    while stack:
        at, left, right, owner = stack.pop()
        name = at.rpartition(".")[2]
        if same_value(owner, name, left, right):
            continue
        if isinstance(left, Mapping) and isinstance(right, Mapping):
            if (SAID in left or SAID in right) and class_of(left) != class_of(right):
                yield Difference(at, left.get(SAID, class_of(left)), right.get(SAID, class_of(right)))
                continue
            inside = owner_at(at, class_of(left)) if _are_one_class(left, right) else None
            rows = [row for row in _members(left, right) if owner is None or not _unsaid(owner, *row, releases)]
            stack += reversed([(f"{at}.{key}".lstrip("."), a, b, inside if key == "config" else owner) for key, a, b in rows])
        elif _holds_objects(left, right):
            stack += reversed([(f"{at}.{index}", a, b, None) for index, (a, b) in enumerate(zip(left, right, strict=True))])
        elif left is not right and (left != right or type(left) is not type(right)):
            yield Difference(at, _told(left, right), _told(right, left))


def _unsaid(owner: Owner, name: str, left: Json, right: Json, releases: Releases) -> bool:
    """Whether one side says nothing, and means what the other says."""
    if left is ABSENT:
        return unsaid(owner, name, right, releases.other, releases.one)
    return right is ABSENT and unsaid(owner, name, left, releases.one, releases.other)


def _are_one_class(left: Mapping[str, Json], right: Mapping[str, Json]) -> bool:
    return "class_name" in left and "class_name" in right and class_of(left) == class_of(right)


def _told(value: Json, beside: Json) -> Json:
    """The value of one side; null beside nothing is spelled out, or both would read alike."""
    if value is ABSENT:
        return None
    return "null" if value is None and beside is ABSENT else value


def _members(left: Mapping[str, Json], right: Mapping[str, Json]) -> Iterator[tuple[str, Json, Json]]:
    objects = "class_name" in left and "class_name" in right
    same = objects and class_of(left) == class_of(right)
    for key in dict.fromkeys((*left, *right)):
        a, b = left.get(key, ABSENT), right.get(key, ABSENT)
        one_sided = objects and key in BESIDE and (a is ABSENT or b is ABSENT)
        if key not in PASSING and not one_sided and not (same and key == "class_name"):
            yield key, a, b


def _holds_objects(left: Json, right: Json) -> bool:
    return isinstance(left, list) and isinstance(right, list) and len(left) == len(right) and any(isinstance(one, Mapping) for one in left)
