"""The limit on how much of an answer is read."""

from typing import Final

import aiohttp

_CHUNK: Final = 65_536


async def async_content(response: aiohttp.ClientResponse, most: int) -> bytes | None:
    """Return what a server sends, None as soon as it is more than `most` bytes."""
    content = bytearray()
    async for chunk in response.content.iter_chunked(_CHUNK):
        content += chunk
        if len(content) > most:
            return None
    return bytes(content)
