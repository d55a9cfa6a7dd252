"""Population layers: grids, hexagons and points of people, each cell one demand point."""

from boxreach.sources.population.reading import read_population as read_population
