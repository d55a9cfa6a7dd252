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
    own = [one for one in AIMS if type(model) is one.kind]
    return (own or [one for one in AIMS if isinstance(model, one.kind)])[0](model)


def name_kinds(*, of_cover: bool = False, last: str = "and") -> str:
    """Return the classes of the models, or of those of cover, as messages list them.

    Examples
    --------
    >>> name_kinds(of_cover=True)
    'MaxCover, BackupCover and ExpectedCover'
    """
    *names, end = (one.kind.__name__ for one in AIMS if one.of_cover or not of_cover)
    return f"{', '.join(names)} {last} {end}"


def aim_called(name: str) -> type[Aim]:
    """Return the one that a plan calls by a name."""
    return next(one for one in AIMS if one.name == name)


__all__ = ["AIMS", "Aim", "aim_called", "aim_of", "name_kinds"]
