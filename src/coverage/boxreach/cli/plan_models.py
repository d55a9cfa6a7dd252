"""Which keys of ``[propose]`` go with which model; one that does not is refused on its line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypeVar

from pydantic import ValidationInfo

from boxreach.cli.plan_values import refuse
from boxreach.placement.aims import AIMS, aim_called

if TYPE_CHECKING:
    ModelName: TypeAlias = str
else:
    ModelName = Literal[tuple(one.name for one in AIMS)]
"""What a plan may call its model."""

BOXES = 50
"""How many new boxes, where neither their number nor a budget is given."""

_ORDERED = ("phases", "phase_moves", "reserve", "curve_seconds")
_OWNED = {key for one in AIMS for key in one.keys} | {*_ORDERED, "relocation"}
"""The keys that not all models have."""

_Given = TypeVar("_Given")


def has_key(model: str, key: str) -> bool:
    """Tell whether a model has a key of ``[propose]``.

    Examples
    --------
    >>> has_key("set-cover", "share"), has_key("set-cover", "boxes"), has_key("p-center", "quotas")
    (True, False, True)
    """
    return key not in _OWNED or model in _list_models(key)


def _list_models(key: str) -> list[str]:
    """Return the names of the models that have a key."""
    of_cover = key not in {name for one in AIMS for name in one.keys}
    return [one.name for one in AIMS if (one.of_cover if of_cover else key in one.keys)]


def goes_in_order(given: dict[str, Any]) -> bool:
    """Tell whether a plan of these values can have phases, a reserve and a curve.

    Parameters
    ----------
    given
        Keys of ``[propose]`` with their values: ``model``, ``boxes``, ``budget_usd``, ``capacity``.
    """
    counted = given.get("boxes") is not None or given.get("budget_usd") is None
    return aim_called(given["model"]).of_cover and counted and given.get("capacity") is None


def check_belongs(value: _Given, info: ValidationInfo) -> _Given:
    """Refuse a key that the model of the plan does not have."""
    key, model = str(info.field_name), info.data.get("model")
    # A model that is none is told already; a reserve of 0 is none, whatever the model.
    if value is None or model is None or (key in _ORDERED and value == 0):
        return value
    if not has_key(model, key):
        _refuse_key(f"the model {model!r} has no {key}", _join(_list_models(key)))
    if key in _ORDERED and not goes_in_order(info.data):
        what = "a capacity" if info.data.get("capacity") is not None else "a budget alone"
        refuse(f"a plan by {what} has no {key}", "leave it out, or give boxes and no capacity")
    return value


def _join(names: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def _refuse_key(what: str, models: str) -> None:
    refuse(what, f"leave it out; it goes with {models}")


def check_phase_moves(moves: int, info: ValidationInfo) -> int:
    """Refuse moves from one phase to the next where there is no next one."""
    if moves and "phases" in info.data and len(info.data["phases"] or []) <= 1:
        refuse("no phase follows another, so no box can move", "give two phases, or take it out")
    return moves


def check_reserve(reserve: int, info: ValidationInfo) -> int:
    """Refuse a reserve of more boxes than there are."""
    boxes = info.data.get("boxes")
    boxes = BOXES if boxes is None else boxes
    if reserve > boxes:
        refuse(f"{reserve} of {boxes} boxes are held back", f"give {boxes} or less")
    return reserve


def check_forbidden(ids: list[str], info: ValidationInfo) -> list[str]:
    """Refuse candidates that are forbidden and fixed."""
    both = [one for one in ids if one in info.data.get("fixed", [])]
    if both:
        refuse(f"{', '.join(both)} is fixed and forbidden", "leave one of the two out")
    return ids
