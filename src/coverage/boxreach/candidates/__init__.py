"""Places for boxes: listed from any mixture of sources, and screened for where none may stand."""

from boxreach.candidates.listing import candidate_sites
from boxreach.candidates.screening import Candidates, Exclusions, screen_sites

__all__ = ["Candidates", "Exclusions", "candidate_sites", "screen_sites"]
