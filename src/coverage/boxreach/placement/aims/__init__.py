"""What a plan may make large or small: one file a model, and one line of this list."""

from __future__ import annotations

from importlib import import_module

from boxreach.location.models import Model
from boxreach.placement.aims.aim import Aim

_FILES = (
    "max_cover",
    "set_cover",
    "backup_cover",
    "expected_cover",
    "p_median",
    "p_center",
)
"""In the order in which models are listed to people."""

AIMS: tuple[type[Aim], ...] = tuple(import_module(f"{__name__}.{one}").AIM for one in _FILES)


def aim_of(model: Model) -> Aim:
    """Return what a model is to a plan.

    Examples
    --------
    >>> from boxreach.location import MaxCover
    >>> aim_of(MaxCover(sites=2, minutes=30)).name
    'max-cover'
    """
    return next(one(model) for one in AIMS if isinstance(model, one.kind))


def aim_called(name: str) -> type[Aim]:
    """Return the one that a plan calls by a name."""
    return next(one for one in AIMS if one.name == name)


__all__ = ["AIMS", "Aim", "aim_called", "aim_of"]
