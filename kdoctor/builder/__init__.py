"""The architecture that a function of the user's own builds: the only place where code of the user runs, because the user named it.

`run` is the parent's side; `child` runs the function in a process of its own and is imported nowhere else.
"""

from kdoctor.builder.run import architecture_of, is_builder

__all__ = ["architecture_of", "is_builder"]
