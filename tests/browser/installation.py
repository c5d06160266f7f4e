"""An installation of the original system with 26 meters, and readings of some."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import yaml

TODAY = datetime.now(UTC).date()
_HEATING = [17, 14, 12, 8, 3, 1, 1, 1, 5, 8, 13, 17]
_FLATS = ("eg", "og1", "og2", "dg")


def _meters() -> list[dict[str, object]]:
    def physical(meter_id: str, unit: str, **more: object) -> dict[str, object]:
        return {"meter_id": meter_id, "type": "physical", "output_unit": unit, **more}

    exchange = "2025-06-30"
    found: list[dict[str, object]] = [
        {
            "meter_id": "strom_total",
            "type": "master",
            "role": "main",
            "output_unit": "kWh",
            "periods": [
                {
                    "start_date": "2024-01-01",
                    "end_date": exchange,
                    "composition_type": "sum",
                    "source_meters": ["strom_alt_ht", "strom_alt_nt"],
                },
                {
                    "start_date": "2025-07-01",
                    "end_date": "9999-12-31",
                    "composition_type": "single",
                    "source_meters": ["strom_haupt"],
                    "apply_offset_from_previous_period": True,
                },
            ],
        },
        physical("strom_alt_ht", "kWh", deinstallation_date=exchange),
        physical("strom_alt_nt", "kWh", deinstallation_date=exchange),
        physical("strom_haupt", "kWh", installation_date="2025-07-01"),
        {
            "meter_id": "strom_allgemein",
            "type": "virtual",
            "output_unit": "kWh",
            "calculation_type": "subtraction",
            "base_meter": "strom_total",
            "subtract_meters": [f"{flat}_strom" for flat in _FLATS],
        },
        physical("gas_haus", "m³"),
        physical("gastherme", "kWh"),
        {
            "meter_id": "kamin",
            "type": "virtual",
            "output_unit": "m³",
            "calculation_type": "subtraction",
            "base_meter": "gas_haus",
            "subtract_meters": ["gastherme"],
            "subtract_meter_conversions": {
                "gastherme": {"from_unit": "kWh", "to_unit": "m³"}
            },
        },
        physical("wasser_haus", "m³", role="main"),
        physical("wasser_garten", "m³", part_of="wasser_haus"),
    ]
    for flat in _FLATS:
        found += [
            physical(f"{flat}_strom", "kWh", part_of="strom_total"),
            physical(f"{flat}_heat", "MWh"),
            physical(f"{flat}_warmwasser", "m³"),
            physical(f"{flat}_kaltwasser", "m³"),
        ]
    return found


METERS = _meters()


def write(folder: Path) -> dict[str, Path]:
    """Write the three files and return them by the form's fields."""
    patterns = {
        f"{flat}_heat": {
            "monthly_percentages": [17, 14, 12, 8, 3, 1, 1, 1, 5, 8, 13, 17]
        }
        for flat in _FLATS
    }
    contents = {
        "meters": {"meters": METERS},
        "patterns": {"patterns": patterns},
        "config": {"gas_conversion": {"energy_content": 11.5, "z_factor": 0.89}},
    }
    names = {"patterns": "seasonal_patterns.yaml"}
    paths = {}
    for key, content in contents.items():
        paths[key] = folder / names.get(key, f"{key}.yaml")
        text = yaml.safe_dump(content, allow_unicode=True, sort_keys=False)
        paths[key].write_text(text, encoding="utf-8")
    return paths


def write_readings(folder: Path) -> Path:
    """Write months of readings: a leak in the water, an exchange nobody entered."""
    rows = ["Zähler;Ab-Datum;Zählerstand"]
    water = 100.0
    for back in range(200, -1, -1):
        day = TODAY - timedelta(days=back)
        water += 0.35 + 0.02 * (back * 7 % 5) + (1.1 if back < 9 else 0.0)
        rows.append(f"wasser_haus;{day:%d.%m.%Y};{water:.4f}")
    for meter, start, use in (
        ("strom_haupt", 1000.0, 9.5),
        *((f"{flat}_strom", 5000.0, 1.9) for flat in _FLATS),
        ("gas_haus", 200.0, 3.1),
        ("gastherme", 0.0, 22.0),
    ):
        for number, back in enumerate(range(210, -1, -30)):
            day = TODAY - timedelta(days=back)
            rows.append(f"{meter};{day:%d.%m.%Y};{start + number * 30 * use:.2f}")
    for back, value in ((150, 30100), (120, 30160), (90, 30220), (60, 18), (30, 75)):
        day = TODAY - timedelta(days=back)
        rows.append(f"wasser_garten;{day:%d.%m.%Y};{value}")
    path = folder / "readings.csv"
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path
