"""What each Keras release knows: a generated catalogue, and the class that asks it."""
