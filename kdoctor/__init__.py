"""kdoctor: the model doctor for saved Keras files."""

__version__ = "0.1.0"
