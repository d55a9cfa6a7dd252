"""Plan where police boxes and border posts stand.

Which communities lie within reach of placed boxes by road, where the next boxes go, and where
posts stand along a frontier: as maps, reports and tables.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

__version__ = "0.1.0"
