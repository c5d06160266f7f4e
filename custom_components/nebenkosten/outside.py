"""What can go wrong with a server outside the house?"""

from collections.abc import Mapping


class OutsideError(Exception):
    """A server that does not do what was asked; `key` names the sentence.

    `retry_after` [s] is when the server wants to be asked again; `placeholders` fill
    the sentence.
    """

    def __init__(
        self,
        key: str,
        detail: str = "",
        retry_after: float | None = None,
        placeholders: Mapping[str, str] | None = None,
    ) -> None:
        """Keep the key, a detail for the log, and when to come again."""
        super().__init__(f"{key}: {detail}" if detail else key)
        self.key = key
        self.detail = detail
        self.retry_after = retry_after
        self.placeholders = placeholders


def seconds_to_wait(header: str | None) -> float | None:
    """Return what a Retry-After header asks for [s]; a date in it is not understood."""
    return float(header) if header and header.strip().isdecimal() else None


class OutOfReachError(Exception):
    """A server that is known to be down is not asked again; `name` says which."""

    def __init__(self, name: str) -> None:
        """Name the server."""
        super().__init__(f"{name} is out of reach")
        self.name = name
