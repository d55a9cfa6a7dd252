// The page comes to life: one model, one map, its parts, and what a reader can do with them.

const map = window[document.querySelector(".folium-map").id];

// What a reader does. Every part is told what changed: language, threshold, shown, case, layers or view.
class App {
  constructor(data) {
    this.map = map;
    this.model = new Model(data);
    this.speech = new Speech(data);
    this.layers = new Layers(map, this.model);
    this.service = new Service(this.model);
    this.facts = new Facts(this);
    this.view = new View(this);
    this.frame = new Frame(this);
    this.panel = new Panel(this);
    this.border = new Border(this);
    this.strip = new Strip(this);
    this.legend = new Legend(this);
    this.governorates = new Governorates(this);
    this.search = new Search(this);
    this.card = new Card(this);
    this.compare = new Compare(this);
    this.table = new Table(this);
    this.tools = new Tools(this);
    this.cursor = new Cursor(this);
    this.measure = new Measure(this);
    this.keys = new Keys(this);
    this.whatIf = data.what_if ? new WhatIf(this) : null;
    this.parts = [this.panel, this.border, this.strip, this.legend, this.governorates, this.search,
      this.card, this.compare, this.table, this.tools, this.cursor, this.measure, this.keys, this.frame,
      new Marking(this), new Tiles(this), ...(this.whatIf ? [this.whatIf] : [])];
  }

  changed(change) {
    if (change.case) this.layers.rebuild();
    if (change.case || change.shown) this.layers.showProposals();
    if (change.case || change.threshold || change.shown) this.layers.recolour();
    if (change.layers) this.layers.arrange();
    for (const part of this.parts) part.update(change);
    if (!change.threshold) this.layers.drawLabelsSoon(this.speech.language, change.shown);
  }

  speak(code) {
    this.speech.language = code;
    this.changed({ language: true });
  }

  choose(minutes) {
    this.model.choose(minutes);
    this.changed({ threshold: true });
  }

  show(count) {
    this.model.show(count);
    this.changed({ shown: true });
  }

  turn(at) {
    this.model.turn(at);
    this.changed({ case: true, language: true });
  }

  toggle(key, on) {
    this.layers.hidden[on ? "delete" : "add"](key);
    this.changed({ layers: true });
  }

  isHidden(key) {
    return this.layers.hidden.has(key);
  }

  // Bring what a row stands for into view, and open its card.
  select(row) {
    this.whatIf?.reveal(row);
    if (row.kind === "areas") this.view.fit(row.rings.flat());
    else if (row.kind === "frontier") this.view.fit(row.line.flatMap(decodeLine));
    else if (row.at) map.setView(row.at, Math.max(map.getZoom(), 9), { animate: false });
    this.mark(row);
  }

  // Open the card of what is in view already.
  mark(row) {
    if (row.at && (PLACE_KINDS.includes(row.kind) || row.kind.startsWith("if_"))) marked.setLatLng(row.at).addTo(map);
    else marked.remove();
    const active = document.activeElement;
    if (!find("details").contains(active)) this.openedFrom = active;
    this.whatIf?.mark(row);
    this.card.open(row);
    this.layers.showRoutes([row]);
    if (row.at) this.view.uncover(row.at);
  }

  // The keyboard goes on from where the card was opened.
  closeCard() {
    marked.remove();
    this.whatIf?.mark(null);
    this.layers.showRoutes([]);
    const active = document.activeElement;
    const isLost = active === document.body || find("details").contains(active);
    if (isLost && this.openedFrom?.isConnected) this.openedFrom.focus({ preventScroll: true });
    this.openedFrom = null;
  }
}

const app = new App(await readData());
window.boxreach = app; // for those who add to the page, and for its tests
const { layers, model } = app;
const marked = L.circleMarker([0, 0], {
  pane: "plan-mark", radius: 14, color: "#17202b", weight: 2, fill: false, interactive: false,
});

for (const kind of LAYER_KEYS.filter((key) => TOUCHED_KINDS.includes(key) && layers.groups[key])) {
  layers.groups[kind].on("click", ({ propagatedFrom: { row } }) => app.mark(app.whatIf?.instead(row) ?? row));
  layers.groups[kind].bindTooltip(
    (place) => makeElement("span", {}, app.speech.titleOf(place.row)), { direction: "top", sticky: kind === "frontier" || kind === "gaps" });
}
map.on("click", ({ latlng }) => {
  const area = !layers.hidden.has("areas") && model.areas.find((one) => isInside(one.rings, latlng));
  if (area) app.mark(area);
  else app.card.close();
});
find("legend-box").addEventListener("toggle", () => layers.drawLabelsSoon(app.speech.language));
map.on("zoomend", () => layers.resize());
map.on("moveend", () => layers.drawLabelsSoon(app.speech.language));
// Names are measured by the letters of the page, which are there a moment later.
document.fonts.ready.then(() => layers.drawLabelsSoon(app.speech.language));

app.changed({ language: true, case: true, layers: true });
if (model.data.what_if?.opens) app.whatIf.choose(0);
if ("fit" in find("stage").dataset) app.view.fitWhole();
