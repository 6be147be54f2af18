"""What Keras writes down of each object of a SavedModel: its JSON. Field numbers: keras/protobuf/saved_metadata.proto, tensorflow/core/protobuf."""

from __future__ import annotations

from collections.abc import Iterator

from kdoctor.saved_model.graph import META_GRAPHS, OBJECT_GRAPH
from kdoctor.saved_model.wire import inside, text

NODES, NODE_PATH, METADATA = 1, 3, 5  # of SavedMetadata, and of its SavedObject
OBJECTS, USER_OBJECT, OF_USER, IDENTIFIER = 1, 4, 3, 1  # of SavedObjectGraph, SavedObject and SavedUserObject
KERAS = "_tf_keras_"


def stored_objects(message: memoryview, *, is_program: bool) -> Iterator[tuple[str, str]]:
    """The path and the JSON of every object, from keras_metadata.pb or from a program of TensorFlow 2.2 to 2.4. Raises `MalformedMessage`."""
    if not is_program:
        for node in inside(message, NODES):
            yield text(node, NODE_PATH), text(node, METADATA)
        return
    for number, entry in enumerate(inside(message, META_GRAPHS, OBJECT_GRAPH, OBJECTS)):
        for one in inside(entry, USER_OBJECT):
            if text(one, IDENTIFIER).startswith(KERAS):
                yield f"object {number}", text(one, OF_USER)
