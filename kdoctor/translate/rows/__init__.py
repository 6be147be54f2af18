"""The table: what each function of TensorFlow, the Keras backends, numpy and Python is in operations of Keras 3."""
