"""What stands in the place of a layer that the target does not have, or must not run, and computes the same."""
