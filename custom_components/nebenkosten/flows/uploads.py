"""The content of a file that was chosen in a form."""

from homeassistant.components.file_upload import process_uploaded_file
from homeassistant.core import HomeAssistant

from ..intake.regular_file import read_regular
from ..intake.table import LARGEST


async def async_uploaded(
    hass: HomeAssistant, file_id: str, most: int = LARGEST
) -> bytes:
    """Return an uploaded file's content; the upload is gone afterwards.

    Raises FileError for one of more than `most` bytes.
    """

    def read() -> bytes:
        with process_uploaded_file(hass, file_id) as path:
            return read_regular(path.resolve(), most=most)

    return await hass.async_add_executor_job(read)
