"""Which chains of operations are one of Keras's built-in layers."""
