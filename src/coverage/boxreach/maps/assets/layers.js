// What is drawn, and how it looks at a zoom and a threshold.

const BASE_STYLE = {
  glow: { stroke: true, color: "#d9d2c3", weight: 6, fill: false },
  areas: { color: "#b5ad9d", weight: 0.9, dashArray: "4 3", fillColor: "#fffefa", fillOpacity: 1 },
  countries: { color: "#c2bbac", weight: 1 },
  rivers: { color: "#a5cfe3", weight: 1.3 },
  other: { color: "#ddd3bf", weight: 0.8 },
  main: { color: "#d3bf94", weight: 1.2 },
  highway: { color: "#c19a55", weight: 1.7 },
};

const FRONTIER_STYLE = {
  covered: { color: COLOUR.covered, weight: 6 },
  unseen: { color: COLOUR.unseen, weight: 6, dashArray: "12 3" },
  open: { color: COLOUR.open, weight: 5, dashArray: "6 4" },
  "": { color: COLOUR.line, weight: 3 },
};

// Layers a reader can switch, the lowest first.
const LAYER_KEYS = [
  "countries", "areas", "rivers", "roads", "frontier", "communities", "crossings", "boxes", "posts",
  "proposals", "labels",
];

const PLACE_KINDS = ["communities", "crossings", "boxes", "posts", "proposals"];

class Layers {
  constructor(map, model) {
    this.map = map;
    this.model = model;
    this.hidden = new Set();
    this.pane("mark", 396, false);
    const base = this.pane("base", 210, false);
    const things = this.pane("things", 390, true);
    this.base = L.canvas({ pane: base, padding: 0.4 });
    this.things = L.canvas({ pane: things, padding: 0.4, tolerance: L.Browser.mobile ? 9 : 3 });
    this.labels = new Labels(map, map.getPane(this.pane("labels", 395, false)));
    this.groups = this.basemap();
    this.groups.frontier = this.frontier();
    for (const kind of PLACE_KINDS) this.groups[kind] = L.featureGroup();
  }

  // Put the places of the plan that is shown into their layers.
  rebuild() {
    for (const kind of PLACE_KINDS) {
      this.groups[kind].clearLayers();
      for (const place of this.places(kind)) this.groups[kind].addLayer(place);
    }
  }

  pane(name, level, touchable) {
    const pane = this.map.createPane(`plan-${name}`);
    pane.style.zIndex = level;
    if (!touchable) pane.style.pointerEvents = "none";
    return `plan-${name}`;
  }

  basemap() {
    const { areas, countries, rivers, roads } = this.model;
    const still = { renderer: this.base, interactive: false };
    const lines = (texts, style) => L.polyline(texts.map(decodeLine), { ...still, ...style });
    this.tiers = Object.fromEntries(["other", "main", "highway"].map(
      (tier) => [tier, lines(roads[tier] ?? [], BASE_STYLE[tier])]));
    // All outlines first, wide: the fills then hide them save around the whole.
    const shapes = (style) => areas.map((area) => L.polygon(area.rings, { ...still, ...style }));
    return {
      countries: L.layerGroup(countries.map(({ lines: parts }) => lines(parts, BASE_STYLE.countries))),
      areas: L.layerGroup([...shapes(BASE_STYLE.glow), ...shapes(BASE_STYLE.areas)]),
      rivers: L.layerGroup([lines(rivers, BASE_STYLE.rivers)]),
      roads: L.layerGroup(Object.values(this.tiers)),
    };
  }

  frontier() {
    const casing = { renderer: this.things, interactive: false, color: "#fff", weight: 9 };
    const line = { renderer: this.things, bubblingMouseEvents: false, lineCap: "butt" };
    const runs = this.model.frontier.map((run) => ({ run, points: run.line.map(decodeLine) }));
    const lines = runs.map(({ run, points }) => Object.assign(
      L.polyline(points, { ...line, ...FRONTIER_STYLE[run.state] }), { row: run }));
    return L.featureGroup([L.polyline(runs.flatMap(({ points }) => points), casing), ...lines]);
  }

  places(kind) {
    const rows = this.model[kind].filter((row) => row.at);
    // The last drawn is on top: people-rich places, and the first of the proposals.
    const order = kind === "communities"
      ? [...rows].sort((a, b) => (a.people ?? -1) - (b.people ?? -1))
      : [...rows].reverse();
    return order.map((row) => {
      const place = new Place(row, { renderer: this.things });
      place.options.symbol = { shape: "disc", size: 4, colour: COLOUR.line };
      row.marker = place;
      return place;
    });
  }

  symbol(row) {
    const grow = Math.min(this.map.getZoom() - 6, 5);
    if (row.kind === "communities") {
      const { shape, colour } = this.model.classes[this.model.classOf[row.place]];
      const size = row.people == null
        ? 3.4 : Math.min(4.3 + Math.sqrt(row.people / 70000), 8.5);
      return { shape, colour, size: size * (1 + grow * 0.13) };
    }
    if (row.kind === "crossings") return { shape: "gate", colour: COLOUR.crossing, size: 3.4 + grow * 0.7 };
    if (row.kind === "boxes") return { shape: "square", colour: COLOUR.box, size: 2.2 + grow * 0.55 };
    if (row.kind === "posts" && !row.rank) return { shape: "square", colour: COLOUR.post, size: 2 + grow * 0.6 };
    if (row.kind === "posts") {
      const hollow = row.phase > this.model.firstPhase;
      const shape = grow < 1.3 ? "bead" : "tower";
      return { shape, colour: COLOUR.post, hollow, size: grow < 1.3 ? 2.1 : 1.9 + grow * 1.1 };
    }
    return { shape: "pin", colour: COLOUR.proposal, size: 6.9 + grow * 1.2, text: String(row.rank) };
  }

  // Everything that depends on the zoom or the threshold.
  restyle() {
    const widen = 1 + Math.max(this.map.getZoom() - 6, 0) * 0.28;
    for (const [tier, line] of Object.entries(this.tiers)) {
      line.setStyle({ weight: BASE_STYLE[tier].weight * widen });
    }
    for (const kind of PLACE_KINDS) {
      this.groups[kind].eachLayer((place) => place.setSymbol(this.symbol(place.row)));
    }
  }

  // Put on the map what is switched on, in its order.
  arrange() {
    for (const key of LAYER_KEYS) {
      const group = this.groups[key];
      if (!group) continue;
      group.remove();
      if (!this.hidden.has(key)) group.addTo(this.map);
    }
    this.showProposals();
  }

  // Of the proposals, the first ones; the first of all on top.
  showProposals() {
    const on = (row) => row.rank <= this.model.shown && !this.hidden.has("proposals");
    for (const place of this.groups.proposals.getLayers()) {
      if (on(place.row)) place.addTo(this.map).bringToFront();
      else place.remove();
    }
  }

  // Draw both sheets at once, and not with the next frame.
  drawNow() {
    for (const canvas of [this.base, this.things]) canvas._redraw();
  }

  drawLabels(language) {
    if (this.hidden.has("labels")) {
      this.labels.draw([], []);
      return;
    }
    const { model } = this;
    const rtl = language === "ar" || language === "ckb";
    const say = (row, kind, extra) => ({ text: nameOf(row, language), at: row.at, kind, rtl, ...extra });
    const on = (kind) => (this.hidden.has(kind) ? [] : model[kind].filter((row) => row.at));
    const towns = on("communities")
      .map((row) => say(row, "place", { gap: this.symbol(row).size, people: row.people ?? 0 }))
      .sort((a, b) => b.people - a.people);
    // A big town stands for its governorate; the others leave governorates room first.
    const zoom = this.map.getZoom();
    const first = towns.slice(0, zoom < 7 ? 6 : 40);
    const rest = zoom < 6.5 ? towns.slice(6, 24) : towns.slice(first.length);
    this.labels.draw([
      ...on("countries").map((row) => say(row, "country")),
      ...first,
      ...(zoom < 10 ? on("areas").map((row) => say(row, "area")) : []),
      ...rest,
    ], this.obstacles());
  }

  obstacles() {
    const boxes = [];
    for (const kind of PLACE_KINDS) {
      if (this.hidden.has(kind)) continue;
      for (const row of this.model[kind]) {
        if (!row.marker?._map) continue;
        const { shape, size } = row.marker.options.symbol;
        const box = shape === "pin" ? [-size, -2.4 * size, size, 0] : [-size, -size, size, size];
        boxes.push({ at: row.at, box });
      }
    }
    return boxes;
  }
}
