"""The training state: how it is written, what of an optimizer's state fits, and what scikit-learn's wrappers keep of it."""
