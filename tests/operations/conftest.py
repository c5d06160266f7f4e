"""The same house as the tests of Home Assistant have."""

from ..home_assistant.conftest import _berlin, _integration, _no_naps, fake, house

__all__ = ["_berlin", "_integration", "_no_naps", "fake", "house"]
