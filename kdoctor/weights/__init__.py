"""The account of the weights: what layers claim, what the file stores, and how the one comes to stand for the other."""
