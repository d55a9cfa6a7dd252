// What is drawn, and how it looks at a zoom and a threshold.

const FRONTIER_STYLE = {
  covered: { color: COLOUR.covered, weight: 6 },
  unseen: { color: COLOUR.unseen, weight: 6, dashArray: "12 3" },
  open: { color: COLOUR.open, weight: 5, dashArray: "6 4" },
  "": { color: COLOUR.line, weight: 3 },
};

// Layers a reader can switch, the lowest first.
const LAYER_KEYS = [
  "countries", "areas", "rivers", "roads", "isochrones", "gaps", "frontier", "communities",
  "changes", "critical", "crossings", "boxes", "posts", "proposals", "labels",
];

const PLACE_KINDS = ["communities", "crossings", "boxes", "posts", "proposals"];
const SYMBOL_KINDS = PLACE_KINDS.slice(1);
const TOUCHED_KINDS = [...PLACE_KINDS, "gaps", "frontier", "changes", "critical"];

// Beyond so many dots in sight, names may lie on those of small places.
const MOST_DOT_OBSTACLES = 800;
const LABELS_AFTER_MS = 160;
// A text below a symbol takes so many pixels.
const BELOW = 15;

class Layers {
  constructor(map, model) {
    this.map = map;
    this.model = model;
    this.hidden = new Set();
    this.idle = new Set(); // that give way to others
    this.missing = new Set(); // ids of boxes that a scenario lacks
    this.written = () => []; // places with a text below them
    this.pane("mark", 396, false);
    const things = this.pane("things", 390, true);
    this.things = L.canvas({ pane: things, padding: 0.25, tolerance: isCoarse() ? 9 : 3 });
    this.ground = new Ground(model, this.pane("base", 210, false), (key) => this.hidden.has(key));
    this.bands = new Bands(model, this.pane("bands", 220, false));
    this.dots = new Dots(map, model, this.pane("dots", 380, false));
    const ways = L.canvas({ pane: this.pane("ways", 385, false), padding: 0.25 });
    this.routes = new Routes(model, ways);
    const gaps = L.canvas({ pane: this.pane("gaps", 370, false), padding: 0.25 });
    this.gaps = new Gaps(model, gaps, this.things);
    this.labels = new Labels(map, map.getPane(this.pane("labels", 395, false)));
    this.groups = { isochrones: this.bands.sheet, gaps: this.gaps.group, frontier: this.frontier() };
    this.groups.communities = L.featureGroup([
      this.dots.sheet, new DotsTarget(this.dots, { renderer: this.things })]);
    for (const kind of SYMBOL_KINDS) this.groups[kind] = L.featureGroup();
    this.sheets = [this.ground.sheet, this.bands.sheet, this.dots.sheet];
    this.whole = L.layerGroup([this.ground.sheet, this.routes.group, this.routes.moves]).addTo(map);
    this.routes.hideIfEmpty();
  }

  // Put the places of the plan that is shown into their layers.
  rebuild() {
    for (const kind of SYMBOL_KINDS) {
      this.groups[kind].clearLayers();
      for (const place of this.places(kind)) this.groups[kind].addLayer(place);
    }
    this.resize();
  }

  pane(name, level, touchable) {
    const pane = this.map.createPane(`plan-${name}`);
    pane.style.zIndex = level;
    if (!touchable) pane.style.pointerEvents = "none";
    return `plan-${name}`;
  }

  frontier() {
    const casing = { renderer: this.things, interactive: false, color: "#fff", weight: 9 };
    const line = { renderer: this.things, bubblingMouseEvents: false, lineCap: "butt" };
    const runs = this.model.frontier.map((run) => ({ run, points: run.line.map(decodeLine) }));
    const lines = runs.map(({ run, points }) => Object.assign(
      L.polyline(points, { ...line, ...FRONTIER_STYLE[run.state] }), { row: run }));
    return L.featureGroup([L.polyline(runs.flatMap(({ points }) => points), casing), ...lines]);
  }

  // The last drawn is on top: the first of the proposals.
  places(kind) {
    return this.model[kind].filter((row) => row.at).reverse().map((row) => {
      const place = new Place(row, { renderer: this.things });
      row.marker = place;
      return place;
    });
  }

  // How a row looks at this zoom and number of boxes; null if it is not drawn.
  symbol(row) {
    const { model } = this;
    if (this.missing.has(row.id) && (row.kind === "boxes" || row.kind === "proposals")) return null;
    const grow = Math.min(this.map.getZoom() - 6, 5);
    const gone = (row.kind === "boxes" || row.kind === "proposals") && !this.standing.has(row.id);
    if (row.kind === "crossings") return { shape: "gate", colour: COLOUR.crossing, size: 3.4 + grow * 0.7 };
    if (row.kind === "boxes") {
      return { shape: gone ? "gone" : "square", colour: COLOUR.box, size: (gone ? 2.6 : 2.2) + grow * 0.55 };
    }
    if (row.kind === "posts" && !row.rank) return { shape: "square", colour: COLOUR.post, size: 2 + grow * 0.6 };
    if (row.kind === "posts") {
      const hollow = row.phase > model.firstPhase;
      const shape = grow < 1.3 ? "bead" : "tower";
      return { shape, colour: COLOUR.post, hollow, size: grow < 1.3 ? 2.1 : 1.9 + grow * 1.1 };
    }
    if (row.rank > model.shown) return null;
    if (gone) return { shape: "gone", colour: COLOUR.proposal, size: 3 + grow * 0.6 };
    return { shape: "pin", colour: COLOUR.proposal, size: 6.9 + grow * 1.2, text: inDigits(String(row.rank)) };
  }

  // Everything that depends on the zoom.
  resize() {
    this.restyle(SYMBOL_KINDS, true);
  }

  // What depends on the number of boxes: what is placed, and what is given up for it.
  showProposals() {
    this.restyle(["boxes", "proposals"], false);
    this.routes.refresh();
    this.routes.refreshMoves(this.hidden.has("proposals"));
  }

  restyle(kinds, always) {
    this.standing = this.model.case.standing(this.model.shown);
    for (const kind of kinds) {
      this.groups[kind].eachLayer((place) => {
        const symbol = this.symbol(place.row);
        const before = place.options.symbol;
        if (always || symbol?.shape !== before?.shape) place.setSymbol(symbol);
      });
    }
  }

  // What depends on the threshold and on which places are reached.
  recolour() {
    this.dots.sheet.redraw();
    this.bands.refresh();
  }

  // Put on the map what is switched on, in its order.
  arrange() {
    for (const key of LAYER_KEYS) {
      const group = this.groups[key];
      if (!group) continue;
      group.remove();
      if (!this.hidden.has(key) && !this.idle.has(key)) group.addTo(this.map);
    }
    this.ground.sheet.redraw();
    this.showProposals();
  }

  // The ways of the rows that are selected; none without any.
  showRoutes(rows) {
    this.routes.show(rows);
  }

  // Draw all sheets at once, and not with the next frame.
  drawNow() {
    for (const sheet of this.sheets) sheet.drawNow();
    for (const canvas of [this.things, this.routes.line.options.renderer]) if (canvas._map) canvas._redraw();
    this.drawLabels();
  }

  // Names, once for all that changes at a time, and while a slider moves only after it rests.
  drawLabelsSoon(language, sliding = false) {
    this.language = language;
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.drawLabels(), sliding ? LABELS_AFTER_MS : 0);
  }

  drawLabels(language = this.language) {
    clearTimeout(this.waiting);
    if (this.hidden.has("labels")) {
      this.labels.draw([], []);
      return;
    }
    const { model } = this;
    const rtl = language === "ar" || language === "ckb";
    const say = (row, kind, extra) => ({ text: nameOf(row, language), at: row.at, kind, rtl, ...extra });
    const on = (kind) => (this.hidden.has(kind) ? [] : model[kind].filter((row) => row.at));
    // A big town stands for its governorate; the others leave governorates room first.
    const zoom = this.map.getZoom();
    const [first, last] = [zoom < 7 ? 6 : 40, zoom < 6.5 ? 24 : MOST_LABELS];
    const towns = this.hidden.has("communities") ? [] : this.townsInView(last).map(
      (row) => say(row, "place", { gap: this.dots.sizeOf(row.place) }));
    this.labels.draw([
      ...on("countries").map((row) => say(row, "country")),
      ...towns.slice(0, first),
      ...(zoom < 10 ? on("areas").map((row) => say(row, "area")) : []),
      ...towns.slice(first),
    ], this.obstacles());
  }

  // So many of the most populous communities in sight.
  townsInView(most) {
    const bounds = this.map.getBounds();
    const found = [];
    for (const place of this.dots.order) {
      const row = this.model.communities[place];
      if (row.at && bounds.contains(row.at)) found.push(row);
      if (found.length === most) break;
    }
    return found;
  }

  // What names must leave in sight, as boxes in pixels of the stage.
  obstacles() {
    const boxes = [];
    for (const kind of SYMBOL_KINDS) {
      if (this.hidden.has(kind)) continue;
      for (const row of this.model[kind]) {
        const symbol = row.marker?._map && row.marker.options.symbol;
        if (!symbol) continue;
        const { shape, size } = symbol;
        const box = shape === "pin" ? [-size, -2.4 * size, size, 0] : [-size, -size, size, size];
        boxes.push(moveBox(box, this.map.latLngToContainerPoint(row.at)));
      }
    }
    for (const { row, options: { symbol: { size } } } of this.written()) {
      boxes.push(moveBox([-BELOW, size, BELOW, size + BELOW], this.map.latLngToContainerPoint(row.at)));
    }
    return this.hidden.has("communities") ? boxes : [...boxes, ...this.dotBoxes()];
  }

  dotBoxes() {
    const { dots, model } = this;
    const boxes = [];
    for (let at = 0; at < Math.min(dots.drawn, MOST_DOT_OBSTACLES); at += 1) {
      const { place, size } = dots.symbolAt(at);
      const point = this.map.latLngToContainerPoint(model.communities[place].at);
      boxes.push(moveBox([-size, -size, size, size], point));
    }
    return boxes;
  }
}

// A finger covers more than the tip of a pointer.
function isCoarse() {
  return L.Browser.mobile || matchMedia("(pointer: coarse)").matches;
}
