"""House folders and the engine's command."""

from datetime import date
import json
from pathlib import Path
import runpy

import pytest

from custom_components.nebenkosten.engine.domain.serialization import (
    meter_data,
    meter_from,
)
from custom_components.nebenkosten.intake.command import main
from custom_components.nebenkosten.intake.house_folder import HouseError, read_house

METERS = """
meters:
- meter_id: gas_alt
  type: physical
  output_unit: m3
  medium: gas
  role: main
  digits: 5
  installation_date: '2024-01-01'
  deinstallation_date: 2024-12-31
  sources: [{kind: entity, reference: sensor.gas, from: '2024-02-01'}]
- meter_id: summe
  type: master
  output_unit: m³
  periods:
  - {start_date: '2024-01-01', end_date: '9999-12-31', source_meters: [gas_alt]}
"""


def _house(folder: Path, meters: str = METERS, **files: str) -> Path:
    (folder / "meters.yaml").write_text(meters, encoding="utf-8")
    (folder / "readings").mkdir(exist_ok=True)
    for name, text in files.items():
        path = folder / f"{name.replace('__', '/')}.csv"
        path.write_text(text, encoding="utf-8")
    return folder


def test_a_house_folder_is_read(tmp_path: Path) -> None:
    found = read_house(_house(tmp_path, readings__gas_alt="time,value\n2024-02-01,5"))
    (meter,) = found.house.meters
    assert (meter.unit, meter.digits, str(meter.removed)) == ("m³", 5, "2024-12-31")
    assert meter.sources[0].reference == "sensor.gas"
    (master,) = found.house.masters
    assert master.meter_id == "summe"
    assert found.house.time_zone == "Europe/Berlin"
    ((_, parsed),) = found.readings()
    assert len(parsed.rows) == 1


@pytest.mark.parametrize(
    ("meters", "reason"),
    [
        ("meters: [", "line 1: no_yaml"),
        ("meters: 3", "meters_missing"),
        ("meters: [{type: physical}]", "meter_id_missing"),
        ("meters: [{meter_id: a__b}]", "meter_id_invalid"),
        ("meters: [{meter_id: a, medium: air}]", "meter_invalid"),
    ],
)
def test_a_broken_house_says_what_is_wrong(
    tmp_path: Path, meters: str, reason: str
) -> None:
    with pytest.raises(HouseError, match=reason):
        read_house(_house(tmp_path, meters))


def test_no_house(tmp_path: Path) -> None:
    with pytest.raises(HouseError, match="file_missing"):
        read_house(tmp_path)


def test_the_command_writes_the_contracts_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    readings = (
        "meter_id;time;value;unit\n"
        "gas_alt;2024-02-01;100;\ngas_alt;2024-03-01;132;m3\ngas_alt;2024-03-11;120;m3\n"
    )
    folder = _house(tmp_path, readings=readings)
    assert main([str(folder)]) == 0
    output = capsys.readouterr()
    result = json.loads(output.out)
    assert result["meters"]["summe"]["kind"] == "master"
    assert result["run"]["as_of"] == "2024-03-12T00:00:00+01:00"
    gas = result["meters"]["gas_alt"]
    assert gas["first_day"] == "2024-01-01"
    assert gas["monthly"]["2024-02"] == pytest.approx(32, rel=0.05)
    assert gas["monthly"]["2024-03"] is None
    assert gas["partial"]["2024-03"]["of"] == 11
    assert gas["counter"]["2024-02"] == pytest.approx(131, abs=1)
    assert gas["daily"][0][2] == "extrapolated"
    assert gas["findings"][0]["code"] == "counter_fell"
    assert "132" in gas["findings"][0]["text"]
    assert (
        main([str(folder), "--json", str(tmp_path / "r.json"), "--as-of", "2024-03-01"])
        == 0
    )
    again = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    assert again["meters"]["gas_alt"]["last_day"] == "2024-02-29"


def test_the_command_names_a_bad_row(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = _house(tmp_path, readings="meter_id;time;value\ngas_alt;2024-02-01;x\n")
    assert main([str(folder), "--json", "-"]) == 2
    assert "line 2, value: not_a_number" in capsys.readouterr().err


def test_the_command_names_a_house_that_cannot_be_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path)]) == 2
    assert "meters.yaml, line 1: the file is missing." in capsys.readouterr().err


def test_the_command_without_readings(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(_house(tmp_path)), "--as-of", "2025-01-01"]) == 0
    gas = json.loads(capsys.readouterr().out)["meters"]["gas_alt"]
    assert (gas["first_day"], gas["daily"], gas["counter"]) == (None, [], {})


def test_the_command_as_a_module(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["engine", str(_house(tmp_path))])
    with pytest.raises(SystemExit) as caught:
        runpy.run_module("custom_components.nebenkosten.engine", run_name="__main__")
    assert caught.value.code == 0
    assert json.loads(capsys.readouterr().out)["run"]["status"] == "ok"


def test_the_example_house_is_read_without_a_rejected_row() -> None:
    folder = read_house(Path(__file__).parents[2] / "examples" / "house")
    assert len(folder.house.meters) >= 7
    assert len({meter.medium for meter in folder.house.meters}) == 4
    for _, parsed in folder.readings():
        assert parsed.rows
        assert not parsed.rejected


def _with(tmp_path: Path, meters: str, **files: str) -> Path:
    folder = _house(tmp_path, "meters:\n" + meters)
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text, encoding="utf-8")
    return folder


GAS = """
- {meter_id: gas, type: physical, output_unit: m³}
- {meter_id: therme, type: physical, output_unit: kWh}
"""


NO_SOURCES = """
- {meter_id: m, type: master, periods: [{start_date: 2024-01-01, source_meters: []}]}
"""


def test_formulas_beyond_a_subtraction(tmp_path: Path) -> None:
    terms = (
        "- {meter_id: x, type: virtual, output_unit: kWh, terms: ["
        "{meter_id: gas, factor: 0.5}, {meter_id: therme, when_absent: zero}]}\n"
    )
    (virtual,) = read_house(_with(tmp_path, GAS + terms)).house.virtuals
    assert [t.factor for t in virtual.terms] == [0.5, 1.0]
    assert [t.zero_when_absent for t in virtual.terms] == [False, True]


def test_settings_of_the_house(tmp_path: Path) -> None:
    house = read_house(
        _with(
            tmp_path,
            GAS,
            config__yaml=(
                "billing_year_start: '04-01'\n"
                "gas_conversion:\n"
                "- {energy_content: 11.2, z_factor: 0.95}\n"
                "- {energy_content: 11.4, z_factor: 0.95, valid_from: 2024-01-01}\n"
            ),
        )
    ).house
    assert house.billing_year_start == (4, 1)
    assert [round(factor.kwh, 2) for factor in house.gas] == [10.64, 10.83]


def test_temperatures_with_gaps(tmp_path: Path) -> None:
    folder = _with(
        tmp_path,
        GAS,
        temperature__csv="date,mean_c\n2024-01-01,3.5\n2024-01-03,\n2024-01-04,5\n",
    )
    found = read_house(folder).temperature
    assert found is not None
    assert str(found.first_day) == "2024-01-01"
    assert [str(mean) for mean in found.means] == ["3.5", "nan", "nan", "5.0"]
    (folder / "temperature.csv").write_text("date,mean_c\n")
    assert read_house(folder).temperature is None


@pytest.mark.parametrize(
    ("meters", "files", "reason"),
    [
        ("- {meter_id: a, type: wrong}", {}, "line 2: type_unknown"),
        ("- {meter_id: m, type: master, periods: []}", {}, "key_missing.*periods"),
        (NO_SOURCES, {}, "key_missing.*source_meters"),
        ("- {meter_id: v, type: virtual, terms: []}", {}, "key_missing.*terms"),
        (GAS, {"config__yaml": "gas_conversion: [5]"}, "gas_invalid"),
        (GAS, {"config__yaml": "gas_conversion: {z_factor: viel}"}, "gas_invalid"),
        (
            GAS,
            {"seasonal_patterns__yaml": "patterns: {gas: {monthly_percentages: [1]}}"},
            "pattern_invalid",
        ),
        (GAS, {"seasonal_patterns__yaml": "patterns: {gas: 5}"}, "pattern_invalid"),
        (GAS, {"temperature__csv": "date,mean_c\n2024-01-01;warm\n"}, "line 2"),
        (GAS, {"temperature__csv": "date,mean_c\n2024-01-01\n"}, "line 2"),
    ],
)
def test_what_makes_no_sense_is_named(
    tmp_path: Path, meters: str, files: dict[str, str], reason: str
) -> None:
    with pytest.raises(HouseError, match=reason):
        read_house(_with(tmp_path, meters, **files))


def test_own_sensitivity_calibration_and_billing_year(tmp_path: Path) -> None:
    entry = (
        "- {meter_id: a, type: physical, sensitivity: sensitive, profile: solar,"
        " calibrated_until: 2030-12-31, billing_year_start: '10-01'}\n"
    )
    (found,) = read_house(_with(tmp_path, entry)).house.meters
    assert meter_from(found.name, meter_data(found)) == found
    assert found.billing_year_start == (10, 1)
    with pytest.raises(HouseError):
        read_house(_with(tmp_path, entry.replace("10-01", "13-01")))
    shares = "- {meter_id: b, profile: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]}\n"
    (own,) = read_house(_with(tmp_path, shares)).house.meters
    assert meter_from(own.name, meter_data(own)) == own


@pytest.mark.parametrize(
    "text",
    [
        "date,mean_c\n2024-01-01,8.5\n2024-01-02,-0.25\n2024-01-04,10\n",
        "date;mean_c\n2024-01-01;8,5\n2024-01-02;-0,25\n2024-01-04;10\n",
        "date\tmean_c\n01.01.2024\t8,5\n02.01.2024\t-0,25\n04.01.2024\t10,0\n",
        "date,mean_c\n2024-01-01,8,5\n2024-01-02,-0,25\n2024-01-04,10,0\n",
        'mean_c,date\n"8,5",2024-01-01\n"-0,25",2024-01-02\n10,2024-01-04\n',
        "Tag;Mittel\n1.1.2024;8,5\n2.1.2024;-0,25\n3.1.2024;\n4.1.2024;10\n",
        "station;date;mean_c\n7;2024-01-01;8,5\n7;2024-01-02;-0,25\n7;2024-01-04;10\n",
    ],
)
def test_temperatures_are_read_however_they_are_written(
    tmp_path: Path, text: str
) -> None:
    folder = _house(tmp_path)
    (folder / "temperature.csv").write_text(text, encoding="utf-8")
    known = read_house(folder).temperature
    assert known is not None
    assert known.first_day == date(2024, 1, 1)
    assert [*known.means[:2], known.means[3]] == [8.5, -0.25, 10.0]
    assert known.means[2] != known.means[2]


@pytest.mark.parametrize("row", ["2024-01-01;warm", "yesterday;8,5", "31.02.2024;8,5"])
def test_a_temperature_that_cannot_be_read_is_named(tmp_path: Path, row: str) -> None:
    folder = _house(tmp_path)
    text = f"date;mean_c\n2024-01-01;8,5\n{row}\n"
    (folder / "temperature.csv").write_text(text, encoding="utf-8")
    with pytest.raises(HouseError, match="line 3: temperature_invalid"):
        read_house(folder)


@pytest.mark.parametrize("zone", ["Europe/Berlinn", "../etc/passwd", "12", "Europe"])
def test_a_time_zone_that_does_not_exist_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], zone: str
) -> None:
    folder = _with(tmp_path, GAS, config__yaml=f"\ntime_zone: {zone}\n")
    assert main([str(folder)]) == 2
    error = capsys.readouterr().err
    assert f"config.yaml, line 2: There is no time zone {zone}." in error


def test_the_command_says_what_rests_on_estimates(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    readings = (
        "meter_id;time;value\n"
        "gas_alt;2024-01-01 00:00;100\ngas_alt;2024-02-01 00:00;131\n"
        "gas_alt;2024-02-02 00:00;132\ngas_alt;2024-06-01 00:00;120\n"
    )
    folder = _house(tmp_path, readings=readings)
    assert main([str(folder), "--as-of", "2024-07-01"]) == 0
    result = json.loads(capsys.readouterr().out)
    run, gas = result["run"], result["meters"]["gas_alt"]
    assert run["duration_s"] >= sum(run["stages_s"].values())
    # Months and years that hold unknown days say how much of them is known.
    assert gas["partial"]["2024-02"]["days"] == 1
    assert gas["partial"]["2024"]["of"] == 182
    assert gas["partial"]["2024"]["known"] == pytest.approx(
        sum(row[1] for row in gas["daily"] if row[1] is not None)
    )
    assert gas["estimated"]["2024-01"] == 1.0
    assert gas["estimated"]["2024-06"] == 1.0
    assert "2024-02" not in gas["estimated"]
    assert gas["model"]["provisional"]
    assert gas["quality"]["estimated"]
    assert gas["adjusted_reference"] == list(gas["adjusted_yearly"])
