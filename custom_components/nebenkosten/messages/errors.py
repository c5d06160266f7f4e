"""How does trouble reach the user: as a translated sentence."""

from collections.abc import Callable
from functools import partial
from typing import Final

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError

from ..const import DOMAIN
from ..journal.records import JournalError

# The user named something that is not there; nothing is broken.
_USER_ERRORS: Final = {"reading_unknown"}


def refuse(key: str, **placeholders: str) -> ServiceValidationError:
    """Return the error that tells the user what is wrong with what was given."""
    return ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key=key,
        translation_placeholders=placeholders or None,
    )


def broken(key: str) -> HomeAssistantError:
    """Return the error that tells the user what does not work."""
    return HomeAssistantError(translation_domain=DOMAIN, translation_key=key)


DOUBTED: Final = "reading_doubted"


def placeholders(error: HomeAssistantError) -> dict[str, str]:
    """Return what fills an error's sentence."""
    return dict(error.translation_placeholders or {})


def error_key(error: HomeAssistantError) -> str:
    """Return the key of an error's sentence, in forms that have one for it."""
    ours = error.translation_domain == DOMAIN and error.translation_key
    return ours or "unknown"


async def async_in_journal[**P, R](
    hass: HomeAssistant, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs
) -> R:
    """Do something with the journal; its errors reach the user as sentences."""
    try:
        return await hass.async_add_executor_job(partial(work, *args, **kwargs))
    except JournalError as error:
        if error.key in _USER_ERRORS:
            raise refuse(error.key) from error
        raise broken(error.key) from error
