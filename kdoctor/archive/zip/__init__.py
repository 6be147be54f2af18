"""The zip container: directory, members, and what to do when they are damaged."""
