"""A planned document becomes a file: drafted beside its target, read back, compared, and only then given its name."""
