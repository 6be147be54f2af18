"""TensorFlow, Keras backend and numpy functions said with the operations of Keras 3."""
