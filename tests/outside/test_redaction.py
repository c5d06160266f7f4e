"""What a server says is shown short and plain, and never with a secret in it."""

from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable
from html import escape
import json
import unicodedata
from urllib.parse import quote, quote_plus

from hypothesis import example, given, strategies as st
import pytest

from custom_components.nebenkosten.outside import OutsideError, hiding
from custom_components.nebenkosten.outside.address import is_web_address
from custom_components.nebenkosten.outside.redaction import plain, secrets_in

SECRETS = st.text(
    st.characters(codec="utf-8", min_codepoint=32), min_size=6, max_size=40
).filter(lambda text: len(set(text)) > 3 and text == " ".join(text.split()))
AROUND = st.text(st.characters(codec="ascii", categories=["P", "Zs"]), max_size=20)

FORMS: dict[str, Callable[[str], str]] = {
    "raw": str,
    "url": quote_plus,
    "url without a slash": lambda text: quote(text, safe=""),
    "lower case url": lambda text: quote(text, safe="").lower(),
    "json": lambda text: json.dumps(text)[1:-1],
    "json in json": lambda text: json.dumps(json.dumps(text))[1:-1],
    "url in json": lambda text: json.dumps(quote(text))[1:-1],
    "url twice": lambda text: quote(quote(text)),
    "html": escape,
    "repr": repr,
    "bytes": lambda text: repr(text.encode()),
    "base64": lambda text: b64encode(text.encode()).decode(),
    "base64 for urls": lambda text: urlsafe_b64encode(text.encode()).decode(),
    "basic": lambda text: b64encode(f"somebody:{text}".encode()).decode(),
    "hex": lambda text: text.encode().hex(),
}


@pytest.mark.parametrize("form", FORMS)
@given(secret=SECRETS, before=AROUND, after=AROUND)
@example(secret="00012\U00010000", before="", after="")
@example(secret="0001\\2", before="", after="")
@example(secret='pa"ss<w>ör/d+&%', before="x ", after="")
def test_no_secret_is_said(form: str, secret: str, before: str, after: str) -> None:
    echoed = FORMS[form](secret)
    said = f"{before}{echoed}{after}"
    with pytest.raises(OutsideError) as caught, hiding((secret, f"somebody:{secret}")):
        raise OutsideError("refused", said, placeholders={"found": said})
    told = caught.value
    assert told.__suppress_context__
    for text in (told.detail, str(told), told.placeholders["found"], repr(told)):
        assert secret.casefold() not in text.casefold()
        assert echoed not in text


@given(st.text(max_size=400))
@example("[a](http://b.example) ![x](y) <img src=x onerror=alert(1)> `c`\x1b[31m\u202e")
@example("www.example.com")
def test_what_a_server_says_is_plain(text: str) -> None:
    shown = plain(text)
    assert len(shown) <= 200
    assert not set(shown) & set("<>[]`*")
    assert "://" not in shown
    assert "www." not in shown.lower()
    categories = {unicodedata.category(sign) for sign in shown}
    assert not categories & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert plain(shown) == shown


def test_a_secret_is_struck_before_the_end_is_cut_off() -> None:
    with pytest.raises(OutsideError) as caught, hiding(("a-long-secret",)):
        raise OutsideError("refused", "x" * 195 + "a-long-secret")
    assert "a-l" not in caught.value.detail


def test_addresses_hold_secrets() -> None:
    found = secrets_in("https://me:p%40ss@host/x?key=abcdef&n=1")
    assert set(found) == {"me:p@ss", "p@ss", "abcdef"}
    assert secrets_in("https://token@host") == ("token",)
    assert secrets_in("http://[::1") == ("http://[::1",)


@pytest.mark.parametrize(
    ("address", "right"),
    [
        ("http://localhost:8086", True),
        ("https://[::1]:8086/path", True),
        ("http://zähler.example", True),
        ("http://user:pass@host", True),
        ("http://host:99999", False),
        ("http://host:-1", False),
        ("http://host:abc", False),
        ("http://host:0", False),
        ("http://[::1", False),
        ("http://a b", False),
        ("http://a\tb", False),
        ("http://a\0b", False),
        ("http://", False),
        ("http:///x", False),
        ("host:8086", False),
        ("localhost", False),
        ("ftp://host", False),
        ("http://a..b", False),
        (f"http://{'ä' * 70}.de", False),
        ("", False),
    ],
)
def test_which_texts_are_addresses(address: str, right: bool) -> None:
    assert is_web_address(address) is right


@given(st.text())
def test_no_text_is_a_crash(text: str) -> None:
    is_web_address(text)
    is_web_address(f"http://{text}")
