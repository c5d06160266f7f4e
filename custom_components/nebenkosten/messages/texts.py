"""The sentences that a person reads for findings and rejected rows.

The sentences live with all other texts in `translations/`, under `exceptions`.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import cache
import json
from pathlib import Path
from zoneinfo import ZoneInfo

from homeassistant.core import HomeAssistant

from ..engine.domain.answers import Node
from ..engine.domain.report import Finding, Value
from ..engine.domain.validation import Problem
from .file_problems import FileProblem

type Sentences = Mapping[str, str]
type Wording = Callable[[Finding], str]

_FALLBACK = "en"


# A run words its findings in several places; the file never changes while we run.
@cache
def load_sentences(language: str) -> Sentences:
    """Read the sentences of a language, English where there is no such file."""
    folder = Path(__file__).parent.parent / "translations"
    path = folder / f"{language.split('-', maxsplit=1)[0]}.json"
    if not path.exists():
        path = folder / f"{_FALLBACK}.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    return {key: entry["message"] for key, entry in content["exceptions"].items()}


def finding_text(finding: Finding, sentences: Sentences, *, comma: bool) -> str:
    """Return a finding's sentence; numbers carry a decimal comma where wanted."""
    code = finding.code
    key = code if code.startswith("anomaly_") else f"finding_{code}"
    return _filled(sentences[key], finding.data, comma=comma)


def problem_text(problem: Problem, sentences: Sentences, *, comma: bool = False) -> str:
    """Return the sentence that says what does not fit."""
    return _filled(sentences[f"check_{problem.code}"], problem.data, comma=comma)


def file_problem_text(problem: FileProblem, sentences: Sentences) -> str:
    """Return the sentence that says what is wrong in a file, with its line."""
    text = _filled(sentences[f"file_{problem.code}"], problem.data, comma=False)
    return _filled(
        sentences["file_line"],
        {"file": problem.file, "line": problem.line, "text": text},
        comma=False,
    )


def way_out(problem: Problem, sentences: Sentences) -> str:
    """Return the sentence that says what can be done about it."""
    return sentences[f"way_out_{problem.code}"]


def _filled(sentence: str, data: Mapping[str, Value], *, comma: bool) -> str:
    return sentence.format(
        **{key: shown(value, comma=comma) for key, value in data.items()}
    )


async def async_explaining(
    hass: HomeAssistant, zone: ZoneInfo
) -> Callable[[Node], str]:
    """Return what words a step on the way to a number."""
    sentences = await async_sentences(hass)
    comma = writes_comma(hass.config.language)

    def how(node: Node) -> str:
        data = dict(node.data)
        if "instant" in data:
            at = datetime.fromtimestamp(float(str(data["instant"])), zone)
            data["instant"] = at.isoformat(sep=" ", timespec="minutes")
        return _filled(sentences[f"explain_{node.how}"], data, comma=comma)

    return how


async def async_sentences(hass: HomeAssistant) -> Sentences:
    """Return the sentences in the language of this Home Assistant."""
    return await hass.async_add_executor_job(load_sentences, hass.config.language)


async def async_wording(hass: HomeAssistant) -> Wording:
    """Return what words a finding in the language of this Home Assistant."""
    sentences = await async_sentences(hass)
    comma = writes_comma(hass.config.language)
    return lambda finding: finding_text(finding, sentences, comma=comma)


def writes_comma(language: str) -> bool:
    """Return whether people of a language write decimals with a comma."""
    return language.startswith("de")


def shown(value: Value, *, comma: bool) -> str:
    """Return a value as a person writes it: at most three decimals, none needless."""
    if isinstance(value, str):
        return value
    if isinstance(value, date):
        return f"{value:%d.%m.%Y}" if comma else value.isoformat()
    text = f"{value:.3f}".rstrip("0").rstrip(".") if isinstance(value, float) else None
    text = str(value) if text is None else text
    return text.replace(".", ",") if comma else text
