"""How faults are done: something goes on meanwhile, or may well fail."""

from collections.abc import Callable
from contextlib import suppress
import random
import threading
import time
from typing import Any

from .subject import TROUBLE, Subject

type Fault = Callable[[Subject, random.Random], None]


def meanwhile(work: Callable[[], Any], subject: Subject, wait: float) -> None:
    """Kill the process while something goes on, and start it again."""

    def quietly() -> None:
        with suppress(*TROUBLE):
            work()

    worker = threading.Thread(target=quietly)
    worker.start()
    time.sleep(wait)
    subject.server.kill()
    worker.join()
    subject.server.start()


def quietly(work: Callable[[], Any]) -> None:
    """Do something that may well fail."""
    with suppress(*TROUBLE):
        work()
