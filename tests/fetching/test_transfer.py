"""A file comes whole and as it was published, or not at all, whatever a server does."""

import errno
import hashlib
import random
import re
import time
from contextlib import contextmanager
from email.utils import formatdate
from types import SimpleNamespace

import pytest

from boxreach.errors import BoxreachError
from boxreach.sources.downloads.cache import Cache, Part, Stated
from boxreach.sources.downloads.connection import Connection, MissingError, Patience
from boxreach.sources.downloads.transfer import Wanted, download, state


def grid(size=300_000, seed=1):
    """Return bytes that begin as a GeoTIFF does."""
    return b"II*\0" + random.Random(seed).randbytes(size - 4)


def md5(content):
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


@pytest.fixture
def fetch(connection, cache):
    """Download an address that was looked up before."""

    def fetch(address, *, shown=True, tell=lambda _: None, **more):
        stated = state(connection, address) if shown else Stated()
        wanted = Wanted(address, "tif", **{"at_most_bytes": 10_000_000, "stated": stated, **more})
        return download(connection, cache, wanted, tell)

    return fetch


@pytest.fixture
def parts(cache):
    """Return the files in the cache that are not whole."""
    return lambda: sorted(cache.folder.glob("*.part"))


def test_a_file_comes_whole_with_its_sums(fetch, shop):
    content = grid()
    kept = fetch(shop.put("/a.tif", content))
    assert kept.path.read_bytes() == content
    assert kept.measured.md5 == md5(content)
    assert kept.measured.sha256 == hashlib.sha256(content).hexdigest()
    assert shop.gets("/a.tif") == [None]


@pytest.mark.parametrize("seed", range(3))
def test_a_download_cut_at_twenty_places_ends_with_the_same_sum(fetch, shop, parts, seed):
    """Each part goes on where the one before was cut, and no byte comes twice."""
    content = grid(1_000_000, seed)
    cuts = sorted(random.Random(seed).sample(range(1, len(content)), 20))
    address = shop.put("/a.tif", content, cuts=[*cuts])
    shop.put("/a.tif.md5", f"{md5(content)}  a.tif\n".encode())
    kept = fetch(address, sum_address=f"{address}.md5")
    assert kept.measured.sha256 == hashlib.sha256(content).hexdigest()
    assert shop.gets("/a.tif") == [None, *(f"bytes={cut}-" for cut in cuts)]
    assert parts() == []


def test_a_download_that_was_given_up_goes_on_in_another_run(shop, cache, hasty, parts):
    """What has come stays, and another process asks only for the rest."""
    content = grid()
    address = shop.put("/a.tif", content, cuts=[100_000], refusals=[])
    wanted = Wanted(address, "tif", 10_000_000)
    shop["/a.tif"].after = lambda served: served.refusals.extend([(503, {})] * 9)
    first = Connection("first", hasty)
    with pytest.raises(BoxreachError, match=r"answers 503; check the network.*goes on from there"):
        download(first, cache, wanted)
    first.close()
    assert [one.stat().st_size for one in parts()] == [100_000]
    shop["/a.tif"].after, shop["/a.tif"].refusals = None, []
    second = Connection("second", hasty)
    assert download(second, Cache(cache.folder), wanted).path.read_bytes() == content
    second.close()
    assert shop.gets("/a.tif")[-1] == "bytes=100000-"


def test_a_part_of_another_version_is_not_gone_on_with(fetch, shop):
    """The file changed between two parts: it begins anew, and the new one comes whole."""
    old, new = grid(seed=1), grid(seed=2)
    address = shop.put("/a.tif", old, cuts=[100_000])
    shop["/a.tif"].after = lambda served: setattr(served, "content", new)
    assert fetch(address).path.read_bytes() == new
    assert shop.gets("/a.tif") == [None, "bytes=100000-"]


def test_a_server_that_joins_two_versions_is_seen_through(fetch, shop):
    """It does not heed If-Range, but its answer has another ETag."""
    old, new = grid(seed=1), grid(seed=2)
    address = shop.put("/a.tif", old, cuts=[100_000], heeds_if_range=False)
    shop["/a.tif"].after = lambda served: setattr(served, "content", new)
    assert fetch(address).path.read_bytes() == new
    assert shop.gets("/a.tif") == [None, "bytes=100000-", None]


def test_without_anything_that_tells_versions_apart_it_begins_anew(fetch, shop):
    """A file without ETag and date may be another one by now."""
    content = grid()
    address = shop.put("/a.tif", content, cuts=[100_000], etag=None, modified=None)
    assert fetch(address).path.read_bytes() == content
    assert shop.gets("/a.tif") == [None, None]


def test_a_weak_etag_is_no_proof_of_the_same_bytes(fetch, shop):
    """The date is taken, as RFC 9110 has it."""
    content = grid()
    address = shop.put("/a.tif", content, cuts=[100_000], etag='W/"1"')
    assert fetch(address).path.read_bytes() == content
    assert shop.gets("/a.tif") == [None, "bytes=100000-"]
    assert shop.answered[1:] == [("GET", 200), ("GET", 206)]


def test_a_part_that_begins_elsewhere_than_was_asked_is_not_joined(fetch, shop):
    content = grid()
    address = shop.put("/a.tif", content, cuts=[100_000], shift=10)
    assert fetch(address).path.read_bytes() == content
    assert shop.gets("/a.tif") == [None, "bytes=100000-", None]


def test_a_server_that_gives_little_at_once_is_asked_until_all_is_there(fetch, shop):
    """Each of its answers is whole by itself, and none is taken for the file."""
    content = grid()
    address = shop.put("/a.tif", content, cuts=[100_000], range_bytes=60_000)
    assert fetch(address).path.read_bytes() == content
    asked = ["bytes=100000-", "bytes=160000-", "bytes=220000-", "bytes=280000-"]
    assert shop.gets("/a.tif") == [None, *asked]


def test_a_part_of_an_address_is_of_no_other(cache, shop):
    """Names in the cache are made of addresses alone."""
    one = cache.part(shop.address + "/a.tif")
    one.begin(Stated(10, '"1"', ""))
    one.path.write_bytes(b"II*\0")
    assert cache.part(shop.address + "/b.tif").size_bytes() == 0
    assert cache.part(shop.address + "/a.tif").size_bytes() == 4
    assert re.fullmatch(r"[0-9a-f]{32}\.part", one.path.name)


def test_a_part_without_its_record_is_thrown_away(cache):
    part = cache.part("http://127.0.0.1/a.tif")
    part.begin(Stated(10, '"1"', ""))
    part.path.write_bytes(b"II*\0")
    part.path.with_name(f"{part.path.name}.json").write_text("{")
    assert Part("http://127.0.0.1/a.tif", part.path).size_bytes() == 0


def test_a_server_without_ranges_begins_anew_and_is_given_up_if_it_never_ends(fetch, shop):
    content = grid()
    address = shop.put("/a.tif", content, ranges=False, cuts=[50_000, 150_000])
    # It begins at 0 each time, and is cut at the first place that is left.
    assert fetch(address).path.read_bytes() == content
    shop.put("/b.tif", content, ranges=False, cuts=[50_000] * 9)
    with pytest.raises(BoxreachError, match=r"broke off .*check the network"):
        fetch(f"{shop.address}/b.tif")


def test_a_wrong_sum_is_thrown_away_and_tried_once_more(fetch, shop, parts, cache):
    content = grid()
    address = shop.put("/a.tif", content)
    sums = shop.put("/a.tif.md5", f"{'0' * 32}  a.tif".encode())
    with pytest.raises(BoxreachError, match=f"{md5(content)}, and {'0' * 32} is published"):
        fetch(address, sum_address=sums)
    assert shop.gets("/a.tif") == [None, None]
    assert parts() == []
    assert cache.find(address) is None


def test_a_sum_that_is_new_since_is_met_by_the_second_try(fetch, shop):
    """The extract of the day took the place of yesterday's between file and sum."""
    old, new = grid(seed=1), grid(seed=2)
    address = shop.put("/a.tif", old)
    shop["/a.tif"].after = lambda served: setattr(served, "content", new)
    sums = shop.put("/a.tif.md5", md5(new).encode())
    assert fetch(address, sum_address=sums).path.read_bytes() == new


def test_an_etag_that_is_an_md5_is_held_against_the_file(fetch, shop):
    content = grid()
    good = shop.put("/a.tif", content, etag=f'"{md5(content)}"')
    assert fetch(good, sum_is_etag=True).measured.md5 == md5(content)
    several = shop.put("/b.tif", content, etag=f'"{"0" * 32}-4"')  # of several parts: no MD5
    assert fetch(several, sum_is_etag=True).measured.md5 == md5(content)
    bad = shop.put("/c.tif", content, etag=f'"{"0" * 32}"')
    with pytest.raises(BoxreachError, match="is published; it is thrown away"):
        fetch(bad, sum_is_etag=True)


def test_without_a_published_sum_the_file_is_taken(fetch, shop):
    content = grid()
    address = shop.put("/a.tif", content)
    assert fetch(address, sum_address=f"{address}.md5").path.read_bytes() == content


def test_a_page_in_place_of_a_sum_is_said(fetch, shop, parts):
    address = shop.put("/a.tif", grid())
    sums = shop.put("/a.tif.md5", b"<html>Sign in</html>")
    with pytest.raises(BoxreachError, match="holds no MD5"):
        fetch(address, sum_address=sums)
    assert len(parts()) == 1  # it is not fetched twice for that


def test_redirects_are_followed(fetch, shop):
    content = grid()
    shop.put("/b.tif", content)
    address = shop.put("/a.tif", b"", location="/b.tif")
    assert fetch(address).path.read_bytes() == content


def test_a_part_goes_on_behind_a_redirect(fetch, shop):
    content = grid()
    shop.put("/b.tif", content, cuts=[100_000])
    address = shop.put("/a.tif", b"", location="/b.tif")
    assert fetch(address).path.read_bytes() == content
    assert shop.gets("/b.tif") == [None, "bytes=100000-"]


@pytest.mark.parametrize(
    ("location", "said"),
    [
        ("file:///etc/passwd", "no address of a web server"),
        ("ftp://127.0.0.1/a.tif", "no address of a web server"),
        ("data:text/plain,II*", "no address of a web server"),
        ("http://user:word@127.0.0.1/a.tif", "no address of a web server"),
        ("http://[", "no address of a web server"),
        ("/a.tif", "sends one on more than 8 times"),
    ],
)
def test_a_redirect_that_nobody_should_follow_is_refused(fetch, shop, location, said):
    address = shop.put("/a.tif", b"", location=location)
    with pytest.raises(BoxreachError, match=said):
        fetch(address)


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_what_passes_is_tried_again(fetch, shop, status):
    content = grid()
    address = shop.put("/a.tif", content, refusals=[(status, {})] * 3)
    assert fetch(address).path.read_bytes() == content


@pytest.mark.parametrize("status", [400, 401, 403, 451])
def test_what_does_not_pass_is_said_at_once(fetch, shop, status):
    address = shop.put("/a.tif", grid(), refusals=[(status, {})] * 9)
    with pytest.raises(BoxreachError, match=rf"refuses .*/a\.tif \({status}\)"):
        fetch(address, shown=False)
    assert len(shop.asked) == 1


def test_a_file_that_is_not_there_is_said(fetch, shop):
    with pytest.raises(MissingError, match=r"does not have .*/a\.tif \(404\); check the catalogue"):
        fetch(f"{shop.address}/a.tif")


def test_a_proxy_that_wants_a_password_is_said(fetch, shop):
    address = shop.put("/a.tif", grid(), refusals=[(407, {})])
    with pytest.raises(BoxreachError, match=r"asks for a name and a password; .*HTTPS_PROXY"):
        fetch(address)


@pytest.mark.slow
def test_a_server_that_asks_to_wait_is_waited_for(fetch, shop):
    """One second is waited, as number or as a time; that takes longer than no wait."""
    content = grid()
    address = shop.put("/a.tif", content, refusals=[(429, {"Retry-After": "1"})])
    began = time.monotonic()
    assert fetch(address).path.read_bytes() == content
    assert time.monotonic() - began >= 1


@pytest.mark.parametrize(
    "said", ["3600", formatdate(time.time() + 86_400, usegmt=True)], ids=["seconds", "a day"]
)
def test_a_server_that_asks_to_wait_long_is_given_up_in_words(fetch, shop, said):
    address = shop.put("/a.tif", grid(), refusals=[(503, {"Retry-After": said})] * 2)
    with pytest.raises(
        BoxreachError, match=r"answers 503, and asks to wait [\d,]+ s; run the same"
    ):
        fetch(address)


def test_a_retry_after_that_is_nonsense_is_left_out(fetch, shop):
    content = grid()
    address = shop.put("/a.tif", content, refusals=[(503, {"Retry-After": "soon"})])
    assert fetch(address).path.read_bytes() == content


def test_a_server_that_says_nothing_is_hung_up_on_and_asked_for_the_rest(
    fetch, shop, connection, hastier
):
    content = grid()
    address = shop.put("/a.tif", content, stalls_s=[1.0])
    connection.patience = hastier
    assert fetch(address).path.read_bytes() == content
    assert shop.gets("/a.tif")[:2] == [None, "bytes=10-"]


@pytest.mark.slow
def test_a_server_that_never_goes_on_is_given_up(fetch, shop, connection, hastier):
    connection.patience = hastier
    address = shop.put("/a.tif", grid(), stalls_s=[0.6] * 20)
    shop["/a.tif"].ranges = False
    with pytest.raises(BoxreachError, match=r"broke off \(.*imed out.*check the network"):
        fetch(address)


def test_nobody_at_the_address_is_said(fetch):
    began = time.monotonic()
    with pytest.raises(
        BoxreachError,
        match=r"127\.0\.0\.1:9 cannot be reached \(Connection refused\); check the network; behind"
        r" a proxy, set HTTPS_PROXY\. What has come is kept",
    ):
        fetch("http://127.0.0.1:9/a.tif")
    assert time.monotonic() - began < 5


def test_a_name_that_nobody_knows_is_said(fetch):
    """As it is without any network."""
    with pytest.raises(BoxreachError, match=r"boxreach\.invalid cannot be reached \(its name"):
        fetch("https://boxreach.invalid/a.tif")


def test_a_certificate_that_nobody_signed_is_refused(connection, secure_shop):
    address = secure_shop.put("/a.tif", grid())
    with pytest.raises(BoxreachError, match=r"certificate of .* cannot be verified .*CA_BUNDLE"):
        state(connection, address)
    assert secure_shop.asked == []


def test_a_certificate_that_the_environment_names_is_trusted(fetch, secure_shop, trusted):
    """So a ministry's own mirror and its proxies are."""
    assert fetch(secure_shop.put("/a.tif", grid())).measured.md5 == md5(grid())


def test_a_redirect_from_https_to_http_is_refused(fetch, secure_shop, trusted, shop):
    """What comes from there could be altered on the way."""
    plain = shop.put("/a.tif", grid())
    address = secure_shop.put("/a.tif", b"", location=plain)
    with pytest.raises(BoxreachError, match=r"leads to .*http after https.*nothing is taken"):
        fetch(address)
    assert shop.asked == []


def test_a_redirect_from_http_to_https_is_followed(fetch, secure_shop, trusted, shop):
    address = shop.put("/a.tif", b"", location=secure_shop.put("/a.tif", grid()))
    assert fetch(address).measured.md5 == md5(grid())


def test_a_proxy_of_the_environment_is_used(connection, shop, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", shop.address)
    shop.put("/a.tif", grid())
    assert state(connection, "http://data.example.org/a.tif").size_bytes == 300_000


def test_a_proxy_that_is_not_there_is_said(connection, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with pytest.raises(
        BoxreachError, match=r"proxy on the way to data\.example\.org cannot be used"
    ):
        state(connection, "http://data.example.org/a.tif")


@pytest.mark.parametrize("length", [None, 80])
def test_a_page_in_place_of_the_file_is_refused(fetch, shop, parts, length):
    page = b"<!DOCTYPE html><html><body>Sign in to the network" + b" " * 5000
    address = shop.put("/a.tif", page[:length], kind="text/html")
    with pytest.raises(BoxreachError, match=r"a web page comes in place of GeoTIFF; sign in"):
        fetch(address)
    assert parts() == []


def test_a_file_of_another_kind_is_refused(fetch, shop, parts):
    address = shop.put("/a.tif", b"PK\x03\x04" + b"x" * 90_000)
    with pytest.raises(BoxreachError, match="what comes is no GeoTIFF"):
        fetch(address)
    assert parts() == []


def test_a_file_without_a_byte_is_refused(fetch, shop):
    with pytest.raises(BoxreachError, match="what comes is no GeoTIFF"):
        fetch(shop.put("/a.tif", b""))


def test_a_file_that_is_longer_than_was_shown_is_refused(fetch, shop):
    """HEAD said less: what was shown to a person was not true."""
    address = shop.put("/a.tif", grid(), head_length=100_000)
    with pytest.raises(BoxreachError, match=r"has 300,000 bytes, and 100,000 were shown; run the"):
        fetch(address)


def test_a_file_that_grew_by_little_is_taken(fetch, shop):
    """So the extract of a new day does."""
    address = shop.put("/a.tif", grid(), head_length=290_000)
    assert fetch(address).measured.size_bytes == 300_000


def test_a_file_that_is_longer_than_the_catalogue_allows_is_refused(fetch, shop, parts):
    address = shop.put("/a.tif", grid())
    with pytest.raises(BoxreachError, match=r"300,000 bytes, and the catalogue allows 200,000"):
        fetch(address, at_most_bytes=200_000)
    assert parts() == []


def test_a_file_without_length_is_cut_off_where_it_goes_beyond_its_bound(fetch, shop, parts):
    address = shop.put("/a.tif", grid(), says_length=False)
    with pytest.raises(BoxreachError, match=r"goes on beyond the 200,000 bytes"):
        fetch(address, at_most_bytes=200_000)
    assert parts() == []


def test_a_file_without_length_is_taken(fetch, shop):
    content = grid()
    assert fetch(shop.put("/a.tif", content, says_length=False)).path.read_bytes() == content


def test_a_length_that_is_too_long_is_never_taken_for_the_end(fetch, shop, parts):
    """The server promises more than it has, and the file is not called whole."""
    address = shop.put("/a.tif", grid(), length=310_000)
    with pytest.raises(BoxreachError, match=r"check the network|does not give what is missing"):
        fetch(address)
    assert list(parts()) == [] or parts()[0].stat().st_size <= 300_000


def test_a_packed_answer_is_refused(fetch, shop):
    address = shop.put("/a.tif", grid(), packed="gzip")
    with pytest.raises(BoxreachError, match=r"packed \(gzip\)"):
        fetch(address)


def test_a_server_that_does_not_answer_to_head_is_asked_for_a_byte(connection, shop):
    address = shop.put("/a.tif", grid(), heads=False)
    assert state(connection, address).size_bytes == 300_000
    assert shop.gets("/a.tif") == ["bytes=0-0"]


def test_a_file_of_the_cache_does_not_come_again(fetch, shop):
    address = shop.put("/a.tif", grid())
    first = fetch(address)
    assert fetch(address) == first
    assert shop.gets("/a.tif") == [None]


def test_a_file_that_is_new_at_the_server_comes_again(fetch, shop):
    address = shop.put("/a.tif", grid())
    fetch(address)
    shop["/a.tif"].content = grid(seed=2)
    assert fetch(address).path.read_bytes() == grid(seed=2)


def test_a_file_that_was_altered_in_the_cache_comes_again(fetch, shop):
    address = shop.put("/a.tif", grid())
    kept = fetch(address)
    kept.path.write_bytes(b"II*\0" + bytes(299_996))
    assert fetch(address).path.read_bytes() == grid()


def test_a_full_disk_is_said_and_what_has_come_is_kept(fetch, shop, monkeypatch, parts):
    content = grid()
    address = shop.put("/a.tif", content, cuts=[100_000])
    writing = Part.writing

    @contextmanager
    def writing_on_full(part):
        with writing(part) as file:

            def write(piece):
                if part.size_bytes() >= 100_000:
                    raise OSError(errno.ENOSPC, "No space left on device")
                file.write(piece)
                file.flush()

            yield SimpleNamespace(write=write)

    monkeypatch.setattr(Part, "writing", writing_on_full)
    said = r"cannot be written \(No space left on device\); make room"
    with pytest.raises(BoxreachError, match=said):
        fetch(address)
    assert [one.stat().st_size for one in parts()] == [100_000]
    monkeypatch.undo()
    assert fetch(address).path.read_bytes() == content


def test_progress_tells_bytes_and_ends_at_all(fetch, shop):
    told = []
    fetch(shop.put("/a.tif", grid(), cuts=[100_000]), tell=told.append)
    assert told == sorted(told)
    assert 100_000 in told
    assert told[-1] == 300_000


def test_two_commands_do_not_write_one_part(cache):
    pytest.importorskip("fcntl")
    other = Cache(cache.folder).alone()
    with cache.alone(), pytest.raises(BoxreachError, match="another command is downloading"):
        other.__enter__()


def test_patience_has_limits_that_people_bear():
    """Without a network it is said within seconds, and a server is not asked without end."""
    patience = Patience()
    waits = [
        min(patience.wait_s * 2**one, patience.longest_wait_s) for one in range(patience.tries)
    ]
    assert sum(waits) < 120


@pytest.mark.parametrize("seed", range(40))
def test_whatever_a_server_does_a_version_comes_whole_or_none(shop, cache, hastier, seed):
    """Cuts, busy answers, stalls and new versions in any order; joined versions never."""
    draw = random.Random(seed)
    versions = [grid(200_000, 100 * seed + one) for one in range(3)]
    cuts = draw.sample(range(1, 200_000), draw.randrange(8))
    refusals = [(draw.choice([429, 500, 503]), {}) for _ in range(draw.randrange(3))]
    address = shop.put("/a.tif", versions[0], cuts=cuts, refusals=refusals)
    served = shop["/a.tif"]
    served.ranges, served.heeds_if_range = draw.random() < 0.8, draw.random() < 0.7
    served.etag = draw.choice(["", "", None])
    served.stalls_s = [0.4] * (draw.random() < 0.2)

    def change(one):
        if draw.random() < 0.3:
            one.content = draw.choice(versions)
            one.modified = formatdate(1_700_000_000 + versions.index(one.content), usegmt=True)

    change(served)
    served.after = change
    connection = Connection("boxreach/test", hastier)
    said = ""
    try:
        download(connection, cache, Wanted(address, "tif", 10_000_000))
    except BoxreachError as error:
        said = str(error)
    connection.close()
    kept = cache.find(address)
    assert (kept is None) == ("check the network" in said)
    assert kept is None or kept.path.read_bytes() in versions
