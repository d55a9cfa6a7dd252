"""From the name of a country to a plan that runs, by way of a server on this host."""

import hashlib
import json
import re
import signal
import subprocess
import sys
import threading
import time
import tomllib

import geopandas as gpd
import numpy as np
import pytest
import rasterio

import boxreach as br

WRITTEN = ["areas.geojson", "boxes.csv", "communities.csv", "districts.geojson", "plan.toml",
           "population.tif", "roads.osm.pbf", "sources.json", "terrain.tif"]  # fmt: skip


@pytest.fixture
def fetch(country, tmp_path, hasty):
    """Fetch the country that is served."""

    def fetch(called="iraq", folder="data", **more):
        options = {"catalogue": country.catalogue, "cache": tmp_path / "cache", "patience": hasty}
        return br.fetch(called, tmp_path / folder, **options | more)

    return fetch


@pytest.fixture
def fetch_by_command(cli, country, tmp_path):
    """Fetch it on the command line."""

    def fetch(*arguments, called="iraq"):
        fixed = ["--catalogue", country.catalogue, "--cache", tmp_path / "cache"]
        return cli("fetch", called, "-o", tmp_path / "data", *fixed, *arguments)

    return fetch


def names(folder):
    return sorted(one.name for one in folder.iterdir())


@pytest.mark.slow
def test_a_country_comes_and_its_plan_runs_without_a_hand_on_it(fetch_by_command, cli, tmp_path):
    """The whole way that a new user goes: fetch, check, run, verify."""
    code, said, _ = fetch_by_command()
    assert code == 0
    assert said.endswith(f"boxreach run {tmp_path}/data/plan.toml -o out\n")
    assert names(tmp_path / "data") == WRITTEN
    plan = tmp_path / "data" / "plan.toml"
    code, said, _ = cli("check", plan)
    assert code == 0
    assert said.endswith("nothing is wrong\n")
    code, said, _ = cli("run", plan, "-o", tmp_path / "out", "--set", "propose.curve_seconds=0")
    assert code == 0
    summary = json.loads((tmp_path / "out" / "summary.json").read_text("utf-8"))
    assert summary["boxes"] == 0
    assert summary["proposal"]["new"] > 0
    record = json.loads((tmp_path / "out" / "run.json").read_text("utf-8"))
    inputs = {one["name"]: one for one in record["inputs"]}
    assert inputs["roads"]["licence"] == "ODbL 1.0"
    assert "© OpenStreetMap contributors" in inputs["roads"]["source"]
    assert "Copernicus WorldDEM-30" in inputs["terrain"]["source"]
    assert "OCHA ROMENA" in inputs["areas"]["source"]
    assert cli("verify", tmp_path / "out")[0] == 0


@pytest.mark.slow
def test_what_is_written_says_where_it_is_from(fetch, country, tmp_path):
    """Every file, its address, terms, date and sums."""
    fetch()
    folder = tmp_path / "data"
    record = json.loads((folder / "sources.json").read_text("utf-8"))
    assert record["country"] == {"name": "Iraq", "iso2": "IQ", "iso3": "IRQ"}
    files = {one["file"]: one for one in record["files"]}
    assert sorted([*files, "sources.json"]) == WRITTEN
    for name, one in files.items():
        assert one["sha256"] == hashlib.sha256((folder / name).read_bytes()).hexdigest()
    (roads,) = files["roads.osm.pbf"]["downloads"]
    extract = country.shop["/asia/iraq-261126.osm.pbf"].content
    assert roads["url"] == country.shop.address + country.paths["roads"]
    assert roads["md5"] == hashlib.md5(extract, usedforsecurity=False).hexdigest()
    assert roads["bytes"] == len(extract)
    assert files["roads.osm.pbf"]["date"] == "2026-11-23"
    assert files["population.tif"]["date"] == "2020"
    assert files["areas.geojson"]["date"] == "2019"
    assert files["areas.geojson"]["licence"].endswith("(CC BY 3.0 IGO)")
    assert len(files["terrain.tif"]["downloads"]) == 4
    assert all(
        one["licence_url"].startswith("https://") for one in record["files"] if "licence" in one
    )


@pytest.mark.slow
def test_communities_are_places_of_the_extract_within_the_country(fetch, country, tmp_path):
    """Quarters of a town do not count by themselves, nor do places abroad; names stay harmless."""
    fetch()
    places = br.read_communities(tmp_path / "data" / "communities.csv")
    areas = gpd.read_file(tmp_path / "data" / "areas.geojson").union_all()
    assert places.within(areas).all()
    assert len(places) <= country.places
    assert {"Quarter", "Abroad"}.isdisjoint(places["name"])
    assert {"Baghdad", "Fallujah"} <= {*places["name"]}
    assert "بغداد" in {*places["name_ar"]}
    assert "'=1+1 {{ 7*7 }} <script>" in {*places["name"]}
    assert places["people"].isna().all()


@pytest.mark.slow
def test_tiles_of_heights_become_one_grid(fetch, country, tmp_path):
    """Each in its place, half a cell beside the degree as they come."""
    fetch()
    with rasterio.open(tmp_path / "data" / "terrain.tif") as joined:
        assert joined.bounds[:2] == pytest.approx((43 - 1 / 240, 32 + 1 / 240))
        assert joined.shape == (240, 240)
        heights = joined.read(1)
    corner = np.linspace(0, 200, 120 * 120, dtype="float32").reshape(120, 120)
    assert (heights == np.block([[corner, corner], [corner, corner]])).all()


@pytest.mark.slow
def test_areas_without_a_name_are_called_by_their_id(fetch, tmp_path):
    fetch()
    districts = br.read_areas(tmp_path / "data" / "districts.geojson")
    assert (districts["name"].str.len() > 0).all()
    assert districts.index.is_unique


@pytest.mark.slow
def test_the_plan_is_the_same_in_two_fetches(fetch, tmp_path):
    fetch(folder="one")
    fetch(folder="two")
    for name in {*WRITTEN} - {"sources.json"}:  # which has the day of the fetch
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes(), (
            name
        )


@pytest.mark.slow
def test_a_second_fetch_downloads_nothing_again(fetch, country):
    fetch()
    country.shop.asked.clear()
    fetch()
    got = {path for method, path, _ in country.shop.asked if method == "GET"}
    assert got.isdisjoint({country.paths["population"], *country.paths["terrain"]})
    assert not any(path.endswith(".pbf") for path in got)


@pytest.mark.parametrize("called", ["iraq", "IQ", "irq", "العراق", "عێراق"])
def test_a_country_is_called_in_many_ways(fetch, called, tmp_path):
    found = fetch(called, dry_run=True)
    assert found.offers.country.iso3 == "IRQ"


def test_what_there_is_is_said_and_nothing_is_downloaded(fetch_by_command, country, tmp_path):
    code, said, _ = fetch_by_command("--dry-run")
    assert code == 0
    lines = said.splitlines()
    assert lines[0] == "Iraq (IRQ)"
    assert lines[-1] == "nothing was downloaded (--dry-run)"
    kinds = {"roads", "population", "areas", "districts", "terrain", "together"}
    terms = {"ODbL 1.0", "CC BY 4.0", "CC BY 3.0 IGO", "Copernicus DEM licence", ", 4 files, 2021"}
    assert [one for one in kinds | terms if one not in said] == []
    size = sum(len(country.shop[one].content) for one in country.paths["terrain"])
    assert f"{size / 1000:,.1f} kB" in said
    assert not (tmp_path / "data").exists()
    asked = {path for method, path, _ in country.shop.asked if method == "GET"}
    data = {country.paths[one] for one in ("roads", "population", "areas", "districts")}
    assert asked.isdisjoint({*data, *country.paths["terrain"], "/asia/iraq-261126.osm.pbf"})


@pytest.mark.parametrize(
    "language", ["ar", *(pytest.param(one, marks=pytest.mark.release) for one in ("ckb", "kmr"))]
)
def test_what_there_is_is_said_in_the_language(
    fetch_by_command, country, left_in_english, monkeypatch, language
):
    """But for what the servers say: titles, licences and whom they name."""
    monkeypatch.setenv("BOXREACH_LANGUAGE", language)
    code, said, _ = fetch_by_command("--dry-run")
    assert code == 0
    words = [one for one in said.splitlines() if not one.startswith(" " * 24)]
    assert len(words) > 5
    told = "\n".join(re.sub(r"--[a-z-]+", "", one) for one in words)
    assert not re.search("roads|population|areas|terrain|together|files|downloaded", told), told
    assert left_in_english(told) == [], told


def test_sizes_and_licences_are_shown_before_any_file_comes(fetch, country, tmp_path):
    """Who does not agree stops there."""

    def refuse(offers):
        assert offers.size_bytes > 0
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(show=refuse)
    assert not (tmp_path / "data").exists()
    assert not (tmp_path / "cache").exists()


@pytest.mark.slow
def test_without_terrain_no_tile_is_asked_for(fetch_by_command, country, tmp_path):
    assert fetch_by_command("--no-terrain")[0] == 0
    assert names(tmp_path / "data") == [one for one in WRITTEN if one != "terrain.tif"]
    assert (
        "terrain" not in tomllib.loads((tmp_path / "data/plan.toml").read_text("utf-8"))["inputs"]
    )
    assert not any("DEM" in path or "tileList" in path for _, path, _ in country.shop.asked)


@pytest.mark.slow
def test_a_fetch_that_was_stopped_keeps_what_came_and_the_earlier_folder(
    fetch, fetch_by_command, country, tmp_path
):
    """Ctrl-C in the middle of a file: the part is there, and the folder is as it was."""
    fetch()
    before = {one.name: one.read_bytes() for one in (tmp_path / "data").iterdir()}
    population = country.shop[country.paths["population"]]
    population.content += b"\0" * 500_000

    population.stalls_s, population.stall_bytes = [20.0], 300_000

    def stop_in_the_middle():
        while not any(one.stat().st_size > 200_000 for one in tmp_path.glob("cache/*.part")):
            time.sleep(0.01)
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)

    threading.Thread(target=stop_in_the_middle, daemon=True).start()
    code, _, said = fetch_by_command()
    assert code == 130
    assert said == (
        "boxreach: what has come is kept, and the same command goes on there\n"
        "boxreach: stopped; nothing was written\n"
    )
    assert {one.name: one.read_bytes() for one in (tmp_path / "data").iterdir()} == before
    assert [one.stat().st_size for one in (tmp_path / "cache").glob("*.part")] == [300_000]
    country.shop.asked.clear()
    assert fetch_by_command()[0] == 0
    assert country.shop.gets(country.paths["population"]) == ["bytes=300000-"]


def test_a_fetch_that_fails_leaves_no_folder(fetch, country, tmp_path):
    country.shop[country.paths["areas"]].content = b"<html>Sign in</html>"
    with pytest.raises(br.BoxreachError, match="a web page comes in place of GeoJSON"):
        fetch()
    assert names(tmp_path) == ["cache", "catalogue.toml"]


@pytest.mark.slow
def test_what_the_owner_changed_is_not_replaced(fetch, country, tmp_path):
    """Boxes that were listed, and a plan that was edited, are work of theirs."""
    fetch()
    country.shop.asked.clear()
    for name in ("boxes.csv", "plan.toml"):
        with (tmp_path / "data" / name).open("a") as file:
            file.write("# mine\n")
    with pytest.raises(br.InputError) as refused:
        fetch()
    said = [(fault.file.rsplit("/", 1)[1], fault.what) for fault in refused.value.faults]
    assert said == [
        (one, "it was changed since it was fetched") for one in ("boxes.csv", "plan.toml")
    ]
    assert country.shop.asked == []


@pytest.mark.parametrize("name", ["out/map.html", "notes.txt"])
def test_a_folder_that_holds_something_else_is_refused(fetch, country, tmp_path, name):
    path = tmp_path / "data" / name
    path.parent.mkdir(parents=True)
    path.write_text("mine")
    with pytest.raises(br.InputError, match="holds what no fetch wrote"):
        fetch()
    assert country.shop.asked == []
    assert path.read_text() == "mine"


def test_a_disk_without_room_is_said_before_anything_comes(fetch, country, tmp_path, monkeypatch):
    monkeypatch.setattr("boxreach.sources.downloads.cache.Cache.free_bytes", lambda _: 1000)
    with pytest.raises(
        br.BoxreachError, match=r"[\d,]+ bytes are needed in .*cache, and 1,000 are"
    ):
        fetch()
    assert country.shop.gets(country.paths["population"]) == []
    assert not (tmp_path / "data").exists()


@pytest.mark.slow
def test_no_network_is_said_in_words(cli, tmp_path, country, no_traceback):
    text = country.catalogue.read_text("utf-8").replace(country.shop.address, "https://x.invalid")
    country.catalogue.write_text(text, encoding="utf-8")
    code, said, message = cli(
        "fetch", "iraq", "-o", tmp_path / "data", "--catalogue", country.catalogue
    )
    assert (code, said) == (2, "")
    assert message.startswith(
        "boxreach: x.invalid cannot be reached (its name is not known); check"
    )
    no_traceback(message)


@pytest.mark.slow
def test_progress_tells_every_kind_of_file(fetch):
    told = {}
    fetch(progress=lambda what, done, total: told.update({what: (done, total)}))
    assert {"looking up", "roads", "population", "areas", "terrain", "preparing"} <= {*told}
    assert all(done == total for what, (done, total) in told.items() if what != "tiles of heights")


@pytest.mark.slow
@pytest.mark.release
def test_a_command_that_is_killed_leaves_a_part_and_no_folder(country, tmp_path):
    """Ctrl-C ends it within moments, whatever it waits for; the next command goes on there."""
    population = country.shop[country.paths["population"]]
    population.content += b"\0" * 500_000
    population.stalls_s, population.stall_bytes = [30.0], 300_000
    command = [sys.executable, "-c", "from boxreach.cli.supervision import main; main()", "fetch"]
    command += ["iraq", "-o", tmp_path / "data", "--cache", tmp_path / "cache"]
    command += ["--catalogue", country.catalogue]
    with subprocess.Popen([*map(str, command)], stderr=subprocess.PIPE, text=True) as running:
        while not any(one.stat().st_size > 200_000 for one in tmp_path.glob("cache/*.part")):
            assert running.poll() is None
            time.sleep(0.05)
        began = time.monotonic()
        running.send_signal(signal.SIGINT)
        said = running.communicate()[1]
    assert running.returncode == 130
    assert time.monotonic() - began < 5
    assert said.endswith("boxreach: stopped; nothing was written\n")
    assert names(tmp_path) == ["cache", "catalogue.toml"]
    assert len([*tmp_path.glob("cache/*.part")]) == 1
