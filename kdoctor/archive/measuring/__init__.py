"""Going through all numbers of a file once: what they are, and whether the bytes are those that were saved."""
