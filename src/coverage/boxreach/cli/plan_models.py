"""Which keys of ``[propose]`` go with which model; one that does not is refused on its line."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias, TypeVar

from pydantic import ValidationInfo

from boxreach.cli.plan_values import refuse

ModelName: TypeAlias = Literal[
    "max-cover", "set-cover", "backup-cover", "expected-cover", "p-median", "p-center"
]

BOXES = 50
"""How many new boxes, where neither their number nor a budget is given."""

_COVER = ("max-cover", "backup-cover", "expected-cover")
_ORDERED = ("phases", "phase_moves", "reserve", "curve_seconds")
_MODELS_OF = {
    "boxes": (*_COVER, "p-median", "p-center"),
    "budget_usd": ("max-cover",),
    "capacity": ("max-cover",),
    "cases": ("max-cover",),
    "criterion": ("max-cover",),
    "share": ("set-cover",),
    "backup_boxes": ("backup-cover",),
    "busy": ("expected-cover",),
    "vehicles": ("expected-cover",),
    "relocation": _COVER,
    **dict.fromkeys(_ORDERED, _COVER),
}
"""The models that have a key; keys that are not here belong to all."""

_Given = TypeVar("_Given")


def has_key(model: str, key: str) -> bool:
    """Tell whether a model has a key of ``[propose]``.

    Examples
    --------
    >>> has_key("set-cover", "share"), has_key("set-cover", "boxes"), has_key("p-center", "quotas")
    (True, False, True)
    """
    return model in _MODELS_OF.get(key, (model,))


def goes_in_order(given: dict[str, Any]) -> bool:
    """Tell whether a plan of these values can have phases, a reserve and a curve.

    Parameters
    ----------
    given
        Keys of ``[propose]`` with their values: ``model``, ``boxes``, ``budget_usd``, ``capacity``.
    """
    counted = given.get("boxes") is not None or given.get("budget_usd") is None
    return given["model"] in _COVER and counted and given.get("capacity") is None


def check_belongs(value: _Given, info: ValidationInfo) -> _Given:
    """Refuse a key that the model of the plan does not have."""
    key, model = str(info.field_name), info.data.get("model")
    # A model that is none is told already; a reserve of 0 is none, whatever the model.
    if value is None or model is None or (key in _ORDERED and value == 0):
        return value
    if not has_key(model, key):
        _refuse_key(f"the model {model!r} has no {key}", " and ".join(_MODELS_OF[key]))
    if key in _ORDERED and not goes_in_order(info.data):
        what = "a capacity" if info.data.get("capacity") is not None else "a budget alone"
        refuse(f"a plan by {what} has no {key}", "leave it out, or give boxes and no capacity")
    return value


def _refuse_key(what: str, models: str) -> None:
    refuse(what, f"leave it out; it goes with {models}")


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
