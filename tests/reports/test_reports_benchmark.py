"""The benchmark of reports prepares one on a made network, and says what is missing."""

import pytest

from benchmarks.reports import prepare, tabulate
from benchmarks.table import write_table


@pytest.mark.slow
def test_a_small_land_is_prepared_and_told(tmp_path):
    settings = {"sites": 5, "places": 60, "nodes": 2_000, "seed": 1}
    found = prepare(tmp_path, settings)
    assert (found["sheets"], found["places"]) == (5, 60)
    table = write_table(tabulate({"prepare": found, "html": {"failed": "out of memory"}}))
    assert "5 sheets and 60 communities" in table
    assert "out of memory" in table
