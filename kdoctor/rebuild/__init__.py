"""Python that rebuilds a saved model, from the file alone. Nothing of the file becomes code but through `literals` and `names`."""
