"""Errors of client libraries translated to ours."""

from collections.abc import Callable
from functools import wraps

from .connection import InfluxError


def understood[**P, R](
    translate: Callable[[Exception], InfluxError],
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Raise InfluxError for whatever a method of a server raises."""

    def decorate(method: Callable[P, R]) -> Callable[P, R]:
        @wraps(method)
        def asked(*args: P.args, **kwargs: P.kwargs) -> R:
            try:
                return method(*args, **kwargs)
            except InfluxError:
                raise
            except Exception as error:
                raise translate(error) from error

        return asked

    return decorate
