"""The check of addresses that a server can be asked at."""

from urllib.parse import urlsplit


def is_web_address(text: str) -> bool:
    """Return whether a text is an HTTP address with a host and a possible port."""
    if any(sign.isspace() or not sign.isprintable() for sign in text):
        return False
    try:
        url = urlsplit(text)
        host, port = url.hostname or "", url.port
        # Refuses names with empty or overlong parts, in whatever alphabet.
        host.encode("idna")
    except ValueError:
        return False
    return url.scheme in ("http", "https") and bool(host) and port != 0
