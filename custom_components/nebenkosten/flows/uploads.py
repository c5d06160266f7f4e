"""What is in a file that somebody chose in a form?"""

from homeassistant.components.file_upload import process_uploaded_file
from homeassistant.core import HomeAssistant


async def async_uploaded(hass: HomeAssistant, file_id: str) -> bytes:
    """Return an uploaded file's content; the upload is gone afterwards."""

    def read() -> bytes:
        with process_uploaded_file(hass, file_id) as path:
            return path.read_bytes()

    return await hass.async_add_executor_job(read)
