"""Which site moves where: given-up places paired with new ones, the shortest ways in all."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from boxreach.crs import point_distances_m
from boxreach.placement.order import Step, Tally
from boxreach.placement.question import Question

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

COLUMNS = ("phase", "from_site_id", "to_site_id", "km", "cost_usd", "gained", "lost")


def pair_moves(question: Question, given_up: Integers, new: Integers) -> list[Step]:
    """Return a step for each new site; those nearest to given-up places take over from these.

    Parameters
    ----------
    question
        What is asked.
    given_up, new
        Positions; there are at least as many new ones.
    """
    steps = {site: Step(site) for site in new.tolist()}
    if len(given_up):
        from scipy.optimize import linear_sum_assignment  # noqa: PLC0415 - large, and seldom asked for

        away = distances_km(question, given_up, new)
        for one, other in zip(*linear_sum_assignment(away), strict=True):
            steps[int(new[other])] = Step(int(new[other]), int(given_up[one]))
    return list(steps.values())


def list_moves(
    question: Question, phase: int, before: Integers, order: list[Step], cost_usd: float | None
) -> pd.DataFrame:
    """Return the moves among some steps: what each gains at its new place and loses at its old one.

    Parameters
    ----------
    question
        What is asked.
    phase
        Number of sites at the end of the phase.
    before
        Positions of the sites before it.
    order
        Its steps.
    cost_usd
        What one move costs.
    """
    tally = Tally(question.cover, question.weights, np.array([0.0, 1.0]), before)
    rows = []
    for step in order:
        if step.given_up >= 0:
            net = tally.gain(step)[1]
            gained = tally.gain(Step(step.site))[1]
            pair = np.array([step.given_up]), np.array([step.site])
            ids = question.ids[step.given_up], question.ids[step.site]
            km = float(distances_km(question, *pair)[0, 0])
            cost = np.nan if cost_usd is None else float(cost_usd)
            rows.append((phase, *ids, round(km, 1), cost, gained, gained - net))
        tally.take(step)
    return pd.DataFrame(rows, columns=list(COLUMNS))


def distances_km(question: Question, here: Integers, there: Integers) -> Floats:
    """Return the distances between sites, on the ellipsoid."""
    lon, lat = _site_places(question)
    one, other = (part.ravel() for part in np.meshgrid(here, there, indexing="ij"))
    metres = point_distances_m(lon[one], lat[one], lon[other], lat[other])
    return metres.reshape(len(here), len(there)) / 1000


def _site_places(question: Question) -> tuple[Floats, Floats]:
    """Return longitude and latitude of all sites."""
    tables = (question.candidates, question.stands)
    lon, lat = (
        np.concatenate([getattr(table.geometry, axis).to_numpy(float) for table in tables])
        for axis in ("x", "y")
    )
    return lon, lat
