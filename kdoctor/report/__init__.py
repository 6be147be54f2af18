"""What was found, in the words of each reader: every format is a function from reports to text."""

from __future__ import annotations
