"""Finished runs recomputed by a second path: networkx on what a run kept, and plain sums."""

from boxreach.verification.checking import verify
from boxreach.verification.evidence import EVIDENCE, REASONS, UNITS_PER_DEGREE, Evidence
from boxreach.verification.files import hash_files
from boxreach.verification.findings import Finding, Verification

__all__ = [
    "EVIDENCE",
    "REASONS",
    "UNITS_PER_DEGREE",
    "Evidence",
    "Finding",
    "Verification",
    "hash_files",
    "verify",
]
