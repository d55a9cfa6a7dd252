"""Make the notebooks beside this file from the scripts: each is written once, as a script.

    python examples/make_notebooks.py

Notebooks have no outputs: figures in a file that nobody runs again grow old unseen, and pictures of
maps would be many megabytes in every clone. The tests run them.
"""

from pathlib import Path

import jupytext
import nbformat

FOLDER = Path(__file__).parent
NAMES = (
    "first_plan", "own_country", "placement_rules", "frontier", "closures", "from_osmnx",
    "reading_results",
)  # fmt: skip
"""In the order in which they are read."""

_KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


def make_notebook(script: Path) -> str:
    """Return a script in percent format as the text of a notebook, always the same."""
    notebook = jupytext.read(script, fmt="py:percent")
    notebook.metadata = nbformat.from_dict({"kernelspec": _KERNEL})
    for number, cell in enumerate(notebook.cells):
        cell.id = f"{script.stem}-{number}"  # else drawn anew each time
        cell.metadata.clear()
    return nbformat.writes(notebook, version=nbformat.NO_CONVERT) + "\n"


def main() -> None:
    """Write every notebook."""
    for name in NAMES:
        text = make_notebook(FOLDER / f"{name}.py")
        (FOLDER / f"{name}.ipynb").write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
