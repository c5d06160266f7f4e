"""What a server says, made fit to be read by everybody: short, plain, no secrets.

Its words end in logs, repairs, forms and run records, which others than administrators
read, too. A server may echo what it was sent, and may send what it likes.
"""

from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator
from functools import lru_cache
from html import escape, unescape
import json
import re
from typing import Final
import unicodedata
from urllib.parse import parse_qsl, quote, quote_plus, unquote, unquote_plus, urlsplit

_SHOWN: Final = 200
_STRUCK: Final = "•••"
# A piece of base64 or hex that is shorter may as well be any word.
_TELLING: Final = 6
# Shorter ones are struck as they are, but not looked for in what something decodes to.
_LONG: Final = 4
_ROUNDS: Final = 3
# Signs that would be a link, a picture or a tag where sentences are rendered.
_HARMLESS: Final = str.maketrans("<>[]`*", "«»()'·")
_LINK: Final = re.compile(r"(?<=:)(?=//)|(?<=www)(?=\.)", re.IGNORECASE)
_BACKSLASHED: Final = re.compile(
    r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(.))", re.DOTALL
)


def plain(text: str) -> str:
    """Return one line of at most 200 characters without control signs and markup."""
    # Only the begin is shown; the rest need not be looked at sign by sign.
    shown = "".join(
        " " if unicodedata.category(sign) in ("Cc", "Cf", "Cs", "Zl", "Zp") else sign
        for sign in text[: _SHOWN * 20]
    )
    line = _LINK.sub(" ", " ".join(shown.split()).translate(_HARMLESS))
    return line if len(line) <= _SHOWN else f"{line[: _SHOWN - 1]}…"


def struck(text: str, secrets: tuple[str, ...]) -> str:
    """Return a text with every secret struck out, in whatever encoding it stands.

    Where one shows only after decoding twice, nothing of the text is left.
    """
    known = tuple(secret for secret in secrets if secret)
    if not known:
        return text
    left = _pattern(known).sub(_STRUCK, text)
    long = [secret.casefold() for secret in known if len(secret) >= _LONG]
    for form in _decoded(left):
        if any(secret in form.casefold() for secret in long):
            return _STRUCK
    return left


def secrets_in(url: str) -> tuple[str, ...]:
    """Return what an address may hold that is nobody's business."""
    try:
        parts = urlsplit(url)
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
    except ValueError:
        return (url,)
    asked = [value for _, value in parse_qsl(parts.query) if len(value) >= _LONG]
    return (*credentials(user, password), *(() if password else (user,)), *asked)


def credentials(user: str, password: str) -> tuple[str, ...]:
    """Return the secrets of somebody with a password, as a header has them, too."""
    return (f"{user}:{password}", password) if password else ()


@lru_cache(maxsize=64)
def _pattern(secrets: tuple[str, ...]) -> re.Pattern[str]:
    forms = {form for secret in secrets for form in _encodings(secret) if form}
    return re.compile(
        "|".join(re.escape(form) for form in sorted(forms, key=len, reverse=True)),
        re.IGNORECASE,
    )


def _encodings(secret: str) -> Iterator[str]:
    """Yield a secret as headers, addresses, JSON, HTML and tracebacks write it."""
    raw = secret.encode("utf-8", "surrogatepass")
    yield secret
    yield raw.decode("latin-1")
    for safe in ("", "/", "/:@", "~()*!.'"):
        yield quote(raw, safe)
        yield quote_plus(raw, safe)
    for ascii_only in (True, False):
        written = json.dumps(secret, ensure_ascii=ascii_only)[1:-1]
        yield written
        yield written.replace("/", "\\/")
        yield written.translate({ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&'"})
    yield from (escape(secret), escape(secret, quote=False))
    yield from (repr(secret)[1:-1], ascii(secret)[1:-1], repr(raw)[2:-1])
    for piece in (raw.hex(), *_base64(raw)):
        if len(piece) >= _TELLING:
            yield piece


def _base64(raw: bytes) -> Iterator[str]:
    """Yield the base64 of a secret that begins at any place of a longer text."""
    yield b64encode(raw).decode()
    yield urlsafe_b64encode(raw).decode()
    for before in range(3):
        whole = slice((0, 2, 3)[before], (before + len(raw)) * 8 // 6)
        padded = b"\0" * before + raw
        yield b64encode(padded).decode()[whole]
        yield urlsafe_b64encode(padded).decode()[whole]


def _decoded(text: str) -> Iterator[str]:
    """Yield what a text stands for, once, twice and thrice decoded."""
    for decode in (unquote_plus, unquote):
        form = text
        for _ in range(_ROUNDS):
            for step in (decode, _unescaped_html, _unescaped):
                form = step(form)
                yield form


def _unescaped_html(text: str) -> str:
    try:
        return unescape(text)
    except ValueError:
        return text


def _unescaped(text: str) -> str:
    def sign(match: re.Match[str]) -> str:
        code = match[1] or match[2]
        return chr(int(code, 16)) if code else str(match[3])

    # Signs beyond the first 65,536 come as two halves.
    halves = _BACKSLASHED.sub(sign, text).encode("utf-16", "surrogatepass")
    return halves.decode("utf-16", "replace")
