"""A SavedModel's folder read as data: which operations, which variables, which files. TensorFlow is never asked, nothing runs."""
