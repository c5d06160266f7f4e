"""The connection to an InfluxDB: address, version and credentials.

Free of the client libraries: loaded while Home Assistant sets up.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from ..outside import OutsideError
from ..outside.redaction import credentials, secrets_in


class Version(StrEnum):
    """Which of InfluxDB's interfaces a server has."""

    V1 = "1"
    V2 = "2"
    V3 = "3"


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """A server and its two places: buckets of version 2, databases of 1 and 3."""

    version: Version
    url: str
    raw: str
    processed: str
    verify_ssl: bool = True
    token: str = ""
    organisation: str = ""
    username: str = ""
    password: str = ""

    @property
    def secrets(self) -> tuple[str, ...]:
        """Return what no sentence about the server may hold."""
        named = credentials(self.username, self.password)
        return (*named, *filter(None, (self.token,)), *secrets_in(self.url))


def connection_from(data: Mapping[str, object]) -> Connection:
    """Return the connection that an entry's data describe."""

    def text(key: str) -> str:
        return str(data.get(key) or "")

    return Connection(
        version=Version(text("version")),
        url=text("url").rstrip("/"),
        raw=text("raw"),
        processed=text("processed"),
        verify_ssl=bool(data.get("verify_ssl", True)),
        token=text("token"),
        organisation=text("organisation"),
        username=text("username"),
        password=text("password"),
    )


class InfluxError(OutsideError):
    """An InfluxDB that does not do what was asked.

    Its keys: `address`, `certificate`, `silent`, `credentials`, `organisation`,
    `rights`, `place` (a bucket or database), `busy`, `server`, `answer`, `large`
    (an answer that is), `column` (a field of another type: its measurement, name and
    type), `retention` (points older than a bucket keeps), `refused`, and in the form
    `name` (none that a database can have) and `same_place` for raw values and results.
    """
