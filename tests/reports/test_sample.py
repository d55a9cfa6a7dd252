"""The report that these tests are made with is one that the page can show."""

from boxreach.languages import LANGUAGES
from boxreach.report.page import render_page


def test_a_report_made_by_hand_can_be_shown_in_every_language(make_report):
    page = render_page(make_report(), tuple(LANGUAGES))
    assert page.count("<article") == len(LANGUAGES)
    assert "38SLF" in page
