"""A house of four meters, two of which were exchanged or came round."""

METERS = """
meters:
- {meter_id: strom, name: Strom, medium: electricity, output_unit: kWh, role: main,
   installation_date: '2025-12-01'}
- {meter_id: Wasser_1, name: Wasser, medium: water, output_unit: m³, digits: 5}
- {meter_id: waerme, name: Wärme, medium: heat, output_unit: MWh}
- {meter_id: summe, type: master, output_unit: kWh, periods: [
   {start_date: '2025-12-01', end_date: '9999-12-31', source_meters: [strom]}]}
"""
