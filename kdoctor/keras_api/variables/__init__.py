"""Which variables every layer of Keras 3 owns: in which order, of which shapes, as a function of its config and of its input."""
