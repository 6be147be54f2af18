"""What a config names that stands for no part of a model, and which Keras releases act on it."""
