"""The user's own Python, read as text: which classes and functions it defines, and how they are made. Nothing of it is imported or run."""
