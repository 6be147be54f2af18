"""One file, one check: each module here is found by itself, through the entry point that pyproject.toml names."""
