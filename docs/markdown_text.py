"""Markdown for the scripts of this folder: numbers, tables, and lists that fold away."""

import math
from collections.abc import Iterator
from contextlib import contextmanager


def table(header: list[str], rows: list[list[str]], right: int = 1) -> None:
    """Print a table, the last columns to the right."""
    print("|", " | ".join(header), "|")
    print("|" + "---|" * (len(header) - right) + "---:|" * right)
    for row in rows:
        print("|", " | ".join(one.replace("|", "\\|") for one in row), "|")
    print()


@contextmanager
def folded(title: str) -> Iterator[None]:
    """Fold away what is printed inside."""
    print(f"<details><summary>{title}</summary>\n")
    yield
    print("</details>\n")


def number(value: float) -> str:
    """Write a number with thousands separated; a dash where there is none."""
    return "–" if math.isnan(value) else f"{value:,.0f}"


def share(value: float) -> str:
    """Write a share in percent; a dash where there is none."""
    return "–" if math.isnan(value) else f"{value:.1%}"
