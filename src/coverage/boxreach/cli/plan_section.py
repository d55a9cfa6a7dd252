"""A section of ``plan.toml``, and what of it may be asked where it is faulty."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict


class NotKnownError(Exception):
    """What was asked of a plan or of its tables is faulty, and was told so already."""


class Section(BaseModel):
    """A section: keys that are known, and nothing else.

    What is forgotten of it cannot be asked, nor what holds that be copied as a whole: a check that
    needs it is one that cannot be made.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            if name in type(self).model_fields:
                raise NotKnownError(name)
            return super().__getattr__(name)

        def model_dump(self, *, include: Any = None, exclude: Any = None, **rest: Any) -> Any:
            """Return what is written, or raise `NotKnownError` where some of it is forgotten."""
            for name in type(self).model_fields:
                if (include is None or name in include) and name not in (exclude or ()):
                    _require_known(getattr(self, name))
            return super().model_dump(include=include, exclude=exclude, **rest)

    def forget(self, *place: str | int) -> None:
        """Forget what stands at a place below: the innermost key of a section on the way there."""
        held: tuple[Section, str] | None = None
        inside: Any = self
        for part in place:
            if isinstance(inside, Section):
                if part not in vars(inside):
                    return
                held = inside, str(part)
                inside = vars(inside)[str(part)]
            else:
                items = dict(enumerate(inside)) if isinstance(inside, list) else inside
                inside = items.get(part) if isinstance(items, dict) else None
        if held is not None:
            del vars(held[0])[held[1]]


def _require_known(value: Any) -> None:
    """Raise `NotKnownError` if anything of a value is forgotten."""
    if isinstance(value, Section):
        value = [getattr(value, name) for name in type(value).model_fields]
    elif isinstance(value, dict):
        value = list(value.values())
    for one in value if isinstance(value, list | tuple) else ():
        _require_known(one)
