"""What if: named variants of a plan, what hangs on which road and box, and how sure it all is."""

from boxreach.scenarios.comparing import compare
from boxreach.scenarios.comparison import Comparison
from boxreach.scenarios.conditions import CONDITIONS
from boxreach.scenarios.critical import Criticality
from boxreach.scenarios.drawing import robustness
from boxreach.scenarios.draws import SpeedRange
from boxreach.scenarios.opening import Opening, opening_value
from boxreach.scenarios.removing import criticality
from boxreach.scenarios.robust import Robustness
from boxreach.scenarios.rounds import Round, Rounds, compare_rounds
from boxreach.scenarios.scenario import Scenario

__all__ = [
    "CONDITIONS",
    "Comparison",
    "Criticality",
    "Opening",
    "Robustness",
    "Round",
    "Rounds",
    "Scenario",
    "SpeedRange",
    "compare",
    "compare_rounds",
    "criticality",
    "opening_value",
    "robustness",
]
