"""Who is within reach, who is not and why, and how many people that is."""

from boxreach.accessibility.curves import coverage_curves as coverage_curves
from boxreach.accessibility.equity import density_quintiles as density_quintiles
from boxreach.accessibility.farthest import worst_places as worst_places
from boxreach.accessibility.plots import plot_curves as plot_curves
from boxreach.accessibility.reached import REASONS as REASONS
from boxreach.accessibility.reached import gaps as gaps
from boxreach.accessibility.reached import reach as reach
from boxreach.accessibility.summaries import summarise as summarise
from boxreach.accessibility.summaries import summarise_levels as summarise_levels
