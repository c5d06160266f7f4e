"""How does a connection become a server? Loads the client library: blocks."""

from .connection import Connection, Version
from .model import Server


def open_server(connection: Connection) -> Server:
    """Return the server; nothing is asked yet."""
    if connection.version is Version.V2:
        from .v2 import FluxServer

        return FluxServer(connection)
    from .v1 import InfluxQLServer

    return InfluxQLServer(connection)
