"""The placement report: what to decide, why, and how sure one can be of it.

What writes it is imported when it is asked for: a process that prints some of its pages needs none
of the libraries that a report is made with.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
