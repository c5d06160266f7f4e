"""Errors of client libraries translated to ours."""

from collections.abc import Callable, Iterable
from functools import wraps

from .connection import InfluxError


def by_kind(error: Exception, kinds: Iterable[tuple[type, str]]) -> InfluxError:
    """Return an error named by the first kind that it is of."""
    key = next((key for kind, key in kinds if isinstance(error, kind)), "answer")
    return InfluxError(key, repr(error))


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
