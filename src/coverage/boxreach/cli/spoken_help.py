"""What click says of commands and of how they are called, in the language that was chosen."""

from __future__ import annotations

import io
from collections.abc import Iterable

import click

from boxreach.cli.speech import translate


class SpokenFormatter(click.HelpFormatter):
    """Writes help of which each sentence is translated; names of commands and options stay."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        """Write how a command is called."""
        super().write_usage(prog, args, translate(prefix or "Usage:") + " ")

    def write_heading(self, heading: str) -> None:
        """Write what a list is of."""
        super().write_heading(translate(heading))

    def write_text(self, text: str) -> None:
        """Write paragraphs."""
        said = (translate(" ".join(one.split())) for one in text.split("\n\n"))
        super().write_text("\n\n".join(said))

    def write_dl(
        self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2
    ) -> None:
        """Write a list of names and what each does."""
        super().write_dl([(name, translate(text)) for name, text in rows], col_max, col_spacing)


class _SpokenContext(click.Context):
    formatter_class = SpokenFormatter


class SpokenCommand(click.Command):
    """A command whose help is spoken."""

    context_class = _SpokenContext

    def get_short_help_str(self, limit: int = 45) -> str:  # noqa: ARG002 - a translation is longer
        """Return its first sentence whole: half of one is in no catalogue."""
        return super().get_short_help_str(1_000)


class SpokenGroup(click.Group):
    """A group of commands whose help is spoken."""

    command_class = SpokenCommand
    context_class = _SpokenContext


def show_refusal(error: click.ClickException) -> None:
    """Print on standard error why a command cannot be called so, and how to learn to."""
    said = io.StringIO()
    error.show(said)
    click.echo(translate(said.getvalue()), err=True, nl=False)
