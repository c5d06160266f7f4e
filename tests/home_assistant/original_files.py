"""Files of an installation of the original system."""

METERS = """\
meters:
- meter_id: strom_total
  type: master
  output_unit: kWh
  periods:
  - {start_date: '2024-01-01', end_date: '2025-12-31', source_meters: [alt_NT, alt_HT],
     composition_type: sum, source_unit: kWh}
  - {start_date: '2026-01-01', end_date: '9999-12-31', source_meters: [neu],
     apply_offset_from_previous_period: true}
- {meter_id: alt_NT, type: physical, output_unit: kWh, deinstallation_date: 2025-12-31}
- {meter_id: alt_HT, type: physical, output_unit: kWh, deinstallation_date: 2025-12-31}
- {meter_id: neu, type: physical, output_unit: kWh, installation_date: '2026-01-01'}
- {meter_id: wasser, type: physical, output_unit: m3, farbe: blau}
- meter_id: kamin
  type: virtual
  output_unit: m³
  calculation_type: subtraction
  base_meter: gas_haus
  subtract_meters: [therme]
  subtract_meter_conversions: {therme: {from_unit: kWh, to_unit: m³}}
- {meter_id: gas_haus, type: physical, output_unit: m³}
- {meter_id: therme, type: physical, output_unit: kWh}
"""
PATTERNS = """\
patterns:
  wasser: {monthly_percentages: [8, 8, 8, 8, 8, 9, 9, 9, 9, 8, 8, 8]}
  fort: {monthly_percentages: [8, 8, 8, 8, 8, 9, 9, 9, 9, 8, 8, 8]}
"""
CONFIG = """\
influxdb: {url: somewhere}
gas_conversion: {energy_content: 11.2, z_factor: 0.95}
billing_year_start: 10-01
wetter: schön
"""
