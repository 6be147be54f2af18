"""What a repaired TensorFlow Hub model needs at the user's own load time: the layer, and the trust to run its modules.

    import kdoctor.hub
    kdoctor.hub.trust("folder/of/the/modules")
    model = keras.saving.load_model("model.fixed.keras")

Importing this imports Keras, and registers the layer; TensorFlow comes in when a layer is made.
"""

from __future__ import annotations

from kdoctor.hub.layer import HubLayer
from kdoctor.saved_model.trust import UntrustedModule, distrust, trust

__all__ = ["HubLayer", "UntrustedModule", "distrust", "trust"]
