"""The field pack: one report as the files that people, spreadsheets, maps and GPS units read.

Each format is a line in `FORMATS`. What writes it is loaded when it is asked for, and so is the
library that some of them need.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from boxreach.arguments import choice_faults, shown
from boxreach.errors import Fault, FaultCollector, InputError
from boxreach.exports import (
    Column,
    Contents,
    Layer,
    Listing,
    output_folder,
    write_geojson,
)
from boxreach.languages import DEFAULT_LANGUAGES, LANGUAGES, check_languages
from boxreach.report.handling import tell_handling, tell_marking
from boxreach.report.page import render_page, title_of
from boxreach.report.placement_report import PlacementReport
from boxreach.report.storage import REPORT_JSON, dump_report
from boxreach.report.wording import Wording

ALL = "all"
"""Stands for every format."""

DIGITS = ("latn", "arab")
"""Digits that numbers are written in: 0123 or ٠١٢٣."""


@dataclass(frozen=True)
class _Task:
    """What a format has to write."""

    folder: Path
    report: PlacementReport
    wordings: tuple[Wording, ...]
    """One a language, the first one shown first."""

    @property
    def languages(self) -> tuple[str, ...]:
        return tuple(one.language for one in self.wordings)

    @property
    def digits(self) -> str:
        return self.wordings[0].digits

    def path(self, *names: str) -> Path:
        """Return the path of a file, in a folder that is there."""
        path = self.folder.joinpath(*names)
        path.parent.mkdir(exist_ok=True)
        return path


@dataclass(frozen=True)
class Format:
    """A format of the pack.

    Attributes
    ----------
    write
        Writes its files.
    files
        Their paths in the pack; ``{language}`` where there is one for each, ``*`` for the key of
        a table or layer.
    extra
        What of boxreach has to be installed for it; blank where nothing has.
    libraries
        What that extra brings.
    """

    write: Callable[[_Task], None]
    files: str
    extra: str = ""
    libraries: tuple[str, ...] = ()

    @property
    def missing(self) -> bool:
        """Whether a library that it needs cannot be loaded."""
        try:
            for name in self.libraries:
                importlib.import_module(name)
        except (ImportError, OSError):  # OSError: a library of the system is not there
            return True
        return False


def write_pack(
    folder: str | Path,
    report: PlacementReport,
    *,
    formats: Sequence[str] | None = None,
    languages: Sequence[str] = DEFAULT_LANGUAGES,
    digits: str = "latn",
) -> tuple[Path, ...]:
    """Write a report as a pack of files, whole or not at all.

    Parameters
    ----------
    folder
        Where the pack goes, made if it is not there. An earlier pack is replaced as a whole; a
        folder that holds anything else is refused.
    report
        The report. What is to be withheld must be out of it already, see
        `boxreach.report.withheld.withhold`.
    formats
        Names of `FORMATS`, or ``all``; without any those that need no extra.
    languages
        Codes of `boxreach.languages.LANGUAGES`. Pages hold all of them, the first one shown first;
        of other files there is one for each.
    digits
        ``latn`` for 0123, ``arab`` for ٠١٢٣ in the languages of Arabic script.

    Returns
    -------
    tuple of Path
        The files of the pack, sorted.

    Raises
    ------
    InputError
        If a format, language or digits are not known, a library that a format needs is not
        installed, or the folder is somebody else's. Then nothing is written.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from boxreach.report.details import Details
    >>> from boxreach.report.model import Cover, GapSum, GapTable, Record
    >>> nobody, none = GapSum(0, 0, 0), Cover(0, 0, None)
    >>> gaps = GapTable(30.0, none, none, (), nobody, (), nobody, "community", ())
    >>> report = PlacementReport(None, None, gaps, None, None, None, None, Details(), Record())
    >>> with TemporaryDirectory() as folder:
    ...     files = write_pack(Path(folder) / "pack", report, formats=["html", "json"])
    >>> [file.name for file in files]
    ['report.html', 'report.json']
    """
    faults = FaultCollector()
    faults.add(format_faults(formats))
    faults.add(language_faults(languages))
    faults.add(choice_faults("digits", digits, DIGITS))
    faults.raise_any()
    wordings = tuple(Wording(one, digits) for one in dict.fromkeys(languages))
    with output_folder(folder, PACK) as unfinished:
        task = _Task(unfinished, report, wordings)
        for name in _choose_formats(formats):
            FORMATS[name].write(task)
        written = sorted(one.relative_to(unfinished) for one in unfinished.rglob("*.*"))
    return tuple(Path(folder) / one for one in written)


def _choose_formats(formats: Sequence[str] | None) -> list[str]:
    """Return the names of formats, each once; by default those that are the same everywhere."""
    if formats is None:
        return [name for name, one in FORMATS.items() if not one.extra]
    return list(FORMATS) if ALL in formats else list(dict.fromkeys(formats))


def format_faults(formats: object) -> list[Fault]:
    """Return what is wrong with the formats that are asked for: unknown ones, missing libraries.

    Examples
    --------
    >>> [str(one) for one in format_faults(["html", "odt"])][0][:60]
    "formats has 'odt'; give any of html, sheets, pdf, xlsx, docx"
    """
    known = ", ".join(FORMATS)
    if formats is None:
        return []
    if isinstance(formats, str) or not isinstance(formats, Sequence) or not formats:
        return [Fault(f"formats is {shown(formats)}", advice=f"give a list of any of {known}")]
    faults = []
    asked = list(map(str, formats))
    for name in dict.fromkeys([*(FORMATS if ALL in asked else ()), *asked]):
        if name == ALL:
            continue
        one = FORMATS.get(name)
        if one is None:
            faults.append(Fault(f"formats has {shown(name)}", advice=f"give any of {known}"))
        elif one.missing:
            what = f"{name} needs {' and '.join(one.libraries)}, not installed or not working here"
            faults.append(Fault(what, advice=f"pip install 'boxreach[{one.extra}]'"))
    return faults


def language_faults(languages: object) -> list[Fault]:
    """Return what is wrong with the languages that are asked for.

    Examples
    --------
    >>> [str(one) for one in language_faults("en")]
    ["languages is 'en'; give a list of codes, as in ['en', 'ar']"]
    """
    if isinstance(languages, str) or not isinstance(languages, Sequence):
        advice = "give a list of codes, as in ['en', 'ar']"
        return [Fault(f"languages is {shown(languages)}", advice=advice)]
    try:
        check_languages(tuple(languages))
    except InputError as error:
        return list(error.faults)
    return []


def _write_html(task: _Task) -> None:
    page = render_page(task.report, task.languages, task.digits)
    task.path("report.html").write_bytes(page.encode())


def _write_sheets(task: _Task) -> None:
    from boxreach.report.sheet_pages import render_sheets  # noqa: PLC0415 - only if asked for

    if task.report.sheets:
        page = render_sheets(task.report, task.languages, task.digits)
        task.path("sheets.html").write_bytes(page.encode())


def _write_pdf(task: _Task) -> None:
    from boxreach.report.pdf import write_pdf  # noqa: PLC0415 - only if asked for

    for wording in task.wordings:
        write_pdf(task.path(f"report.{wording.language}.pdf"), task.report, wording)


def _write_xlsx(task: _Task) -> None:
    from boxreach.exports.workbook import write_workbook  # noqa: PLC0415 - only if asked for
    from boxreach.report.listings import list_tables, name_contents  # noqa: PLC0415

    for wording in task.wordings:
        handling = task.report.handling
        write_workbook(
            task.path(f"report.{wording.language}.xlsx"),
            list_tables(task.report, wording),
            title=title_of(task.report, wording),
            right_to_left=wording.right_to_left,
            digits=wording.digits,
            header=" – ".join(tell_handling(handling, wording)),
            footer=tell_marking(handling, wording),
            contents=name_contents(wording),
        )


def _write_docx(task: _Task) -> None:
    from boxreach.report.document import write_docx  # noqa: PLC0415 - only if asked for

    for wording in task.wordings:
        write_docx(task.path(f"report.{wording.language}.docx"), task.report, wording)


def _write_csv(task: _Task) -> None:
    from boxreach.exports.listing_csv import write_listing  # noqa: PLC0415 - only if asked for
    from boxreach.report.listings import list_tables  # noqa: PLC0415

    for listing in list_tables(task.report, None):
        marked = _mark_listing(listing, task.report)
        write_listing(task.path("tables", f"{listing.key}.csv"), marked)


def _write_gpkg(task: _Task) -> None:
    from boxreach.exports.geopackage import write_geopackage  # noqa: PLC0415 - only if asked for
    from boxreach.report.geography import draw_layers  # noqa: PLC0415

    layers = draw_layers(task.report, None)
    write_geopackage(task.path("report.gpkg"), [_mark_layer(one, task.report) for one in layers])


def _write_parquet(task: _Task) -> None:
    from boxreach.exports.geoparquet import write_geoparquet  # noqa: PLC0415 - only if asked for
    from boxreach.report.geography import draw_layers  # noqa: PLC0415

    for layer in draw_layers(task.report, None):
        path = task.path("layers", f"{layer.key}.parquet")
        write_geoparquet(path, _mark_layer(layer, task.report))


def _write_geojson(task: _Task) -> None:
    from boxreach.report.geography import draw_layers  # noqa: PLC0415 - only if asked for

    for layer in draw_layers(task.report, None):
        path = task.path("layers", f"{layer.key}.geojson")
        write_geojson(path, _mark_layer(layer, task.report).frame)


def _write_kml(task: _Task) -> None:
    _write_places(task, "kml")


def _write_kmz(task: _Task) -> None:
    _write_places(task, "kmz")


def _write_places(task: _Task, ending: str) -> None:
    from boxreach.exports import kml  # noqa: PLC0415 - only if asked for
    from boxreach.report.geography import draw_layers, ground_notes  # noqa: PLC0415

    write = {"kml": kml.write_kml, "kmz": kml.write_kmz}[ending]
    for wording in task.wordings:
        write(
            task.path(f"report.{wording.language}.{ending}"),
            draw_layers(task.report, wording),
            title=title_of(task.report, wording),
            notes=ground_notes(task.report, wording),
        )


def _write_gpx(task: _Task) -> None:
    from boxreach.exports.gpx import write_gpx  # noqa: PLC0415 - only if asked for
    from boxreach.report.geography import draw_layers  # noqa: PLC0415

    title = title_of(task.report, task.wordings[0])
    write_gpx(task.path("report.gpx"), draw_layers(task.report, None), title=title)


def _write_json(task: _Task) -> None:
    task.path(REPORT_JSON).write_bytes(dump_report(task.report))


def _mark_listing(listing: Listing, report: PlacementReport) -> Listing:
    """Return a table that says in each row how it is to be handled, if that is said at all."""
    said = _handling_of(report)
    if not said:
        return listing
    columns = (*listing.columns, Column("handling", "handling"))
    return replace(listing, columns=columns, rows=tuple((*row, said) for row in listing.rows))


def _mark_layer(layer: Layer, report: PlacementReport) -> Layer:
    said = _handling_of(report)
    return replace(layer, frame=layer.frame.assign(handling=said)) if said else layer


def _handling_of(report: PlacementReport) -> str:
    """Return in English, as all that programs read, how a report is to be handled."""
    return " ".join(tell_handling(report.handling, Wording("en")))


FORMATS: dict[str, Format] = {
    "html": Format(_write_html, "report.html"),
    "sheets": Format(_write_sheets, "sheets.html"),
    "pdf": Format(_write_pdf, "report.{language}.pdf", "pdf", ("pikepdf", "weasyprint")),
    "xlsx": Format(_write_xlsx, "report.{language}.xlsx"),
    "docx": Format(_write_docx, "report.{language}.docx", "word", ("docx", "resvg_py")),
    "csv": Format(_write_csv, "tables/*.csv"),
    "gpkg": Format(_write_gpkg, "report.gpkg"),
    "parquet": Format(_write_parquet, "layers/*.parquet", "parquet", ("pyarrow",)),
    "geojson": Format(_write_geojson, "layers/*.geojson"),
    "kml": Format(_write_kml, "report.{language}.kml"),
    "kmz": Format(_write_kmz, "report.{language}.kmz"),
    "gpx": Format(_write_gpx, "report.gpx"),
    "json": Format(_write_json, REPORT_JSON),
}
"""Every format by its name, in the order in which they are written."""

PACK = Contents(
    "report",
    "name a new or empty folder for it",
    frozenset(
        one.files.format(language=language) for one in FORMATS.values() for language in LANGUAGES
    ),
)
"""What the folder of a pack holds."""
