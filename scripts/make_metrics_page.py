"""Write docs/metrics.md from the catalogue of metrics."""

from pathlib import Path

from custom_components.nebenkosten.engine.domain.metrics import METRICS, Metric
from custom_components.nebenkosten.messages.texts import Sentences, load_sentences

PAGE = Path(__file__).resolve().parent.parent / "docs" / "metrics.md"
_COLUMNS = (
    *("metric", "what it is", "was es ist", "formula", "unit"),
    *("shown for", "adds up", "from", "since"),
)
_HEAD = (
    "# Metrics\n\n"
    "Each number is computed in one place, whether a sensor, a statistic, a point of "
    "the InfluxDB, an export or an action shows it.\n"
    "This page is made from the catalogue in `engine/domain/metrics.py` by "
    "`python -m scripts.make_metrics_page`; costs come with tariffs.\n\n"
    "*Adds up*: `sum` means that days add up to longer times, `last` that the last "
    "day's value holds, `none` that adding up would mean nothing and is refused.\n\n"
    f"| {' | '.join(_COLUMNS)} |\n{'|---' * len(_COLUMNS)}|\n"
)


def page() -> str:
    """Return the page's text."""
    english, german = (load_sentences(language) for language in ("en", "de"))
    return _HEAD + "".join(
        f"{_row(metric, english, german)}\n" for metric in METRICS.values()
    )


def _row(
    metric: Metric[..., float | None], english: Sentences, german: Sentences
) -> str:
    key = f"metric_{metric.key}"
    cells = (
        f"`{metric.key}`",
        english[key],
        german[key],
        f"`{metric.formula}`",
        metric.unit or "the meter's",
        ", ".join(metric.grains),
        metric.additivity.value,
        ", ".join(metric.inputs),
        metric.since,
    )
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
