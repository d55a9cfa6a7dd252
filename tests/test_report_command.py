"""``boxreach report`` writes packs from what a run kept, and refuses what no run kept."""

import json

import pytest

from boxreach.report.pack import FORMATS
from boxreach.report.storage import load_report

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """Where the folder of the run is kept between tests."""
    return tmp_path_factory.mktemp("run") / "out"


@pytest.fixture
def out(plan, cli, edit, kept):
    """The folder of a finished run whose plan has a marking and other digits."""
    if not kept.exists():
        edit(
            plan, 'languages = ["en"]\n',
            'languages = ["ar", "en"]\nmarking = "RESTRICTED-1"\ndigits = "arab"\n'
            "redact = { round_km = 5 }\n",
        )  # fmt: skip
        code, _, message = cli("run", plan, "-o", kept)
        assert code == 0, message
    return kept


@pytest.fixture
def refuse(out, cli, tmp_path, no_traceback):
    """Ask for a pack that is refused; return the one message."""

    def ask(*options, folder=out):
        code, said, message = cli("report", folder, "-o", tmp_path / "pack", *options)
        assert (code, said) == (2, "")
        assert not (tmp_path / "pack").exists()
        no_traceback(message)
        return message

    return ask


def copy_of(out, folder):
    folder.mkdir()
    for one in ("run.json", "report.json"):
        (folder / one).write_bytes((out / one).read_bytes())
    return folder


def test_a_run_keeps_its_report_whole_and_tells_the_page_less(out):
    """What the plan withholds is out of the page; the value that is kept is for those inside."""
    report = load_report((out / "report.json").read_bytes())
    assert report.posts.sites
    assert not report.handling.public
    assert report.handling.marking["en"] == "RESTRICTED-1"
    page = (out / "report.html").read_text("utf-8")
    for row in report.posts.sites:
        assert row.site_id not in page
        assert row.mgrs not in page
    for row in report.plan.sites:
        assert row.mgrs not in page
    outputs = json.loads((out / "run.json").read_text("utf-8"))["outputs"]
    assert {"report.html", "report.json"} <= outputs.keys()


def test_a_pack_is_as_its_run_had_it_unless_asked_otherwise(out, cli, tmp_path):
    code, said, _ = cli("report", out, "-o", tmp_path / "pack", "--formats", "html,json")
    assert code == 0
    assert said == f"2 files in {tmp_path / 'pack'}\n"
    page = (tmp_path / "pack" / "report.html").read_text("utf-8")
    assert page.index('<article id="ar"') < page.index('<article id="en"')
    assert (tmp_path / "pack" / "report.json").read_bytes() == (out / "report.json").read_bytes()
    options = ("--languages", "en", "--marking", "SECRET-2", "--digits", "latn", "--no-sheets")
    command = ("report", out, "-o", tmp_path / "pack", "--formats", "html, json", *options)
    assert cli(*command)[0] == 0
    page = (tmp_path / "pack" / "report.html").read_text("utf-8")
    assert '<article id="ar"' not in page
    other = load_report((tmp_path / "pack" / "report.json").read_bytes())
    assert other.handling.marking == "SECRET-2"
    assert other.sheets == ()
    assert cli(*command, "--marking", "")[0] == 0
    other = load_report((tmp_path / "pack" / "report.json").read_bytes())
    assert other.handling.marking is None


def test_a_public_pack_has_no_posts_and_rounds_boxes(out, cli, tmp_path):
    whole = load_report((out / "report.json").read_bytes())
    command = ("report", out, "-o", tmp_path / "pack", "--formats", "json", "--public")
    for options, km, posts in (((), 10, False), (("--round-km", "2.5", "--keep-posts"), 2.5, True)):
        assert cli(*command, *options)[0] == 0
        public = load_report((tmp_path / "pack" / "report.json").read_bytes())
        assert public.handling.rounded_km == km
        assert public.handling.posts_withheld is not posts
        assert (public.posts is not None) is posts
        for before, after in zip(whole.plan.sites, public.plan.sites, strict=True):
            assert (before.lon, before.lat) != (after.lon, after.lat)


def test_nothing_is_computed_again(out, cli, tmp_path, monkeypatch):
    for name in ("routing.travel_times", "placement.propose", "network.build_network"):
        monkeypatch.setattr(f"boxreach.{name}", lambda *_, **__: 1 / 0)
    assert cli("report", out, "-o", tmp_path / "pack", "--formats", "html,json")[0] == 0


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--formats", "html,odt"), "'odt'"),
        (("--formats", ""), "formats"),
        (("--languages", "en,tlh"), "tlh"),
        (("--digits", "roman"), "digits"),
        (("--round-km", "10"), "--public"),
        (("--keep-posts",), "--public"),
        (("--public", "--round-km", "0"), "round_km"),
        (("--public", "--round-km", "nan"), "round_km"),
    ],
)
def test_options_that_will_not_do_are_refused_in_words(refuse, options, told):
    assert told in refuse(*options)


def test_a_folder_of_no_finished_run_is_refused(refuse, out, tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    assert "run.json" in refuse(folder=empty)
    assert "no such folder" in refuse(folder=tmp_path / "nowhere")
    gone = copy_of(out, tmp_path / "gone")
    (gone / "report.json").unlink()
    assert "report.json: there is no such file" in refuse(folder=gone)


def test_a_report_that_is_not_as_its_run_wrote_it_is_refused(refuse, out, tmp_path, edit):
    altered = copy_of(out, tmp_path / "altered")
    edit(altered / "report.json", '"rank": 1', '"rank": 2')
    assert "hash" in refuse(folder=altered)
    older = copy_of(out, tmp_path / "older")
    record = json.loads((older / "run.json").read_text("utf-8"))
    del record["outputs"]["report.json"]
    (older / "run.json").write_text(json.dumps(record), "utf-8")
    assert "run the plan again" in refuse(folder=older)


def test_the_folder_of_a_run_is_no_place_for_a_pack(out, cli):
    before = {one.name: one.read_bytes() for one in out.iterdir()}
    code, _, message = cli("report", out, "-o", out, "--formats", "json")
    assert code == 2
    assert "no report wrote" in message
    assert {one.name: one.read_bytes() for one in out.iterdir()} == before


def test_help_names_every_format(cli):
    code, said, _ = cli("report", "--help")
    assert code == 0
    said = "".join(said.split())
    assert ",".join(FORMATS) in said
