"""Connections with the servers, and names that they have to bear."""

from hypothesis import HealthCheck, settings, strategies as st

from custom_components.nebenkosten.influx.connection import Connection, Version

from .stand_in import ORGANISATION, TOKEN, StandIn

# Each example has a database of its own in the one server.
ONE_SERVER = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)

ODD = (
    "'",
    '"',
    "\\",
    "\n",
    "\r",
    "\t",
    " ",
    ",",
    "=",
    "$",
    "{",
    "}",
    "ä",
    "ß",
    "🚰",
    "␛",
)

NAMES = st.text(
    st.one_of(
        st.sampled_from(ODD), st.characters(codec="utf-8", exclude_characters="\0")
    ),
    min_size=1,
    max_size=12,
).filter(str.strip)


def v2(stand_in: StandIn, *, token: str = TOKEN, org: str = ORGANISATION) -> Connection:
    return Connection(
        version=Version.V2,
        url=stand_in.url,
        token=token,
        organisation=org,
        raw="raw",
        processed="out",
    )
