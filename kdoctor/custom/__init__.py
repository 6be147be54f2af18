"""Objects that are not Keras's own: which a file needs, the TF-Hub layers among them, and the Python that supplies them."""
