"""Python code objects, read and never run: what a Lambda layer carries, whichever Python wrote it."""
