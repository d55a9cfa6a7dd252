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

_BETWEEN_MS = 60
"""From one key to the next: a hand on a slider is slower."""

_FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-component-update"]

_READY = """() => new Promise((done) => requestAnimationFrame(() => {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => done(performance.now());
  port2.postMessage(0);
}))"""
"""When what was asked for is painted, in milliseconds since the navigation began."""

_WATCH = """(id) => {
  const slider = document.getElementById(id);
  window.took = [];
  let [begun, chosen] = [0, 0];
  slider.addEventListener("keydown", (event) => { begun = event.timeStamp; }, true);
  slider.addEventListener("input", () => { chosen = performance.now(); }, true);
  slider.addEventListener("input", () => {
    const script = performance.now() - chosen;
    requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => took.push([performance.now() - begun, script]);
      port2.postMessage(0);
    });
  });
  slider.focus();
}"""
"""Milliseconds of each step of a slider: from the key to the frame that is painted, waiting for
that frame included, and in the script."""

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
        for name, slider, steps in (("threshold", "minutes", 59), ("boxes", "shown", boxes)):
            figures |= _follow(page, clock, name, slider, steps)
        browser.close()
    return figures


def _follow(page: Any, clock: Any, name: str, slider: str, steps: int) -> Figures:
    """Move a slider by the keyboard; return what its steps took, also of the processor."""
    page.evaluate(_WATCH, slider)
    _press(page, ["Home"] + 10 * ["ArrowRight"] + ["Home"])  # the script is compiled meanwhile
    page.evaluate("() => { took = []; }")
    before = _processor_s(clock)
    took = _press(page, steps * ["ArrowRight"])
    spent = _processor_s(clock) - before
    return {
        f"{name}_ms": statistics.median(one for one, _ in took),
        f"{name}_script_ms": statistics.median(one for _, one in took),
        f"{name}_most_ms": max(one for one, _ in took),
        f"{name}_cpu_ms": 1000 * spent / len(took),
    }


def _press(page: Any, keys: list[str]) -> list[list[float]]:
    """Press keys, each after what the one before it changed is painted."""
    for key in keys:
        page.keyboard.press(key)
        page.wait_for_timeout(_BETWEEN_MS)
    return list(page.evaluate("() => took"))


def _processor_s(clock: Any) -> float:
    """Return the processor time of the page's process, all its threads together."""
    every = clock.send("SystemInfo.getProcessInfo")["processInfo"]
    return float(sum(one["cpuTime"] for one in every if one["type"] == "renderer"))
