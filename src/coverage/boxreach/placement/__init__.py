"""Where the next sites go: a plan in order, under the programme's rules, with its proof."""

from boxreach.placement.cases import Case
from boxreach.placement.planning import propose
from boxreach.placement.proposal import Proposal, Span
from boxreach.placement.quotas import Quota, Relocation

__all__ = ["Case", "Proposal", "Quota", "Relocation", "Span", "propose"]
