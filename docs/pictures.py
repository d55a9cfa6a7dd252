"""Make the pictures of the README and the documentation from the demonstration.

    python docs/pictures.py [--run out]

Runs `boxreach demo`, or takes a finished run of it, opens map and report in a headless Chromium
without a network, and writes docs/pictures/*.png and, beside them, when and with what. Needs the
extra `test`.
"""

import argparse
import io
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

import boxreach as br
from boxreach.cli import commands

FOLDER = Path(__file__).parent / "pictures"
COLOURS = 128
LARGEST_KB = 150
FLAGS = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-component-update")
SHOWN = {
    "map": "The map of the demonstration: boxes that stand and are proposed, and who is reached.",
    "curve": "The curve: people within reach by number of boxes, with what no plan can beat.",
    "strip": "The strip chart: the frontier from north to south, what is within reach, posts.",
}
"""The pictures, and what is to be seen in each."""


def main() -> None:
    """Run the demonstration where no run is given, and take the pictures."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--run", type=Path, help="a finished run of boxreach demo")
    asked.add_argument("--to", type=Path, default=FOLDER, help="the folder of the pictures")
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        run = given.run or Path(scratch) / "out"
        if given.run is None:
            words = ["demo", "-o", str(run), "--languages", "en", "--no-progress"]
            commands.main(words, standalone_mode=False)
        given.to.mkdir(exist_ok=True)
        with open_browser() as browser:
            take_map(browser, run, given.to / "map.png")
            take_chart(
                browser, run, "figure:has([aria-labelledby^=en-curve])", given.to / "curve.png"
            )
            take_chart(browser, run, ".strip", given.to / "strip.png")
    write_list(given.to / "README.md")


@contextmanager
def open_browser() -> Iterator[Browser]:
    """Give the Chromium of this machine."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=list(FLAGS))
        yield browser
        browser.close()


def open_page(browser: Browser, path: Path, width: int, height: int) -> Page:
    """Open a file without a network, and wait until nothing moves."""
    size = {"width": width, "height": height}
    page = browser.new_page(viewport=size, offline=True, reduced_motion="reduce")
    page.goto(path.resolve().as_uri())
    page.wait_for_load_state("load")
    page.wait_for_timeout(3_000)
    return page


def take_map(browser: Browser, run: Path, path: Path) -> None:
    """Take the map as it opens."""
    write_picture(open_page(browser, run / "map.html", 1200, 750).screenshot(), path)


def take_chart(browser: Browser, run: Path, place: str, path: Path) -> None:
    """Take the English chart of the report, with its heading and key."""
    page = open_page(browser, run / "report.html", 1000, 900)
    chart = page.locator(f"{place}:visible").first
    chart.scroll_into_view_if_needed()
    write_picture(chart.screenshot(), path)


def write_picture(taken: bytes, path: Path) -> None:
    """Write a picture in few colours: clones of the repository carry it."""
    drawn = Image.open(io.BytesIO(taken)).convert("RGB")
    drawn.quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)
    size_kb = path.stat().st_size / 1000
    if size_kb > LARGEST_KB:
        raise SystemExit(f"{path}: {size_kb:.0f} kB, more than {LARGEST_KB}")


def write_list(path: Path) -> None:
    """Say beside the pictures what they show, of what, when, and by which command."""
    lines = [
        "# Pictures of the demonstration",
        "",
        f"Made by `python docs/pictures.py` with boxreach {br.__version__}"
        f" on {datetime.now(UTC):%Y-%m-%d}. Boxes are illustrative, roads schematic, people"
        " modelled.",
        "",
        *(f"- [{name}.png]({name}.png) {said}" for name, said in SHOWN.items()),
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
