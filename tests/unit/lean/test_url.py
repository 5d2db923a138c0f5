"""URLs as a locustfile writes them, and where a request goes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from requests import PreparedRequest

from slo.lean.errors import InvalidRequestError
from slo.lean.url import Origin, basic_authorization, join, parse, redirected, with_params


@pytest.mark.parametrize(
    ("url", "authority", "path"),
    [
        ("http://api.test", "api.test", "/"),
        ("http://api.test:80/a b", "api.test", "/a%20b"),
        ("https://api.test:8443/x?y=ä#z", "api.test:8443", "/x?y=%C3%A4"),
        ("http://[::1]:8080/", "[::1]:8080", "/"),
        ("  HTTP://api.test/x  ", "api.test", "/x"),
    ],
)
def test_a_url_is_parsed_and_escaped(url: str, authority: str, path: str) -> None:
    target = parse(url)
    assert (target.origin.authority, target.path) == (authority, path)
    assert parse(target.url_shown) == target


@pytest.mark.parametrize("url", ["", "api.test/x", "ftp://api.test", "http://", "http://a:b:c/", "http://a:port/"])
def test_what_is_not_a_url_is_refused(url: str) -> None:
    with pytest.raises(InvalidRequestError, match="not a URL"):
        parse(url)


def test_user_and_password_become_a_header() -> None:
    target = parse("http://guest:p%40ss@api.test/x")
    assert target.authorization == basic_authorization("guest", "p@ss") == "Basic Z3Vlc3Q6cEBzcw=="
    assert "guest" not in target.url


@pytest.mark.parametrize(
    ("base", "path"), [("http://a.test", "/x"), ("http://a.test/v1/", "/x?y=1"), ("http://a.test", "/ä")]
)
def test_a_path_below_a_base_is_the_whole_url(base: str, path: str) -> None:
    whole = base.rstrip("/") + path
    assert join(parse(base), whole, path) == parse(whole)


@given(st.text("ab./?#%4F ñ;[", max_size=12).map(str.rstrip))
def test_every_path_becomes_what_requests_makes_of_it(path: str) -> None:
    whole = f"http://a.test/{path}"
    prepared = PreparedRequest()
    prepared.prepare_url(whole, None)
    assert join(parse("http://a.test"), whole, f"/{path}").url_shown == prepared.url


@given(st.dictionaries(st.text("abc é&", min_size=1), st.one_of(st.text(max_size=5), st.integers(), st.none())))
def test_parameters_are_those_of_requests(params: dict[str, object]) -> None:
    prepared = PreparedRequest()
    prepared.prepare_url("http://a.test/x", params)  # type: ignore[arg-type]
    assert parse(with_params("http://a.test/x", params)).url == prepared.url


def test_parameters_may_be_text_and_go_before_the_fragment() -> None:
    assert with_params("http://a.test/x?y=1#z", "q=2") == "http://a.test/x?y=1&q=2#z"
    assert with_params("http://a.test/x", b"q=2") == "http://a.test/x?q=2"
    assert with_params("http://a.test/x", {}) == "http://a.test/x"


@pytest.mark.parametrize(
    ("location", "url"),
    [
        ("/y", "http://a.test/y"),
        ("y?z", "http://a.test/x/y?z"),
        ("https://b.test/", "https://b.test/"),
        ("//b.test/q", "http://b.test/q"),
        ("/caf\xc3\xa9", "http://a.test/caf%C3%A9"),
        ("/caf\xe9", "http://a.test/caf%C3%A9"),
    ],
)
def test_a_redirect_is_relative_to_its_request(location: str, url: str) -> None:
    assert redirected(parse("http://a.test/x/1"), location).url == url


@pytest.mark.parametrize(("location", "fragment"), [("/y", "first"), ("/y#own", "own"), ("/y#", "first")])
def test_a_redirect_keeps_the_fragment_unless_it_has_its_own(location: str, fragment: str) -> None:
    there = redirected(parse("http://a.test/x#first"), location)
    assert (there.path, there.url, there.url_shown) == ("/y", "http://a.test/y", f"http://a.test/y#{fragment}")


def test_the_authority_leaves_the_default_port_out() -> None:
    assert Origin("https", "a.test", 443).authority == "a.test"
    assert Origin("http", "a.test", 443).authority == "a.test:443"
