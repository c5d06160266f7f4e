"""Conversations with an InfluxDB that end: none lasts for ever, no answer fills memory.

A server that sends a byte now and then resets every timeout of a socket. So each
question has a deadline, after which its connection is shut down wherever it stands; and
an answer is read piece by piece up to a limit, also where it was packed small.
"""

from contextlib import suppress
from io import BytesIO
import socket
import threading
from typing import Any, Final, Self, override

from requests import exceptions
from requests.adapters import HTTPAdapter
from urllib3 import BaseHTTPResponse, HTTPConnectionPool, HTTPResponse, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPSConnectionPool
from urllib3.exceptions import HTTPError, ReadTimeoutError

# What servers need for the largest questions is a fifth of it [s].
_DEADLINE: Final = 90.0
# A million values; more are asked for in parts of their time.
_LARGEST: Final = 32_000_000
_PIECE: Final = 65_536
# They say how the body was sent, and it has been unpacked.
_SENT: Final = ("content-encoding", "content-length", "transfer-encoding")


class LargeError(HTTPError):
    """An answer of more bytes than any that is meant."""


# What conversations by requests end with. In this order: a JSON that is none is an
# error of requests, too.
OF_REQUESTS: Final = (
    (LargeError, "large"),
    (UnicodeEncodeError, "credentials"),
    (exceptions.SSLError, "certificate"),
    (exceptions.Timeout, "silent"),
    (exceptions.JSONDecodeError, "answer"),
    (OSError, "address"),
)


class _Reached:
    """Remembers the socket: a connection lets go of it while an answer still comes."""

    sock: socket.socket | None
    reached: socket.socket | None = None

    def connect(self) -> None:
        super().connect()  # type: ignore[misc]
        self.reached = self.sock


class _Deadline:
    """Ends a conversation that is not over in time; `passed` tells that it did."""

    def __init__(self, conversation: _Reached) -> None:
        self._conversation = conversation
        self._timer = threading.Timer(_DEADLINE, self._end)
        self._timer.daemon = True
        self.passed = False

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        self._timer.join()

    def _end(self) -> None:
        self.passed = True
        line = self._conversation.reached or self._conversation.sock
        if line is not None:
            # Wakes whoever reads or writes; a secure one would first say good-bye.
            with suppress(OSError):
                socket.socket.shutdown(line, socket.SHUT_RDWR)


class _Connection(_Reached, HTTPConnection):
    pass


class _SecureConnection(_Reached, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls: type[HTTPConnection] = _Connection

    @override
    def _make_request(
        self, conn: Any, method: str, url: str, *args: Any, **kwargs: Any
    ) -> BaseHTTPResponse:
        """Return an answer that has come as a whole."""
        whole = kwargs.pop("preload_content", True)
        kwargs["preload_content"] = False
        with _Deadline(conn) as deadline:
            try:
                answer = super()._make_request(conn, method, url, *args, **kwargs)
                content = _content(answer)
            except Exception as error:
                if deadline.passed:
                    raise self._late(url) from error
                raise
        if deadline.passed:
            # An answer without a length seems whole where it was cut off.
            raise self._late(url)
        return HTTPResponse(
            body=BytesIO(content),
            headers={
                key: value
                for key, value in answer.headers.items()
                if key.lower() not in _SENT
            },
            status=answer.status,
            version=answer.version,
            reason=answer.reason,
            retries=kwargs.get("retries"),
            preload_content=whole,
            request_method=method,
            request_url=url,
        )

    def _late(self, url: str) -> ReadTimeoutError:
        return ReadTimeoutError(self, url, f"no whole answer in {_DEADLINE:.0f} s")


class _SecurePool(_Pool, HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


def _content(answer: BaseHTTPResponse) -> bytes:
    """Return an answer's body, unpacked; raises LargeError."""
    content = bytearray()
    for piece in answer.stream(_PIECE, decode_content=True):
        content += piece
        if len(content) > _LARGEST:
            answer.close()
            raise LargeError(f"> {_LARGEST // 1_000_000} MB")
    return bytes(content)


def bind(manager: PoolManager) -> None:
    """Bound all conversations that a pool begins from now on."""
    manager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}


class BoundAdapter(HTTPAdapter):
    """The same for sessions of requests."""

    @override
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        bind(self.poolmanager)
