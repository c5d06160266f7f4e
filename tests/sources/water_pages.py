"""Variants of the pages of the Bavarian services, and what each of them says."""

from datetime import UTC, datetime

type Rows = list[tuple[datetime, float]]


def at(year: int, month: int, day: int, hour: int, minute: int) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


def page(table: str) -> str:
    return f"""<!DOCTYPE html><html lang="de"><head><meta charset="utf-8">
<title>Wassertemperatur</title>
<script>if (1 < 2) {{ document.write("<td>x</td>") }}</script>
</head><body><table class="layout"><tr><td>Startseite</td><td>Kontakt</td></tr></table>
<div id="content"><h1>Schliersee</h1>{table}</div></body></html>"""


def rows(*pairs: tuple[str, str]) -> str:
    return "".join(f"<tr><td>{time}</td><td>{value}</td></tr>" for time, value in pairs)


WINTER = [(at(2026, 1, 10, 10, 45), 4.3), (at(2026, 1, 10, 11, 0), 4.4)]
HEAD = "<tr><th>Datum</th><th>Wassertemperatur [°C]</th></tr>"

PAGES: dict[str, tuple[str, Rows]] = {
    "newest first, comma": (
        page(
            f'<table class="tblsort"><thead>{HEAD}</thead><tbody>'
            + rows(("10.01.2026 12:00", "4,4"), ("10.01.2026 11:45", "4,3"))
            + "</tbody></table>"
        ),
        WINTER,
    ),
    "oldest first, point": (
        page(
            f"<table>{HEAD}"
            + rows(("10.01.2026 11:45", "4.3"), ("10.01.2026 12:00", "4.4"))
            + "</table>"
        ),
        WINTER,
    ),
    "Uhr and a unit": (
        page(
            "<table>"
            + rows(
                ("10.01.2026, 12:00 Uhr", "4,4 °C"), ("10.01.2026, 11:45 Uhr", "4,3 °C")
            )
            + "</table>"
        ),
        WINTER,
    ),
    "below zero, three signs": (
        page(
            "<table>"
            + rows(
                ("10.01.2026 12:00", "-0,2"),
                ("10.01.2026 11:45", "−0,3"),
                ("10.01.2026 11:30", "– 0,4"),
            )
            + "</table>"
        ),
        [
            (at(2026, 1, 10, 10, 30), -0.4),
            (at(2026, 1, 10, 10, 45), -0.3),
            (at(2026, 1, 10, 11, 0), -0.2),
        ],
    ),
    "summer time": (
        page("<table>" + rows(("10.07.2026 12:00", "21,5")) + "</table>"),
        [(at(2026, 7, 10, 10, 0), 21.5)],
    ),
    "the hour that comes twice, newest first": (
        page(
            "<table>"
            + rows(
                ("25.10.2026 03:00", "9,5"),
                ("25.10.2026 02:30", "9,4"),
                ("25.10.2026 02:00", "9,3"),
                ("25.10.2026 02:30", "9,2"),
                ("25.10.2026 02:00", "9,1"),
                ("25.10.2026 01:30", "9,0"),
            )
            + "</table>"
        ),
        [
            (at(2026, 10, 24, 23, 30), 9.0),
            (at(2026, 10, 25, 0, 0), 9.1),
            (at(2026, 10, 25, 0, 30), 9.2),
            (at(2026, 10, 25, 1, 0), 9.3),
            (at(2026, 10, 25, 1, 30), 9.4),
            (at(2026, 10, 25, 2, 0), 9.5),
        ],
    ),
    "the hour that is left out": (
        page(
            "<table>"
            + rows(
                ("29.03.2026 03:00", "5,2"),
                ("29.03.2026 02:30", "99,9"),
                ("29.03.2026 01:30", "5,0"),
            )
            + "</table>"
        ),
        [(at(2026, 3, 29, 0, 30), 5.0), (at(2026, 3, 29, 1, 0), 5.2)],
    ),
    "values that are none": (
        page(
            "<table>"
            + rows(
                ("10.01.2026 12:00", "--"),
                ("10.01.2026 11:45", "4,3"),
                ("10.01.2026 11:30", "-777"),
                ("10.01.2026 11:15", "k.A."),
                ("10.01.2026 11:00", ""),
                ("31.02.2026 11:00", "4,0"),
                ("10.01.2026 25:00", "4,0"),
            )
            + "</table>"
        ),
        WINTER[:1],
    ),
    "date and time apart": (
        page(
            "<table><tr><th>Datum</th><th>Uhrzeit</th><th>Temperatur</th></tr>"
            "<tr><td>10.01.2026</td><td>12:00</td><td>4,4</td></tr>"
            "<tr><td>10.01.2026</td><td>11:45</td><td>4,3</td></tr></table>"
        ),
        WINTER,
    ),
    "a name first, more behind": (
        page(
            "<table><tr><td>Schliersee</td><td>10.01.2026 12:00</td><td>4,4</td>"
            "<td>geprüft</td></tr><tr><td>Schliersee</td><td>10.01.2026 11:45</td>"
            "<td>4,3</td><td>roh</td></tr></table>"
        ),
        WINTER,
    ),
    "markup and entities within": (
        page(
            '<table><tr class="a"><td><b>10.01.2026</b>&nbsp;<i>12:00</i></td>'
            '<td align=right><span title="°C">4,4</span></td></tr>'
            "<tr><td>10.01.2026&#160;11:45</td><td>4,3</td></tr></table>"
        ),
        WINTER,
    ),
    "cells that are not closed": (
        page(
            "<table><tr><td>10.01.2026 12:00<td>4,4"
            "<tr><td>10.01.2026 11:45<td>4,3</table>"
        ),
        WINTER,
    ),
    "capital letters, seconds, ISO": (
        page(
            "<TABLE><TR><TD>2026-01-10 12:00:00</TD><TD>4.4</TD></TR>"
            "<TR><TD>2026-01-10T11:45</TD><TD>4.3</TD></TR></TABLE>"
        ),
        WINTER,
    ),
    "a table within a table": (
        page(
            "<table><tr><td><table>"
            + rows(("10.01.2026 12:00", "4,4"), ("10.01.2026 11:45", "4,3"))
            + "</table></td></tr></table>"
        ),
        WINTER,
    ),
    "no value for days": (
        page("<table>" + rows(("10.01.2026 12:00", "-")) + "</table>"),
        [],
    ),
    "the same row twice": (
        page(
            "<table>"
            + rows(
                ("10.01.2026 12:00", "4,4"),
                ("10.01.2026 12:00", "4,4"),
                ("10.01.2026 11:45", "4,3"),
            )
            + "</table>"
        ),
        WINTER,
    ),
}
