// The dashboard out of the box: built from Home Assistant's own cards, for the meters
// that are there. Settings → Dashboards → Add dashboard → Nebenkosten.

const TEXTS = {
  en: {
    description: "Nebenkosten – all meters: consumption, readings, anomalies, data quality",
    overview: "Overview", house: "House", anomalies: "Anomalies", meters: "Meters",
    acknowledge: "I know", nothing: "Nothing is odd.", known: "Known:", open: "Open:",
    readings: "Readings",
    consumption: "Consumption", by_day: "By day", by_month: "By month",
    by_year: "Year against year", quality: "Data quality",
    since: "since", actual: "actual", expected: "expected",
    none: "There are no meters yet. Add them in the settings of the integration.",
    electricity: "Electricity", gas: "Gas", water: "Water", heat: "Heat", other: "Other",
  },
  de: {
    description: "Nebenkosten – alle Zähler: Verbrauch, Ablesungen, Auffälligkeiten, Datenqualität",
    overview: "Übersicht", house: "Haus", anomalies: "Auffälligkeiten", meters: "Zähler",
    acknowledge: "Zur Kenntnis genommen", nothing: "Nichts ist auffällig.",
    known: "Bekannt:", open: "Offen:",
    readings: "Ablesungen", consumption: "Verbrauch", by_day: "Nach Tagen",
    by_month: "Nach Monaten", by_year: "Jahr gegen Jahr", quality: "Datenqualität",
    since: "seit", actual: "tatsächlich", expected: "erwartet",
    none: "Es gibt noch keine Zähler. Füge sie in den Einstellungen der Integration hinzu.",
    electricity: "Strom", gas: "Gas", water: "Wasser", heat: "Wärme", other: "Anderes",
  },
};
const ICONS = {
  electricity: "mdi:flash", gas: "mdi:gas-burner", water: "mdi:water",
  heat: "mdi:radiator", other: "mdi:counter",
};

// How the ids of the statistics end that graphs show: rows of statistic_catalog.py.
const STATISTICS = { consumption: "_consumption" };

const textsOf = (language) =>
  TEXTS[(language || "en").split("-")[0]] || TEXTS.en;

const keyOf = (device) =>
  device?.identifiers?.find(([domain]) => domain === "nebenkosten")?.[1];

// Meters are found by device and key, never by entity id: those follow the language.
const metersOf = (hass) => {
  const found = {};
  for (const entity of Object.values(hass.entities)) {
    if (entity.platform !== "nebenkosten" || !entity.device_id) continue;
    const device = hass.devices[entity.device_id];
    const entities = (found[entity.device_id] ??= { device, entities: {} }).entities;
    const domain = entity.entity_id.split(".")[0];
    const key = entity.translation_key;
    if (key && hass.states[entity.entity_id]) {
      entities[domain === "event" ? `event_${key}` : key] = entity.entity_id;
    }
  }
  const all = Object.values(found);
  const meters = all
    .filter((one) => one.entities.year)
    .map((one) => {
      const { meter_id: shown, medium } = hass.states[one.entities.year].attributes;
      // An entity that is unavailable has no attributes; the device knows its key.
      const meter_id = shown ?? keyOf(one.device);
      return {
        ...one.entities,
        meter_id,
        medium: medium || "other",
        name: one.device?.name_by_user || one.device?.name || meter_id,
        statistic: `nebenkosten:${String(meter_id).toLowerCase()}${STATISTICS.consumption}`,
        path: `meter-${String(meter_id).toLowerCase()}`,
      };
    })
    .filter((one) => one.meter_id)
    .sort((a, b) => a.name.localeCompare(b.name));
  const house = all.find((one) => one.entities.last_run)?.entities ?? {};
  return { meters, house };
};

const heading = (text, icon) => ({ type: "heading", heading: text, icon });
// The view says whose they are: entities go by their own names.
const tiles = (...ids) =>
  ids.filter(Boolean).map((entity) => ({ type: "tile", entity, name: { type: "entity" } }));
const section = (...cards) => ({ type: "grid", cards: cards.flat().filter(Boolean) });

const graph = (title, meters, period, days) => ({
  type: "statistics-graph",
  title,
  entities: meters.map((one) => ({ entity: one.statistic, name: one.name })),
  stat_types: ["change"],
  chart_type: "bar",
  period,
  days_to_show: days,
  grid_options: { columns: "full" },
});

const anomaly = (meter, texts) => [
  {
    type: "conditional",
    conditions: [{ condition: "state", entity: meter.anomaly, state: "on" }],
    card: {
      type: "markdown",
      title: meter.name,
      content:
        `{{ state_attr('${meter.anomaly}', 'reason') }}\n\n` +
        `${texts.since} {{ state_attr('${meter.anomaly}', 'since') }} · ` +
        `${texts.actual} {{ state_attr('${meter.anomaly}', 'actual') | round(2) }} · ` +
        `${texts.expected} {{ state_attr('${meter.anomaly}', 'expected') | round(2) }}`,
    },
  },
  {
    type: "conditional",
    conditions: [{ condition: "state", entity: meter.anomaly, state: "on" }],
    card: {
      type: "tile",
      entity: meter.anomaly,
      name: texts.acknowledge,
      icon: "mdi:check",
      hide_state: true,
      tap_action: {
        action: "perform-action",
        perform_action: "nebenkosten.acknowledge_anomaly",
        data: { meter_id: meter.meter_id },
      },
    },
  },
];

// What somebody knows of still goes on: only without that, too, nothing is odd. There
// is always a line: a card that is empty at first is taken away and never comes back.
const known = (entity, texts) => ({
  type: "markdown",
  content:
    `{% for one in state_attr('${entity}', 'known') or [] %}` +
    `${texts.known} **{{ one.name }}** {{ one.reason }} (${texts.since} {{ one.since }})\n\n` +
    `{% else %}{% if states('${entity}') == '0' %}${texts.nothing}` +
    `{% else %}${texts.open} {{ states('${entity}') }}{% endif %}{% endfor %}`,
});

const overview = (meters, house, media, texts) => ({
  title: texts.overview,
  path: "overview",
  icon: "mdi:home-analytics",
  type: "sections",
  max_columns: 3,
  sections: [
    section(
      heading(texts.house, "mdi:home"),
      tiles(
        house.health, house.open_anomalies, house.last_run,
        house.automatic_processing,
      ),
      house.run_analytics && {
        type: "tile",
        entity: house.run_analytics,
        name: { type: "entity" },
        tap_action: {
          action: "perform-action",
          perform_action: "button.press",
          target: { entity_id: house.run_analytics },
        },
      },
    ),
    section(
      heading(texts.anomalies, "mdi:alert-outline"),
      meters.filter((one) => one.anomaly).flatMap((one) => anomaly(one, texts)),
      house.open_anomalies && known(house.open_anomalies, texts),
    ),
    ...media.map((medium) =>
      section(
        heading(texts[medium], ICONS[medium]),
        meters
          .filter((one) => one.medium === medium)
          .map((one) => ({
            type: "tile",
            entity: one.month || one.year,
            name: one.name,
            tap_action: { action: "navigate", navigation_path: one.path },
          })),
      ),
    ),
    section(
      heading(texts.quality, "mdi:check-decagram-outline"),
      meters
        .filter((one) => one.quality)
        .map((one) => ({ type: "tile", entity: one.quality, name: one.name })),
    ),
  ],
});

const ofMedium = (medium, meters, texts) => ({
  title: texts[medium],
  path: medium,
  icon: ICONS[medium],
  type: "sections",
  max_columns: 2,
  sections: [
    section(graph(texts.by_month, meters, "month", 400)),
    section(graph(texts.by_year, meters, "year", 3650)),
    section(
      heading(texts.meters, "mdi:counter"),
      meters.map((one) => ({
        type: "tile",
        entity: one.year,
        name: one.name,
        tap_action: { action: "navigate", navigation_path: one.path },
      })),
    ),
  ],
});

const ofMeter = (meter, texts) => ({
  title: meter.name,
  path: meter.path,
  subview: true,
  type: "sections",
  max_columns: 2,
  sections: [
    section(
      heading(texts.consumption, ICONS[meter.medium]),
      tiles(meter.yesterday, meter.month, meter.previous_month, meter.year, meter.forecast_year),
    ),
    section(
      heading(texts.readings, "mdi:pencil-outline"),
      tiles(meter.counter, meter.last_reading, meter.stale, meter.quality),
      meter.new_reading && { type: "entities", entities: [meter.new_reading] },
      meter.anomaly && anomaly(meter, texts),
    ),
    section(graph(texts.by_day, [meter], "day", 35)),
    section(graph(texts.by_month, [meter], "month", 1100)),
    section(graph(texts.by_year, [meter], "year", 3650)),
  ],
});

class NebenkostenStrategy extends HTMLElement {
  static async generate(_config, hass) {
    const texts = textsOf(hass.locale?.language || hass.language);
    const { meters, house } = metersOf(hass);
    if (!meters.length) {
      const cards = [{ type: "markdown", content: texts.none }];
      return { title: "Nebenkosten", views: [{ title: texts.overview, cards }] };
    }
    const media = Object.keys(ICONS).filter((medium) =>
      meters.some((one) => one.medium === medium),
    );
    return {
      title: "Nebenkosten",
      views: [
        overview(meters, house, media, texts),
        ...media.map((medium) =>
          ofMedium(medium, meters.filter((one) => one.medium === medium), texts),
        ),
        ...meters.map((meter) => ofMeter(meter, texts)),
      ],
    };
  }
}

// The frontend puts a registry of its own in place while it loads; what is defined
// before that is not found later.
customElements.whenDefined("home-assistant").then(() =>
  window.customElements.define("ll-strategy-dashboard-nebenkosten", NebenkostenStrategy),
);

window.customStrategies = window.customStrategies || [];
window.customStrategies.push({
  type: "nebenkosten",
  strategyType: "dashboard",
  name: "Nebenkosten",
  description: textsOf(document.documentElement.lang || navigator.language).description,
});
