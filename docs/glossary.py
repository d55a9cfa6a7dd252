"""The glossary in four languages, of the words that maps and reports use themselves.

``python docs/glossary.py`` writes docs/glossary.md anew.
"""

from __future__ import annotations

from pathlib import Path

from boxreach.languages import LANGUAGES, RIGHT_TO_LEFT, words

PAGE = Path(__file__).with_name("glossary.md")

# Words of the catalogue of reports, and those that say what each means, where there are any.
TERMS = {
    "box": "", "post": "", "community": "", "governorate": "", "people": "", "frontier": "",
    "crossing": "", "proposal": "",
    "TOO_FAR": "TOO_FAR_means", "OFF_ROAD": "OFF_ROAD_means", "ISOLATED": "ISOLATED_means",
    "CLOSED": "CLOSED_means", "UNSEEN": "UNSEEN_means", "TOO_FEW": "TOO_FEW_means",
    "optimal": "optimal_means", "feasible": "feasible_means", "bound": "bound_means",
    "bound_gap": "bound_gap_means",
}  # fmt: skip

HEAD = """\
# Words

What maps and reports call things, in their four languages. The sentences are those that the
report itself prints. Native speakers have not read the translations yet; a better word is welcome
([how](../CONTRIBUTING.md)). This page is written by `python docs/glossary.py`.
"""


def write_page() -> str:
    """Return the page."""
    said = {language: words("report", language) for language in LANGUAGES}
    lines = [HEAD, "| " + " | ".join(LANGUAGES.values()) + " |", "|---" * len(LANGUAGES) + "|"]
    lines += [
        "| " + " | ".join(_turned(language, said[language][term]) for language in LANGUAGES) + " |"
        for term in TERMS
    ]
    lines.append("\n## What they mean\n")
    for term, meaning in TERMS.items():
        if meaning:
            lines.append(f"### {said['en'][term]}\n")
            lines += [f"- {_turned(one, said[one][meaning])}" for one in LANGUAGES]
            lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def _turned(language: str, text: str) -> str:
    """Return a text with its language, so that it is read from its own side."""
    side = "rtl" if language in RIGHT_TO_LEFT else "ltr"
    return f'<span lang="{language}" dir="{side}">{text}</span>' if language != "en" else text


if __name__ == "__main__":
    PAGE.write_text(write_page(), encoding="utf-8")
