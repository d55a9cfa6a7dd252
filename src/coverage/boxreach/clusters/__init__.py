"""Clusters of gaps: pieces of what is left out, each of which one more box could close.

``docs/gaps.md`` says how they are made, what of it is best and what is only good.
"""

from boxreach.clusters.gap_clusters import GapClusters as GapClusters
from boxreach.clusters.gap_clusters import cluster_gaps as cluster_gaps
