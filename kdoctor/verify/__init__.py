"""What real Keras does with a file: the only place where Keras is imported, and that in a child process.

`run` is the parent's side; `child` and the modules that it uses run in the child and are imported nowhere else.
"""

from kdoctor.verify.run import Outcome, Output, Verification, VerifyLimits, verify

__all__ = ["Outcome", "Output", "Verification", "VerifyLimits", "verify"]
