"""Errors of servers outside the house."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Self

from .redaction import plain, struck


class OutsideError(Exception):
    """A server that does not do what was asked; `key` names the sentence.

    `retry_after` [s] is when the server wants to be asked again; `placeholders` fill
    the sentence. What a server said is shown plain and short.
    """

    def __init__(
        self,
        key: str,
        detail: str = "",
        retry_after: float | None = None,
        placeholders: Mapping[str, str] | None = None,
    ) -> None:
        """Keep the key, a detail for the log, and when to come again."""
        self.key = key
        self.detail = plain(detail)
        self.retry_after = retry_after
        self.placeholders = {k: plain(v) for k, v in (placeholders or {}).items()}
        self._said = detail, dict(placeholders or {})
        super().__init__(f"{key}: {self.detail}" if self.detail else key)

    def without(self, secrets: tuple[str, ...]) -> Self:
        """Return the same error with secrets struck out of all that was said."""
        detail, placeholders = self._said

        def safe(text: str) -> str:
            # Once more: what was left out may have stood in the midst of one.
            return struck(plain(struck(text, secrets)), secrets)

        return type(self)(
            self.key,
            safe(detail),
            self.retry_after,
            {key: safe(text) for key, text in placeholders.items()},
        )


@contextmanager
def hiding(secrets: tuple[str, ...]) -> Iterator[None]:
    """Let no error say a secret, neither itself nor by what it came from."""
    try:
        yield
    except OutsideError as error:
        raise error.without(secrets) from None


def seconds_to_wait(header: str | None) -> float | None:
    """Return what a Retry-After header asks for [s]; a date in it is not understood."""
    return float(header) if header and header.strip().isdecimal() else None


class OutOfReachError(Exception):
    """A server that is known to be down is not asked again; `name` says which."""

    def __init__(self, name: str) -> None:
        """Name the server."""
        super().__init__(f"{name} is out of reach")
        self.name = name
