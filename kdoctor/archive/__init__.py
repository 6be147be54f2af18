"""Bytes to documents and back: the only package that knows how a saved file is stored."""
