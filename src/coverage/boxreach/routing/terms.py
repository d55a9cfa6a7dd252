"""Terms of travel times: how long they may be, from when on, which way, and what is merged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from boxreach.arguments import choice_faults, number_faults
from boxreach.errors import Fault

Direction = Literal["site_to_demand", "demand_to_site"]

_MS_PER_MINUTE = 60_000
_LONGEST_MINUTES, _MOST_MERGED_MINUTES = 24 * 60, 5


@dataclass(frozen=True)
class Terms:
    """What times are asked for, by the names and with the defaults of `travel_times`.

    They are said once, looked at with the tables that they are said of, and handed on.

    Attributes
    ----------
    cutoff, mobilise_minutes, direction, merge_minutes
        As in `travel_times`.

    Examples
    --------
    >>> terms = Terms(cutoff=30, mobilise_minutes=2)
    >>> terms.limit_ms, terms.mobilise_ms, terms.backwards
    (1800000, 120000, False)
    >>> [str(one) for one in Terms(cutoff=0).faults()]
    ['cutoff is 0; give minutes above 0, up to 1440']
    """

    cutoff: float = 60.0
    mobilise_minutes: float = 0.0
    direction: Direction = "site_to_demand"
    merge_minutes: float = 0.0

    def faults(self) -> list[Fault]:
        """Return what is wrong with them, all of it."""
        faults = choice_faults("direction", self.direction, get_args(Direction))
        no_cutoff = number_faults(
            "cutoff",
            self.cutoff,
            lambda one: 0 < one <= _LONGEST_MINUTES,
            f"give minutes above 0, up to {_LONGEST_MINUTES}",
        )
        longest = _LONGEST_MINUTES if no_cutoff else self.cutoff
        late = number_faults(
            "mobilise_minutes",
            self.mobilise_minutes,
            lambda one: 0 <= one < longest,
            "give minutes from 0 to below the cutoff",
        )
        merged = number_faults(
            "merge_minutes",
            self.merge_minutes,
            lambda one: 0 <= one <= _MOST_MERGED_MINUTES,
            f"give minutes from 0 to {_MOST_MERGED_MINUTES}",
        )
        return [*faults, *no_cutoff, *late, *merged]

    @property
    def limit_ms(self) -> int:
        """The cutoff in milliseconds."""
        return round(float(self.cutoff) * _MS_PER_MINUTE)

    @property
    def mobilise_ms(self) -> int:
        """Milliseconds until the vehicle moves."""
        return round(float(self.mobilise_minutes) * _MS_PER_MINUTE)

    @property
    def backwards(self) -> bool:
        """Whether one drives from the demand to the site."""
        return self.direction == "demand_to_site"
