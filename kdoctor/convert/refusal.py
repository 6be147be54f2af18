"""What a converter says when it cannot convert."""

from __future__ import annotations

from kdoctor.errors import KdoctorError


class NotConvertible(KdoctorError):
    """A document that cannot be said in the other container without guessing; the text says why."""
