"""What all sections of a plan are: keys that are known, and nothing else."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A section of ``plan.toml``."""

    model_config = ConfigDict(extra="forbid", frozen=True)
