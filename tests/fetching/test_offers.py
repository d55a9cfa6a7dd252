"""What there is of a country is found, or it is said what is missing, wherever the lists lead."""

import json
from pathlib import Path

import pytest

from boxreach.cli.offering import describe_offers
from boxreach.errors import BoxreachError, InputError
from boxreach.sources.downloads.catalogue import read_catalogue
from boxreach.sources.downloads.connection import MissingError
from boxreach.sources.downloads.countries import find_country
from boxreach.sources.downloads.offers import find_offers


@pytest.fixture
def find(country, connection):
    """Look up what the served country has."""

    def find(called="iraq", **changes):
        listed = read_catalogue(country.catalogue).model_copy(update=changes)
        return find_offers(connection, listed, find_country(called))

    return find


def edit(served, change):
    """Change JSON that is served."""
    value = json.loads(served.content)
    change(value)
    served.content = json.dumps(value).encode()


def test_the_extract_of_the_country_alone_is_taken(find, country):
    """Not the larger one that holds it too."""
    (roads,) = find().of("roads")
    assert roads.wanted.address == country.shop.address + country.paths["roads"]
    assert roads.wanted.sum_address == f"{roads.wanted.address}.md5"
    assert roads.size_bytes == len(country.shop["/asia/iraq-261126.osm.pbf"].content)


def test_an_extract_of_several_countries_is_taken_and_said(find, country):
    """So it is for Qatar; its roads go on into the neighbours."""
    country.shop.put("/near-east.osm.pbf", b"x" * 70)

    def leave_out(index):
        index["features"] = [one for one in index["features"] if one["properties"]["id"] != "iraq"]

    edit(country.shop["/index-v1-nogeom.json"], leave_out)
    found = find()
    assert found.of("roads")[0].wanted.address.endswith("/near-east.osm.pbf")
    assert found.missing == ("no extract of Iraq alone: near-east holds 2 countries",)


def test_a_part_of_a_country_is_not_taken_for_it(find, country):
    """A region inside another extract of the same code is a part."""

    def add(index):
        part = {"id": "anbar", "parent": "iraq", "iso3166-1:alpha2": ["IQ"]}
        part["urls"] = {"pbf": country.shop.address + "/anbar.osm.pbf"}
        index["features"].insert(0, {"properties": part})

    edit(country.shop["/index-v1-nogeom.json"], add)
    assert find().of("roads")[0].wanted.address.endswith(country.paths["roads"])


def test_a_country_without_an_extract_is_said(find):
    with pytest.raises(MissingError, match=r"lists no extract of Chile; check the catalogue"):
        find("chile")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"<html>Sign in</html>", "gives no JSON; a page, perhaps one that asks to sign in"),
        (b"{", "gives no JSON; check the catalogue"),
        (b"[]", "is no list of extracts"),
        (b'{"features": [{}]}', "is no list of extracts"),
        (b'{"features": [{"properties": {"id": "a", "iso3166-1:alpha2": ["IQ"]}}]}', "is no list"),
        (b'{"features": ' + b"[" * 100_000, "gives no JSON"),
    ],
)
def test_a_list_that_is_none_is_said(find, country, content, said):
    country.shop["/index-v1-nogeom.json"].content = content
    with pytest.raises(BoxreachError, match=said):
        find()


def test_a_list_that_has_no_end_is_not_read_to_it(find, country, monkeypatch):
    monkeypatch.setattr("boxreach.sources.downloads.offers._INDEX_BYTES", 100)
    with pytest.raises(BoxreachError, match="has more than 100 bytes, which is no list"):
        find()


@pytest.mark.parametrize("address", ["file:///etc/passwd", "javascript:1", "/../../x\n", 7])
def test_an_address_in_a_list_leads_to_web_servers_alone(find, country, address):
    def lead_away(answer):
        answer["gjDownloadURL"] = address

    edit(country.shop["/current/gbOpen/IRQ/ADM1/"], lead_away)
    with pytest.raises(
        BoxreachError, match=r"no address of a web server|does not say where|no areas"
    ):
        find()


def test_terms_of_areas_are_those_of_the_answer(find):
    (areas,) = find().of("areas")
    assert areas.licence == "Creative Commons Attribution 3.0 IGO (CC BY 3.0 IGO)"
    assert areas.credit.endswith("; OCHA ROMENA")
    assert areas.licence_url == "https://data.humdata.org/dataset/cod-ab-irq"
    assert areas.date == "2019"


def test_terms_that_an_answer_does_not_say_are_those_of_the_catalogue(find, country):
    def say_less(answer):
        answer |= {"boundaryLicense": None, "boundarySource": 7, "boundaryYearRepresented": None}

    edit(country.shop["/current/gbOpen/IRQ/ADM1/"], say_less)
    (areas,) = find().of("areas")
    assert areas.licence == "CC BY 4.0, or as its source says"
    assert areas.licence_url == "https://creativecommons.org/licenses/by/4.0/"
    assert areas.credit.startswith("geoBoundaries")
    assert areas.date == ""


def test_what_servers_say_moves_nothing_on_a_terminal(find, country):
    """A licence is text of strangers."""

    def say_more(answer):
        answer |= {"boundaryLicense": "CC \x1b[2J\u202e BY\nall yours" + "x" * 9999}

    edit(country.shop["/current/gbOpen/IRQ/ADM1/"], say_more)
    lines = describe_offers(find())
    assert all(line.isprintable() for line in lines)
    assert max(map(len, lines)) < 500


def test_a_country_without_provinces_is_one_area(find, country):
    """As the smallest are: the next level takes their place."""
    country.shop["/current/gbOpen/IRQ/ADM0/"] = country.shop.pop("/current/gbOpen/IRQ/ADM1/")
    (areas,) = find().of("areas")
    assert areas.role == "areas"


def test_a_country_without_districts_has_none_and_it_is_said(find, country):
    del country.shop["/current/gbOpen/IRQ/ADM2/"]
    found = find()
    assert found.of("districts") == []
    assert found.missing == ("no districts of Iraq (ADM2)",)


def test_a_country_without_areas_is_refused(find, country):
    del country.shop["/current/gbOpen/IRQ/ADM1/"]
    with pytest.raises(MissingError, match=r"has no areas of Iraq \(ADM1, ADM0\)"):
        find()


def test_tiles_are_those_that_meet_the_country_and_are_listed(find, country):
    """Over the sea there are none, and none is guessed."""
    names = [one.name for one in find().of("terrain")]
    assert names == sorted(path.split("/")[1] for path in country.paths["terrain"])
    listed = country.shop["/tileList.txt"]
    listed.content = listed.content.replace(b"N33_00_E044", b"N71_00_E044")
    assert [one.name for one in find().of("terrain")] == [
        one for one in names if "N33_00_E044" not in one
    ]


def test_a_list_without_tiles_is_said(find, country):
    country.shop["/tileList.txt"].content = b"Maintenance\n"
    with pytest.raises(BoxreachError, match="lists no tiles"):
        find()


def test_a_mirror_with_files_alone_will_do(find, country, tmp_path):
    """A ministry's own server has no index and no answers: addresses are enough."""
    shop = country.shop
    text = country.catalogue.read_text("utf-8")
    text = text.replace(
        f'index = "{shop.address}/index-v1-nogeom.json"',
        f'file = "{shop.address}/m/{{iso3}}.osm.pbf"',
    )
    text = text.replace(f'index = "{shop.address}/current/gbOpen/{{ISO3}}/{{level}}/"',
                        f'file = "{shop.address}/m/{{ISO2}}-{{level}}.geojson"')  # fmt: skip
    country.catalogue.write_text(text, encoding="utf-8")
    shop["/m/irq.osm.pbf"] = shop["/asia/iraq-261126.osm.pbf"]
    shop["/m/IQ-ADM1.geojson"] = shop[country.paths["areas"]]
    found = find()
    assert [one.wanted.address for one in found.of("roads")] == [f"{shop.address}/m/irq.osm.pbf"]
    assert len(found.of("areas")) == 1
    assert len(found.of("terrain")) == 4


# ---- the catalogue -------------------------------------------------------------------------


def test_the_shipped_catalogue_asks_over_tls_alone_and_names_terms():
    listed = read_catalogue()
    for source in (listed.roads, listed.population, listed.boundaries, listed.terrain):
        assert all(one is None or one.startswith("https://") for one in (source.file, source.index))
        assert source.licence
        assert source.credit


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('index = "https', 'index = "file', "begins with https"),
        ('index = "https://', 'index = "http://[::1', "begins with https"),
        ("at_most_mb = 20000", "at_most_mb = 0", "roads.at_most_mb"),
        ("at_most_mb = 20000", "at_most_mb = true", "roads.at_most_mb"),
        ("at_most_mb = 20000", "at_most_mb = 1e4", "roads.at_most_mb"),
        ('sum = "{url}.md5"', 'sum = "x"', "does not say where {url} stands"),
        ("[roads]", "[raods]", "raods"),
        ("licence = ", "license = ", "licence"),
        ("[roads]", "[roads", "is not TOML"),
    ],
)
def test_a_catalogue_that_is_none_is_said(tmp_path, country, before, after, said):
    text = read_shipped()
    assert before in text
    path = tmp_path / "mine.toml"
    path.write_text(text.replace(before, after), encoding="utf-8")
    with pytest.raises(InputError, match=r"mine\.toml") as refused:
        read_catalogue(path)
    assert said in str(refused.value)


def read_shipped():
    from boxreach.sources.downloads import catalogue

    return catalogue._SHIPPED.read_text(encoding="utf-8")


def test_the_catalogue_in_the_documentation_is_one(tmp_path):
    """A ministry can begin with it."""
    page = (Path(__file__).parents[2] / "docs" / "fetch.md").read_text(encoding="utf-8")
    path = tmp_path / "mine.toml"
    path.write_text(page.split("```toml\n")[1].split("```")[0], encoding="utf-8")
    mine = read_catalogue(path)
    assert mine.terrain is None
    assert mine.boundaries.areas == ["province"]


def test_all_faults_of_a_catalogue_are_told_at_once(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(read_shipped().replace('page = "https', 'page = "x'), encoding="utf-8")
    with pytest.raises(InputError) as refused:
        read_catalogue(path)
    assert len(refused.value.faults) == 4


def test_a_catalogue_that_is_not_there_is_said(tmp_path):
    with pytest.raises(InputError, match=r"mine\.toml"):
        read_catalogue(tmp_path / "mine.toml")


# ---- names of countries --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("called", "code"),
    [
        ("Iraq", "IRQ"), ("  IRAQ ", "IRQ"), ("iq", "IRQ"), ("IRQ", "IRQ"), ("العراق", "IRQ"),
        ("عێراق", "IRQ"), ("Syria", "SYR"), ("Syrian Arab Republic", "SYR"), ("سوريا", "SYR"),
        ("Türkiye", "TUR"), ("turkiye", "TUR"), ("Turkey", "TUR"), ("cote d'ivoire", "CIV"),
        ("the Democratic Republic of the Congo", "COD"), ("DR Congo", "COD"), ("laos", "LAO"),
        ("South Korea", "KOR"), ("uk", "GBR"), ("Burkina-Faso", "BFA"),
    ],
)  # fmt: skip
def test_a_country_is_known_by_what_people_call_it(called, code):
    assert find_country(called).iso3 == code


@pytest.mark.parametrize(
    ("called", "said"),
    [
        ("Irak", "did you mean Iraq?"),
        ("Syrai", "did you mean Syria?"),
        ("العراك", "did you mean العراق?"),
        ("", 'write its name in English, or its code, like "IQ"'),
        ("\x1b[2J", r"'\x1b[2J' is no country"),
    ],
)
def test_a_name_that_is_wrong_is_met_with_the_nearest(called, said):
    with pytest.raises(InputError) as refused:
        find_country(called)
    assert said in str(refused.value)


def test_each_code_is_of_its_own_country():
    """No name of another takes its place."""
    import pycountry

    for one in pycountry.countries:
        assert find_country(one.alpha_2).iso2 == find_country(one.alpha_3).iso2 == one.alpha_2
        assert find_country(one.name).iso2 == one.alpha_2
