"""What a map of boxreach takes: to build, on the disk, to open and to follow a slider."""

from __future__ import annotations

import gzip
import shutil
import statistics
import time
from pathlib import Path
from typing import Any

import boxreach as br
from benchmarks.maps_land import make_country

Figures = dict[str, Any]

_FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-component-update"]

_READY = """() => new Promise((done) => requestAnimationFrame(() => {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => done(performance.now());
  port2.postMessage(0);
}))"""
"""When what was asked for is painted, in milliseconds since the navigation began."""

_FOLLOW = """async (steps) => {
  const painted = () => new Promise((done) => requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = done;
    port2.postMessage(0);
  }));
  const took = [];
  const app = boxreach;
  for (const [verb, value] of steps) {
    await painted();
    const begun = performance.now();
    app[verb](value);
    const chosen = performance.now();
    await painted();
    took.push([performance.now() - begun, chosen - begun]);
  }
  return took;
}"""
"""Milliseconds of each step: from the choice until the next frame is painted, and in the script."""

_DRAW = """() => {
  const { sheet } = boxreach.layers.dots;
  const begun = performance.now();
  for (let at = 0; at < 20; at += 1) sheet.drawNow();
  return [(performance.now() - begun) / 20, boxreach.layers.dots.drawn];
}"""
"""Milliseconds to draw the communities alone, and how many are drawn."""


def measure_small(folder: Path, settings: Figures) -> Figures:
    """Measure a map of 5,000 communities, with isochrones and roads."""
    return _measure(folder, settings["small"], settings)


def measure_large(folder: Path, settings: Figures) -> Figures:
    """Measure a map of 50,000 communities."""
    return _measure(folder, settings["large"], settings)


def _measure(folder: Path, places: int, settings: Figures) -> Figures:
    country = make_country(places, seed=settings["seed"])
    begun, cpu = time.perf_counter(), time.process_time()
    plan_map = br.map_plan(
        country.reach, country.plan, times=country.times, thresholds=(15, 30, 60), **country.beside
    )
    path = folder / f"map-{places}.html"
    plan_map.save(path)
    figures: Figures = {
        "places": places,
        "built_s": time.perf_counter() - begun,
        "built_cpu_s": time.process_time() - cpu,
        "bytes": path.stat().st_size,
        "gzip_bytes": len(gzip.compress(path.read_bytes(), 9)),
    }
    return figures | drive(path, boxes=len(country.plan.sites))


def drive(path: Path, *, boxes: int) -> Figures:
    """Open a map in Chromium without a network, move its sliders, and return what that took."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        return {"unseen": "there is no chromium to drive"}
    try:
        from playwright.sync_api import sync_playwright
    except ModuleNotFoundError:
        return {"unseen": "playwright is not installed"}
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=_FLAGS)
        clock = browser.new_browser_cdp_session()
        ready = []
        for _ in range(5):
            context = browser.new_context(viewport={"width": 1280, "height": 800}, offline=True)
            page = context.new_page()
            page.goto(path.as_uri(), wait_until="commit")
            page.wait_for_function("() => window.boxreach", polling=5)
            ready.append(page.evaluate(_READY))
            if len(ready) < 5:
                context.close()
        figures = {"ready_ms": statistics.median(ready), "ready_least_ms": min(ready)}
        figures["dots_ms"], figures["drawn"] = page.evaluate(_DRAW)
        sliders = {
            "threshold": [["choose", value] for value in range(1, 61)],
            "boxes": [["show", value] for value in range(boxes + 1)],
        }
        for bare in ("", "_bare"):
            if bare:
                page.evaluate("() => { boxreach.parts = []; }")
            for name, steps in sliders.items():
                figures |= _follow(page, clock, f"{name}{bare}", steps)
        browser.close()
    return figures


def _follow(page: Any, clock: Any, name: str, steps: list[list[Any]]) -> Figures:
    """Return what the steps of a slider took, by the clock and of the page's processor time."""
    page.evaluate("() => boxreach.choose(30)")
    page.evaluate(_FOLLOW, steps[:10])  # not timed: the script is compiled meanwhile
    before = _processor_s(clock)
    took = page.evaluate(_FOLLOW, steps)
    return {
        f"{name}_ms": statistics.median(one for one, _ in took),
        f"{name}_script_ms": statistics.median(one for _, one in took),
        f"{name}_most_ms": max(one for one, _ in took),
        f"{name}_cpu_ms": 1000 * (_processor_s(clock) - before) / len(steps),
    }


def _processor_s(clock: Any) -> float:
    """Return the processor time of the page's process, all its threads together."""
    every = clock.send("SystemInfo.getProcessInfo")["processInfo"]
    return float(sum(one["cpuTime"] for one in every if one["type"] == "renderer"))
