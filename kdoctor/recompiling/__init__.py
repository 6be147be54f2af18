"""Recovered source compiled for a Python, in a child process that runs nothing of it."""
