"""From nothing to a house of 29 meters, by clicks and typing alone."""

from pathlib import Path

from playwright.sync_api import expect

from scripts.home_assistant import PASSWORD, USER, Server

from . import installation
from .person import Person

INTEGRATION = "/config/integrations/integration/nebenkosten"
FORM = "dialog-data-entry-flow"
ROW = "dialog-form"


def test_a_person_sets_up_a_house_and_lives_with_it(
    person: Person, server: Server, tmp_path: Path
) -> None:
    person.log_in(USER, PASSWORD)
    _import_the_installation(person, tmp_path)
    _add_a_meter_of_each_kind(person)
    _import_readings(person, tmp_path)
    _mend_the_exchange(person)
    _wire_the_energy_dashboard(person)
    _make_the_dashboard(person)
    _run_and_acknowledge(person)
    _look_at_energy(person)
    _look_in_the_dark_on_a_phone(person)
    log = server.log.read_text(encoding="utf-8")
    assert "ERROR (MainThread) [custom_components.nebenkosten" not in log


def _import_the_installation(person: Person, folder: Path) -> None:
    files = installation.write(folder)
    person.go("/config/integrations/dashboard")
    person.click("Add integration")
    person.fill("dialog-add-integration input", "Nebenkosten")
    person.click("Nebenkosten", "ha-integration-list-item")
    person.sees("Your house")
    person.takes_picture("set-up")
    person.page.locator(f"{FORM} ha-switch").first.click()
    person.press("Submit")
    person.sees("The files of the installation")
    person.give(files["meters"], files["patterns"], files["config"])
    person.press("Submit")
    person.sees("26 meters will be set up")
    person.takes_picture("import-preview")
    person.press("Submit")
    person.press("Skip and finish")


def _add_a_meter_of_each_kind(person: Person) -> None:
    person.go(INTEGRATION)
    person.takes_picture("integration")
    person.click("Add meter")
    person.sees("New meter")
    person.fill(f"{FORM} input", "Garage")
    person.takes_picture("add-meter")
    person.press("Submit")
    person.press("Finish")

    person.click("Add a virtual meter")
    person.sees("New virtual meter")
    person.fill(f"{FORM} input", "Electricity twice")
    person.press("Add")
    person.sees("Whose use is taken.")
    person.fill(f"{ROW} ha-selector-number input", "2")
    person.page.locator(ROW).get_by_role("button", name="Add").last.click()
    person.takes_picture("add-virtual-meter")
    person.press("Submit")
    person.press("Finish")

    person.click("Add a master meter")
    person.sees("New master meter")
    person.fill(f"{FORM} input", "Electricity joined")
    person.press("Add")
    person.page.locator(f"{ROW} ha-date-input").first.click()
    person.press("OK")
    person.page.locator(ROW).get_by_role("button", name="Add").last.click()
    person.press("Submit")
    person.press("Finish")
    person.go(INTEGRATION)
    person.sees("29 devices")


def _import_readings(person: Person, folder: Path) -> None:
    person.choose("ha-config-entry-row ha-dropdown", "Reconfigure")
    person.click("Import readings from a file", FORM)
    person.give(installation.write_readings(folder))
    person.press("Submit")
    person.sees("readings can be taken")
    person.takes_picture("import-readings")
    person.press("Submit")
    person.sees("readings were imported, 0 were known already.")
    person.press("Close")


def _mend_the_exchange(person: Person) -> None:
    person.go("/config/repairs")
    person.click("Was wasser_garten exchanged?")
    person.sees("Yes: enter the exchange")
    person.takes_picture("repair")
    person.click("Yes: enter the exchange")
    person.sees("Final reading of the old dial")
    person.takes_picture("exchange")
    person.press("Submit")
    person.sees("Is this right?")
    person.press("Submit")
    person.press("Finish")
    person.sees("There are currently no repairs pending")


def _wire_the_energy_dashboard(person: Person) -> None:
    person.go(INTEGRATION)
    person.choose("ha-config-entry-row ha-dropdown", "Reconfigure")
    person.click("Set up the energy dashboard", FORM)
    person.sees("These statistics would be added")
    person.takes_picture("energy-assistant")
    person.press("Submit")
    person.sees("The energy dashboard is set up.")
    person.press("Close")


def _make_the_dashboard(person: Person) -> None:
    person.go("/config/lovelace/dashboards")
    person.press("Add dashboard")
    person.click("Nebenkosten – all meters")
    person.sees("Add new dashboard")
    person.fill("dialog-lovelace-dashboard-detail input", "Nebenkosten")
    person.press("Create")
    person.sees("Nebenkosten")


def _run_and_acknowledge(person: Person) -> None:
    person.go("/dashboard-nebenkosten/overview")
    person.tap("Run analysis")
    person.sees_button(r"^Run analysis .*(second|minute)")
    person.sees("actual")
    person.takes_picture("dashboard")
    person.tap("I know")
    person.sees("Known:")
    person.go("/dashboard-nebenkosten/meter-wasser_haus")
    person.sees("By month")
    person.sees("New reading")
    person.takes_picture("dashboard-meter")
    person.go("/dashboard-nebenkosten/water")
    person.sees("Year against year")
    person.takes_picture("dashboard-water")


def _look_at_energy(person: Person) -> None:
    person.go("/energy")
    page = person.page
    page.get_by_role("button", name="Previous").first.click()
    expect(
        page.locator("hui-energy-water-graph-card, hui-energy-gas-graph-card").first
    ).to_be_visible()
    person.takes_picture("energy-dashboard")


def _look_in_the_dark_on_a_phone(person: Person) -> None:
    person.page.emulate_media(color_scheme="dark")
    person.page.set_viewport_size({"width": 412, "height": 915})
    person.page.goto(f"{person.page.url.split('/energy')[0]}/dashboard-nebenkosten")
    person.sees("Data quality")
    person.takes_picture("dashboard-phone")
