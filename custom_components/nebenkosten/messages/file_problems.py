"""Problems of files that cannot be taken as they are."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..engine.domain.report import Severity, Value


@dataclass(frozen=True, slots=True, kw_only=True)
class FileProblem:
    """Something in a file that cannot be taken as it is; `line` counts from 1."""

    file: str
    line: int
    code: str
    severity: Severity
    data: Mapping[str, Value] = field(default_factory=dict)
