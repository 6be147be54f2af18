from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Need, Severity, check
from kdoctor.document import Document
from kdoctor.keras_api.reader import Resolution, calls
from kdoctor.objects import Node
from kdoctor.target import Target

WAY_OUT = (
    "it is not in the file, and this release of kdoctor does not rewrite the layer; "
    "tf_keras and TensorFlow up to 2.15 load the file with custom_objects={'KerasLayer': hub.KerasLayer}"
)


@check("K302", Severity.ERROR, since="0.1.0")
def hub_layer(document: Document, target: Target) -> Iterator[Finding]:
    """The model uses TensorFlow Hub's KerasLayer, which is a layer of Keras 2.

    "Unknown layer: 'KerasLayer'" is the oldest question about Keras files. The old answer,
    ``custom_objects={'KerasLayer': hub.KerasLayer}``, no longer works: that class belongs to Keras 2, and Keras 3 refuses it
    ("Only instances of keras.Layer can be added to a Sequential model").

    The finding names the module's handle. kdoctor does not rewrite the layer yet: such a file loads in TensorFlow
    2.15, or with ``tf_keras``: ``tf_keras.models.load_model(path, custom_objects={'KerasLayer': hub.KerasLayer})``.
    """
    for call in calls(document, target):
        if call.resolution is Resolution.HUB:
            handle = call.node.config.get("handle")
            yield Finding(
                call.node.at,
                f"TensorFlow Hub's KerasLayer with the module {handle!r}{_options(call.node)}: a layer of Keras 2, which {target} refuses",
                needs=(Need("FILE", f"the module {handle!r}", WAY_OUT),),
                keras_says="ValueError: Unknown layer: 'KerasLayer'. Please ensure you are using a `keras.utils.custom_object_scope`"
                if not document.format.native
                else "TypeError: Could not locate class 'KerasLayer'. Make sure custom classes and functions are decorated with "
                "`@keras.saving.register_keras_serializable()`.",
            )


def _options(node: Node) -> str:
    told = [
        f"{name}={node.config[name]!r}" for name in ("trainable", "signature", "output_key") if node.config.get(name) not in (None, False)
    ]
    return f" ({', '.join(told)})" if told else ""
