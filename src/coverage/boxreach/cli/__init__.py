"""The command line: plan.toml in, files out. What it does, scripts can do with the library."""

from __future__ import annotations

import json
import shlex
import signal
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import boxreach
from boxreach.cli.options import (
    BOXES,
    MEMORY,
    ON,
    PLAN,
    POSTS,
    read_overrides,
    read_text,
    run_options,
    split_languages,
    split_names,
)
from boxreach.cli.speech import LANGUAGE, find_language, say, speak, translate
from boxreach.cli.spoken_help import SpokenGroup, show_refusal
from boxreach.errors import BoxreachError, Fault, InputError, list_faults
from boxreach.unfinished import WRITTEN

if TYPE_CHECKING:
    from types import FrameType

    from boxreach.cli.plan_tables import Stage


def _tell_version(context: click.Context, _option: click.Parameter, asked: bool | None) -> None:
    if not asked or context.resilient_parsing:
        return
    if context.params.get("as_json"):
        from boxreach.cli.versions import print_installation  # noqa: PLC0415 - loads libraries

        print_installation()
    else:
        click.echo(f"boxreach {boxreach.__version__}")
    context.exit()


@click.group(cls=SpokenGroup, context_settings={"help_option_names": ["-h", "--help"]})
@LANGUAGE
@click.option("--version", is_flag=True, expose_value=False, callback=_tell_version,
              help="Show the version and exit; with --json also what is installed.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, is_eager=True, hidden=True)
def commands(as_json: bool) -> None:
    """Plan where police boxes and border posts stand, and who lies within their reach."""
    if as_json:
        raise click.UsageError("--json goes with --version here, or after a command that has it")


class _Stopped(BaseException):
    """Somebody asks the command to end. Of Ctrl-C click would begin a line before ours."""


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise _Stopped


def main() -> None:
    """Run the command line; a fault is one message and exit code 2."""
    # Who is asked to end clears up as after Ctrl-C.
    signal.signal(signal.SIGTERM, _stop)
    before = signal.getsignal(signal.SIGINT)
    if before is signal.default_int_handler:
        signal.signal(signal.SIGINT, _stop)
    written = _hear_written()
    written.clear()
    speak(find_language(sys.argv[1:]))  # of options that there are not is told before any is read
    try:
        commands.main(standalone_mode=False)
    except click.ClickException as error:
        show_refusal(error)
        sys.exit(2)
    except BoxreachError as error:
        click.echo(f"boxreach: {say('failed', error=error.tell(translate))}", err=True)
        sys.exit(2)
    except OSError as error:
        said = say("failed", error=translate(str(error)))
        _end(said, written)
        sys.exit(2)
    except MemoryError as error:
        said = (
            f"{say('memory_ran_out')} ({translate(str(error))})"
            if str(error)
            else say("memory_ran_out")
        )
        _end(said, written)
        sys.exit(2)
    except (click.Abort, KeyboardInterrupt, _Stopped):
        _end(say("stopped"), written)
        sys.exit(130)
    finally:
        signal.signal(signal.SIGINT, before)


@cache
def _hear_written() -> list[str]:
    """Return a list to which the path of each folder of outputs comes once it is in its place."""
    paths: list[str] = []

    def hear(event: str, arguments: tuple[object, ...]) -> None:
        if event == WRITTEN:
            paths.append(str(arguments[0]))

    sys.addaudithook(hear)
    return paths


def _end(said: str, written: Sequence[str]) -> None:
    """Say why nothing more is done, and what is there by then."""
    click.echo(f"boxreach: {said}{translate('; ')}{_tell_written(written)}", err=True)


def _tell_written(written: Sequence[str]) -> str:
    """Return what is true of the outputs where a command fails, if only in telling of them."""
    return say("outputs_written" if written else "nothing_written")


@commands.command()
@run_options
@BOXES
@POSTS
def demo(**options: Any) -> None:
    """Run the embedded plan of Iraq, all of it."""
    from boxreach.sources.demo import demo_folder  # noqa: PLC0415 - keeps --help quick

    _run(demo_folder() / "plan.toml", ("reach", "propose", "posts"), "demo", **options)


@commands.command()
@PLAN
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="Override a key.")
@click.option("--strict", is_flag=True, help="Exit with code 1 if anything had to be assumed.")
@click.option("--json", "as_json", is_flag=True, help="Print what was found as JSON, and no words.")
@ON
def check(
    plan_file: Path, settings: Sequence[str], *, strict: bool, as_json: bool, on: str | None
) -> None:
    """Read every input to the end, say everything that is wrong, and write nothing.

    The exit code is 0, 1 where something was assumed and --strict is given, or 2 for faults.
    """
    from boxreach.cli.checking import check_plan, describe_check, hear  # noqa: PLC0415
    from boxreach.cli.network_report import describe_plan  # noqa: PLC0415
    from boxreach.cli.pipeline import network_of  # noqa: PLC0415
    from boxreach.cli.plan import Plan  # noqa: PLC0415

    faults: tuple[Fault, ...] = ()
    said: list[str] = []
    with hear() as heard:
        try:
            plan, tables = check_plan(plan_file, read_overrides(settings, {"on": on}), Plan.stages)
            said = describe_plan(plan, tables, network_of(plan, tables))
        except InputError as error:
            faults = error.faults
        except (BoxreachError, OSError) as error:
            faults = (Fault(str(error), str(getattr(error, "filename", None) or "")),)
    if as_json:
        found = describe_check(faults, heard.faults, strict=strict)
        click.echo(json.dumps(found, ensure_ascii=True, indent=2))
    else:
        for line in said:
            click.echo(line)
        _tell(heard.faults)
        if faults:
            told = list_faults(faults, say=translate)
            click.echo(f"boxreach: {say('failed', error=told)}", err=True)
        elif strict and heard.texts:
            click.echo(f"boxreach: {say('assumed')}", err=True)
        else:
            click.echo(say("nothing_wrong"))
    sys.exit(2 if faults else int(strict and bool(heard.texts)))


@commands.command()
@PLAN
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="Override a key.")
@ON
@BOXES
@POSTS
@click.option("--workers", type=click.IntRange(1, 100_000), metavar="N",
              help="Tell it for so many processes that search, too.")  # fmt: skip
@MEMORY
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON, and no words.")
def estimate(
    plan_file: Path,
    settings: Sequence[str],
    *,
    workers: int | None,
    memory_gb: float | None,
    as_json: bool,
    **flags: Any,
) -> None:
    """Tell time, memory and disk of a run before it is run, and write nothing.

    Inputs are read and checked as by every command, and a part of the work is done. The exit code
    is 0, 1 where the memory of this machine, or of --memory, does not suffice, or 2 for faults.
    """
    from boxreach.cli.estimate_text import tell_estimate  # noqa: PLC0415 - keeps --help quick

    given = read_overrides(settings, flags)
    code = tell_estimate(plan_file, given, workers=workers, memory_gb=memory_gb, as_json=as_json)
    sys.exit(code)


@commands.command()
@PLAN
@run_options
def reach(plan_file: Path, **options: Any) -> None:
    """Who lies within reach of the boxes that stand, and who does not."""
    _run(plan_file, ("reach",), "reach", **options)


@commands.command()
@PLAN
@run_options
@MEMORY
@BOXES
def propose(plan_file: Path, **options: Any) -> None:
    """Where the next boxes should go."""
    _run(plan_file, ("reach", "propose"), "propose", **options)


@commands.command()
@PLAN
@run_options
@POSTS
def posts(plan_file: Path, **options: Any) -> None:
    """Where border posts should stand."""
    _run(plan_file, ("reach", "posts"), "posts", **options)


@commands.command("what-if")
@PLAN
@run_options
def what_if(plan_file: Path, **options: Any) -> None:
    """Tell what scenarios change, what hangs on which road and box, and how sure it all is."""
    _run(plan_file, ("reach", "what_if"), "what-if", **options)


@commands.command()
@PLAN
@run_options
@MEMORY
@BOXES
@POSTS
def run(plan_file: Path, **options: Any) -> None:
    """All of it: reach, proposals, posts where there is a frontier, what if, map and report."""
    _run(plan_file, None, "run", **options)


@commands.command()
@click.argument("before", type=click.Path(path_type=Path))
@click.argument("after", type=click.Path(path_type=Path))
@click.option("-o", "--output", default="comparison", show_default=True, metavar="FOLDER",
              type=click.Path(path_type=Path), help="Folder for all that is found.")  # fmt: skip
def compare(before: Path, after: Path, *, output: Path) -> None:
    """Hold a finished run against an earlier one: who came back, who gained or lost reach."""
    from boxreach.cli.comparison_files import write_comparison  # noqa: PLC0415
    from boxreach.cli.run_comparison import compare_runs  # noqa: PLC0415
    from boxreach.exports import output_folder  # noqa: PLC0415 - keeps --help quick
    from boxreach.exports.folders import COMPARISON_CONTENTS  # noqa: PLC0415

    with output_folder(output, COMPARISON_CONTENTS) as folder:
        found = compare_runs(before, after)
        write_comparison(folder, found)
    click.echo(translate(str(found)))


@commands.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--all", "every_row", is_flag=True, help="Recompute the times of every row.")
@click.option(
    "--rows",
    type=click.IntRange(1),
    default=10_000,
    show_default=True,
    help="Rows of each table to recompute: those at thresholds and a sample.",
)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True,
              help="Draws the sample.")  # fmt: skip
def verify(folder: Path, *, every_row: bool, rows: int, seed: int) -> None:
    """Recompute a finished run by a second path; exit code 1 where something differs."""
    from boxreach.verification import verify as verify_run  # noqa: PLC0415 - keeps --help quick

    found = verify_run(folder, rows=rows, every_row=every_row, seed=seed)
    click.echo(translate(found.summary()))
    if not found.passed:
        sys.exit(1)


@commands.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("-o", "--output", default="report", show_default=True, metavar="FOLDER",
              type=click.Path(path_type=Path), help="Folder for the pack.")  # fmt: skip
@click.option("--formats", metavar="NAMES", callback=split_names,
              help="Formats: html,sheets,pdf,xlsx,docx,csv,gpkg,parquet,geojson,kml,kmz,gpx,json;"
              " all for every one; by default those that need no extra.")  # fmt: skip
@click.option("--languages", metavar="CODES", callback=split_languages,
              help="Languages, en,ar,ckb,kmr; by default those of the run.")  # fmt: skip
@click.option("--digits", type=click.Choice(["latn", "arab"]),
              help="0123, or ٠١٢٣ in Arabic and Sorani; by default those of the run.")  # fmt: skip
@click.option("--marking", metavar="TEXT", callback=read_text,
              help="Marking at head and foot; '' takes it away.")  # fmt: skip
@click.option("--public", is_flag=True,
              help="Leave out border posts and round the places of boxes.")  # fmt: skip
@click.option("--round-km", type=float, metavar="KM",
              help="With --public: the grid that boxes are rounded to.  [default: 10]")  # fmt: skip
@click.option("--keep-posts", is_flag=True, help="With --public: keep the posts.")
@click.option("--sheets/--no-sheets", default=True, help="Sheets, one for each site.")
def report(
    folder: Path,
    *,
    output: Path,
    public: bool,
    round_km: float | None,
    keep_posts: bool,
    **asked: Any,
) -> None:
    """Write the report of a finished run or comparison as a pack, computing nothing again."""
    if not public and (round_km is not None or keep_posts):
        raise click.UsageError("--round-km and --keep-posts go with --public")
    from boxreach.cli.reporting import Asked, report_run  # noqa: PLC0415 - keeps --help quick
    from boxreach.redaction import Redaction  # noqa: PLC0415

    if public:
        km = 10.0 if round_km is None else round_km
        asked["redaction"] = Redaction(posts=not keep_posts, round_km=km)
    written = report_run(folder, output, Asked(**asked))
    click.echo(say("files_in", count=len(written), folder=output))


@commands.command()
@click.argument("country")
@click.option("-o", "--output", default="data", show_default=True, metavar="FOLDER",
              type=click.Path(path_type=Path), help="Folder for files and plan.")  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Say what there is, and download none of it.")
@click.option("--terrain/--no-terrain", default=True,
              help="Heights, most of what is to be downloaded.")  # fmt: skip
@click.option("--catalogue", metavar="FILE", type=click.Path(path_type=Path),
              help="Who offers what, in place of the catalogue that is shipped.")  # fmt: skip
@click.option("--cache", metavar="FOLDER", type=click.Path(path_type=Path),
              help="Where downloads are kept, whole and in part.")  # fmt: skip
@click.option("--progress/--no-progress", default=None,
              help="Show a progress bar; by default only in a terminal.")  # fmt: skip
def fetch(country: str, *, output: Path, progress: bool | None, **options: Any) -> None:
    """Download a country's roads, people, areas and heights, and write a plan for them.

    COUNTRY is a name in English, Arabic or Sorani, or a code: iraq, IQ, IRQ.
    """
    from boxreach.cli.offering import describe_offers, show_transfer  # noqa: PLC0415
    from boxreach.fetching import fetch as fetch_country  # noqa: PLC0415 - keeps --help quick

    try:
        with show_transfer(progress) as tell:
            found = fetch_country(
                country,
                output,
                show=lambda offers: click.echo("\n".join(describe_offers(offers))),
                progress=tell,
                **options,
            )
    except (KeyboardInterrupt, _Stopped):
        click.echo(f"boxreach: {say('kept')}", err=True)
        raise _Stopped from None
    if found.plan is None:
        click.echo(say("nothing_downloaded"))
    else:
        click.echo(say("downloaded", folder=output, plan=shlex.quote(str(found.plan))))


def _run(
    plan_file: Path,
    stages: tuple[Stage, ...] | None,
    command: str,
    *,
    output: Path,
    settings: Sequence[str],
    strict: bool,
    progress: bool | None,
    workers: int | None,
    scheduler: str | None,
    memory_gb: float | None = None,
    **flags: Any,
) -> None:
    if workers is not None and scheduler is not None:
        raise click.UsageError("--workers and --scheduler: give one of them")
    from boxreach.cli.checking import check_plan, hear  # noqa: PLC0415 - keeps --help quick
    from boxreach.cli.hiring import join_scheduler, start_workers  # noqa: PLC0415
    from boxreach.cli.plan_tables import STAGES  # noqa: PLC0415
    from boxreach.cli.terminal import show_progress, show_summary  # noqa: PLC0415
    from boxreach.exports import output_folder  # noqa: PLC0415

    with output_folder(output) as folder:
        with hear() as heard, show_progress(progress) as tell, join_scheduler(scheduler) as joined:
            given = read_overrides(settings, flags)
            tell("reading", 0, 1)
            plan, tables = check_plan(plan_file, given, lambda one: stages or one.all_stages())
            tell("reading", 1, 1)
            if stages is None:
                left_out = {"posts": tables.line is None, "what_if": not plan.asks_what_if()}
                stages = tuple(one for one in STAGES if not left_out.get(one, False))
            # What computes and draws is large, and is not waited for by whom the inputs fail.
            from boxreach.cli.memory_limit import MemoryLimit  # noqa: PLC0415
            from boxreach.cli.outputs import write_outputs  # noqa: PLC0415
            from boxreach.cli.pipeline import compute  # noqa: PLC0415

            with start_workers(workers) as started:
                memory = None if memory_gb is None else MemoryLimit(memory_gb, folder)
                results = compute(plan, tables, stages, tell, started or joined, memory)
            tell("writing", 0, 1)
            said = _describe_command(command, plan_file, settings, flags)
            summary = write_outputs(
                folder, plan, tables, results, command=said, warnings=heard.texts
            )
            tell("writing", 1, 1)
        _tell(heard.faults)
        if strict and heard.texts:
            raise BoxreachError(translate("; ").join([say("assumed"), say("nothing_written")]))
    show_summary(results, summary, output)


def _describe_command(
    command: str, plan_file: Path, settings: Sequence[str], flags: dict[str, Any]
) -> str:
    """Return the command as it could be typed again beside the plan, wherever that lies."""
    words = ["boxreach", command, *([] if command == "demo" else [plan_file.name])]
    for setting in settings:
        words += ["--set", setting]
    for name, value in flags.items():
        if value is not None:
            words += [f"--{name}", ",".join(value) if name == "languages" else str(value)]
    return shlex.join(words)


def _tell(heard: Sequence[Fault]) -> None:
    for fault in heard:
        click.echo(say("noted", message=fault.tell(translate)), err=True)
