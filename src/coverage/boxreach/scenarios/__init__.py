"""What if: named variants of a plan, what hangs on which road and box, and how sure it all is."""

from boxreach.scenarios.comparing import compare
from boxreach.scenarios.comparison import Comparison
from boxreach.scenarios.critical import Criticality
from boxreach.scenarios.opening import Opening
from boxreach.scenarios.robust import Robustness
from boxreach.scenarios.rounds import Round, Rounds, compare_rounds
from boxreach.scenarios.scenario import Scenario

__all__ = [
    "Comparison",
    "Criticality",
    "Opening",
    "Robustness",
    "Round",
    "Rounds",
    "Scenario",
    "compare",
    "compare_rounds",
]
