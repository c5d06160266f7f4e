"""Rebuild `examples/house/` from what registry packages redistribute.

Real: electricity, gas and temperature of one UK home (2020-2022) and the electricity
of another (2012-2014), from the samples inside the `eemeter` wheel (Apache-2.0). They
are moved by whole four-year steps so that they end in 2026; seasons and leap days stay.
Made: water and heat, by the generators below; heat follows the real temperature.

Usage: python scripts/make_example_house.py [DIR]
"""

from collections.abc import Iterator
import csv
from datetime import UTC, date, datetime, timedelta
import gzip
import io
from pathlib import Path
import subprocess
import sys
import tempfile
import zipfile
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

EEMETER = "eemeter==4.1.1"
ZONE = ZoneInfo("Europe/Berlin")
FIRST, LAST = date(2024, 4, 2), date(2026, 10, 31)
KWH_PER_M3 = 11.504 * 0.8885
EXCHANGE = datetime(2025, 6, 17, 9, 40, tzinfo=ZONE)

METERS = """\
# The example house: see README.md for where each meter comes from.
meters:
- meter_id: strom_haus
  type: physical
  name: Strom Haus
  medium: electricity
  role: main
  output_unit: kWh
  installation_date: '2024-04-02'
- meter_id: strom_eg
  type: physical
  name: Strom Erdgeschoss
  medium: electricity
  role: sub
  part_of: strom_haus
  output_unit: kWh
  installation_date: '2024-04-02'
- meter_id: strom_og
  type: physical
  name: Strom Obergeschoss
  medium: electricity
  role: main
  output_unit: kWh
  installation_date: '2024-04-02'
- meter_id: gas_haus
  type: physical
  name: Gas Haus
  medium: gas
  role: main
  output_unit: m³
  installation_date: '2024-04-02'
- meter_id: wasser_haus
  type: physical
  name: Wasser Haus
  medium: water
  role: main
  output_unit: m³
  installation_date: '2024-04-02'
  digits: 5
  decimals: 3
- meter_id: wasser_garten
  type: physical
  name: Wasser Garten
  medium: water
  role: sub
  part_of: wasser_haus
  output_unit: m³
  installation_date: '2024-04-02'
  digits: 4
  decimals: 3
- meter_id: waerme_eg
  type: physical
  name: Wärme Erdgeschoss
  medium: heat
  role: sub
  output_unit: MWh
  installation_date: '2024-04-02'
- meter_id: waerme_og
  type: physical
  name: Wärme Obergeschoss
  medium: heat
  role: sub
  output_unit: MWh
  installation_date: '2024-04-02'
- meter_id: wasser_innen
  type: virtual
  name: Wasser ohne Garten
  medium: water
  output_unit: m³
  base_meter: wasser_haus
  subtract_meters: [wasser_garten]
- meter_id: heizung
  type: virtual
  name: Heizung beider Wohnungen
  medium: heat
  output_unit: kWh
  terms:
  - {meter_id: waerme_eg}
  - {meter_id: waerme_og}
"""


def sample(wheel: zipfile.ZipFile, name: str) -> pd.DataFrame:
    """Return one of the wheel's samples with times as the index."""
    raw = gzip.decompress(wheel.read(f"eemeter/eemeter/samples/{name}.csv.gz"))
    frame = pd.read_csv(io.BytesIO(raw))
    column = "start" if "start" in frame else "dt"
    times = pd.to_datetime(frame[column], utc=True)
    value = frame["value" if "value" in frame else "tempC"].to_numpy(float)
    return pd.DataFrame({"value": value}, index=times)


def shifted(frame: pd.DataFrame, years: int) -> pd.Series:
    """Move a series by whole four-year steps, cut to the example's days."""
    index = frame.index + pd.Timedelta(days=years // 4 * 1461)
    first = datetime.combine(FIRST, datetime.min.time(), ZONE)
    end = datetime.combine(LAST + timedelta(days=1), datetime.min.time(), ZONE)
    series = pd.Series(frame["value"].to_numpy(), index=index)
    return series[(series.index >= first) & (series.index < end)]


def counter(use: pd.Series, step: timedelta, start: float) -> pd.Series:
    """Return the dial at the end of each step of use."""
    return pd.Series(
        start + np.cumsum(np.nan_to_num(use.to_numpy())), index=use.index + step
    )


def visits(seed: int, low: int, high: int) -> list[datetime]:
    """Return the moments at which a person reads a meter: every low..high days."""
    rng = np.random.default_rng(seed)
    moments, day = [], FIRST + timedelta(days=int(rng.integers(1, high)))
    while day <= LAST:
        at = datetime(day.year, day.month, day.day, tzinfo=ZONE)
        moments.append(at + timedelta(minutes=int(rng.integers(7 * 60, 21 * 60))))
        day += timedelta(days=int(rng.integers(low, high)))
    return moments


def times_of(series: pd.Series) -> pd.DatetimeIndex:
    """Return a series' index as what it is."""
    return pd.DatetimeIndex(series.index)


def read_at(dial: pd.Series, moments: list[datetime]) -> list[float]:
    """Return what the dial shows at each moment."""
    seconds = [time.timestamp() for time in times_of(dial)]
    at = [moment.timestamp() for moment in moments]
    return [float(v) for v in np.interp(at, seconds, dial.to_numpy(float))]


def write(folder: Path, meter: str, rows: Iterator[tuple[object, ...]]) -> None:
    """Write one meter's readings."""
    with (folder / "readings" / f"{meter}.csv").open(
        "w", newline="", encoding="utf-8"
    ) as file:
        writer = csv.writer(file, delimiter=";", lineterminator="\n")
        writer.writerow(("time", "value", "kind"))
        writer.writerows(rows)


def german(value: float, decimals: int) -> str:
    """Return a number with a decimal comma."""
    return f"{value:.{decimals}f}".replace(".", ",")


def by_hand(
    dial: pd.Series, seed: int, low: int, high: int, decimals: int
) -> Iterator[tuple[object, ...]]:
    """Yield readings as a person writes them down."""
    moments = visits(seed, low, high)
    for moment, value in zip(moments, read_at(dial, moments), strict=True):
        yield f"{moment:%d.%m.%Y %H:%M}", german(value, decimals), "actual"


def exchanged(dial: pd.Series) -> Iterator[tuple[object, ...]]:
    """Yield readings of a meter that was replaced at EXCHANGE by one at 0.4 kWh."""
    moments = [m for m in visits(3, 20, 45) if abs(m - EXCHANGE) > timedelta(days=2)]
    final = float(read_at(dial, [EXCHANGE])[0])
    text = f"{EXCHANGE:%d.%m.%Y %H:%M}"
    for moment in sorted([*moments, EXCHANGE]):
        value = float(read_at(dial, [moment])[0])
        if moment == EXCHANGE:
            yield text, german(final, 1), "removal"
            yield text, german(0.4, 1), "install"
        else:
            shown = value if moment < EXCHANGE else value - final + 0.4
            yield f"{moment:%d.%m.%Y %H:%M}", german(shown, 1), "actual"


def days() -> pd.DatetimeIndex:
    """Return the example's local days."""
    return pd.date_range(FIRST, LAST, freq="D", tz=ZONE)


def household_water(seed: int, base: float) -> pd.Series:
    """Daily water [m³]: gamma-distributed use with a weekly rhythm and holidays."""
    rng = np.random.default_rng(seed)
    index = days()
    use = base * rng.gamma(9, 1 / 9, len(index))
    use *= np.where(index.dayofweek >= 5, 1.2, 0.93)
    for _ in range(4):
        start = int(rng.integers(0, len(index) - 14))
        use[start : start + 10] *= 0.05
    return pd.Series(use, index=index)


def garden_water(seed: int, temperature: pd.Series) -> pd.Series:
    """Daily garden water [m³]: on warm days between May and September only."""
    rng = np.random.default_rng(seed)
    index = days()
    warm = temperature.reindex(index.date).to_numpy() > 14
    season = (index.month >= 5) & (index.month <= 9)
    use = np.where(warm & season & (rng.random(len(index)) < 0.5), 0.12, 0.0)
    return pd.Series(use * rng.gamma(4, 0.25, len(index)), index=index)


def heat(seed: int, temperature: pd.Series, slope: float) -> pd.Series:
    """Daily heat [MWh]: degree days below 15 °C times a slope, with noise."""
    rng = np.random.default_rng(seed)
    index = days()
    degree = np.clip(15 - temperature.reindex(index.date).to_numpy(), 0, None)
    use = slope * degree * rng.gamma(40, 1 / 40, len(index)) / 1000
    return pd.Series(use, index=index)


def wheel_of(requirement: str, folder: Path) -> zipfile.ZipFile:
    """Fetch a wheel from the package index without installing it."""
    subprocess.run(
        [sys.executable, "-m", "pip", "download", "-q", "--no-deps", requirement],
        cwd=folder,
        check=True,
    )
    return zipfile.ZipFile(next(folder.glob("*.whl")))


def build(folder: Path, wheel: zipfile.ZipFile) -> None:
    """Write the whole house folder."""
    (folder / "readings").mkdir(parents=True, exist_ok=True)
    (folder / "meters.yaml").write_text(METERS, encoding="utf-8")
    (folder / "config.yaml").write_text("time_zone: Europe/Berlin\n", encoding="utf-8")
    hour, day = timedelta(hours=1), timedelta(days=1)

    main = counter(
        shifted(sample(wheel, "uk-electricity-hdd-only-hourly-sample-0"), 4), hour, 8120
    )
    write(
        folder,
        "strom_haus",
        (
            (t.astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ"), german(v, 2), "remote")
            for t, v in zip(times_of(main), main.to_numpy(float), strict=True)
        ),
    )
    upstairs = shifted(sample(wheel, "uk-electricity-hdd-only-hourly-sample-2"), 12)
    write(folder, "strom_og", exchanged(counter(upstairs, hour / 2, 23417.2)))
    write(
        folder,
        "strom_eg",
        by_hand(counter(shared(main), hour, 1512.0), 2, 20, 45, 1),
    )
    gas_use = shifted(sample(wheel, "uk-gas-hdd-only-hourly-sample-0"), 4) / KWH_PER_M3
    gas = counter(gas_use, hour, 4307.5)
    midnights = [m.to_pydatetime() for m in days()[1:]]
    write(
        folder,
        "gas_haus",
        (
            (f"{m:%Y-%m-%d %H:%M}", german(v, 2), "remote")
            for m, v in zip(midnights, read_at(gas, midnights), strict=True)
        ),
    )
    degrees = shifted(sample(wheel, "uk-tempC-sample-0"), 4)
    daily = degrees.groupby(times_of(degrees).tz_convert(ZONE).date).mean()
    made = {
        "wasser_haus": (household_water(4, 0.31), 642.118, 24, 40, 3),
        "wasser_garten": (garden_water(5, daily), 57.904, 60, 100, 3),
        "waerme_eg": (heat(6, daily, 4.1), 31.207, 25, 36, 2),
        "waerme_og": (heat(7, daily, 3.2), 28.53, 80, 110, 2),
    }
    for number, (name, (use, start, *rhythm)) in enumerate(made.items()):
        dial = counter(use, day, start)
        write(folder, name, by_hand(dial, 20 + number, *rhythm))
    lines = [
        f"{day:%Y-%m-%d},{mean:.2f}"
        for day, mean in zip(times_of(daily), daily.to_numpy(float), strict=True)
        if day.date() <= LAST
    ]
    (folder / "temperature.csv").write_text(
        "\n".join(["date,mean_c", *lines]) + "\n", encoding="utf-8"
    )


def shared(main: pd.Series) -> pd.Series:
    """Return hourly use of the ground floor: 55 % of the house's, real in its shape."""
    use = np.diff(main.to_numpy(), prepend=main.iloc[0])
    return pd.Series(0.55 * use, index=times_of(main) - timedelta(hours=1))


def main() -> None:
    """Build the folder named on the command line, by default the repository's."""
    default = Path(__file__).resolve().parent.parent / "examples" / "house"
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else default
    with tempfile.TemporaryDirectory() as temporary:
        build(folder, wheel_of(EEMETER, Path(temporary)))


if __name__ == "__main__":
    main()
