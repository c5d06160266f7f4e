"""A server made of a connection. Loads the client library: blocks."""

from ..outside.address import is_web_address
from .connection import Connection, InfluxError, Version
from .model import Server


def open_server(connection: Connection) -> Server:
    """Return the server; nothing is asked yet. Raises InfluxError("address")."""
    if not is_web_address(connection.url):
        raise InfluxError("address", connection.url)
    if connection.version is Version.V2:
        from .v2 import FluxServer

        return FluxServer(connection)
    if connection.version is Version.V3:
        from .v3 import SqlServer

        return SqlServer(connection)
    from .v1 import InfluxQLServer

    return InfluxQLServer(connection)
