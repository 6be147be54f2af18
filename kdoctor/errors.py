"""The errors that kdoctor raises on purpose: one root, few leaves.

Only the command line catches `KdoctorError`, in one place, and prints its text: so the text must make sense to a user.
"""

from __future__ import annotations


class KdoctorError(Exception):
    """Something that kdoctor can explain in one sentence."""


class UsageError(KdoctorError):
    """The user asked for something that cannot be: a wrong flag value, a file that is not there, an output that exists."""


class ReadError(KdoctorError):
    """The file could not be opened or read at all (permission, a folder, a device); its content was not judged."""


class WriteError(KdoctorError):
    """The repaired file could not be written; the original is untouched."""


class EditConflict(KdoctorError):
    """An edit's precondition does not hold in the document that it is applied to."""


class RecipeError(KdoctorError):
    """A recipe that cannot be carried out, whatever the numbers are."""


class PackError(KdoctorError):
    """A pack of checks that cannot be used: none found, a foreign prefix, a code used twice."""


class UnknownRelease(KdoctorError):
    """A Keras release that the catalogue cannot speak for: older than Keras 1, of another family, or no release number at all."""
