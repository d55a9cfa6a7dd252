// The page comes to life: one model, one map, its parts, and what a reader can do with them.

const map = window[document.querySelector(".folium-map").id];

// What a reader does. Every part is told what changed: language, threshold, shown, case or layers.
class App {
  constructor(data) {
    this.map = map;
    this.model = new Model(data);
    this.speech = new Speech(data);
    this.layers = new Layers(map, this.model);
    this.frame = new Frame(this);
    this.panel = new Panel(this);
    this.border = new Border(this);
    this.legend = new Legend(this);
    this.governorates = new Governorates(this);
    this.search = new Search(this);
    this.card = new Card(this);
    this.parts = [this.panel, this.border, this.legend, this.governorates, this.search, this.card,
      this.frame, new Marking(this), new Tiles(this)];
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
    labelControls();
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

  select(row) {
    if (row.kind === "areas") fit(row.rings.flat());
    else if (row.at) map.setView(row.at, Math.max(map.getZoom(), 9), { animate: false });
    mark(row);
  }

  closeCard() {
    marked.remove();
    layers.showRoutes([]);
  }
}

const app = new App(await readData());
window.boxreach = app; // for those who add to the page, and for its tests
const { layers, model } = app;
const marked = L.circleMarker([0, 0], {
  pane: "plan-mark", radius: 14, color: "#17202b", weight: 2, fill: false, interactive: false,
});

function mark(row) {
  if (row.at && PLACE_KINDS.includes(row.kind)) marked.setLatLng(row.at).addTo(map);
  else marked.remove();
  app.card.open(row);
  layers.showRoutes([row]);
  if (row.at) uncover(row.at);
}

// Move the map if the card lies over the place it speaks of.
function uncover(at) {
  const card = find("details");
  const { x, y } = map.latLngToContainerPoint(at);
  const [left, top] = [card.offsetLeft, card.offsetTop];
  if (x < left - 20 || x > left + card.offsetWidth + 20) return;
  if (y < top - 20 || y > top + card.offsetHeight + 20) return;
  const below = map.getSize().y - top - card.offsetHeight;
  map.panBy([0, y - (top > below ? top / 2 : map.getSize().y - below / 2)]);
}

function fitWhole() {
  const [west, south, east, north] = model.data.bounds;
  fit([[south, west], [north, east]]);
}

// Into view, clear of the legend where that lies over the map.
function fit(bounds) {
  const legend = find("legend-box");
  const over = getComputedStyle(legend).position === "static" ? 0 : legend.offsetWidth;
  const foot = find("foot").offsetHeight;
  map.fitBounds(bounds, {
    paddingTopLeft: [10 + over, 10], paddingBottomRight: [10, 10 + foot], animate: false,
  });
}

const zoom = L.control.zoom({ position: "topleft" }).addTo(map);
const home = L.DomUtil.create("a", "", zoom.getContainer());
home.textContent = "⌂";
home.href = "#";
home.role = "button";
L.DomEvent.disableClickPropagation(home);
home.addEventListener("click", (event) => {
  event.preventDefault();
  fitWhole();
});
L.control.scale({ imperial: false, position: "bottomleft" }).addTo(map);

function labelControls() {
  const [closer, away] = zoom.getContainer().children;
  for (const [control, word] of [[closer, "zoom_in"], [away, "zoom_out"], [home, "whole_map"]]) {
    control.title = app.speech.say(word);
    control.setAttribute("aria-label", app.speech.say(word));
  }
}

for (const kind of [...PLACE_KINDS, "gaps", "frontier"]) {
  layers.groups[kind].on("click", (event) => mark(event.propagatedFrom.row));
  layers.groups[kind].bindTooltip(
    (place) => makeElement("span", {}, app.speech.titleOf(place.row)), { direction: "top", sticky: kind === "frontier" || kind === "gaps" });
}
map.on("click", ({ latlng }) => {
  const area = !layers.hidden.has("areas") && model.areas.find((one) => isInside(one.rings, latlng));
  if (area) mark(area);
  else app.card.close();
});
map.on("mousemove", ({ latlng }) => {
  find("cursor").hidden = false;
  find("cursor").textContent = inDegrees(latlng.lat, latlng.lng);
});
find("legend-box").addEventListener("toggle", () => layers.drawLabelsSoon(app.speech.language));
map.on("zoomend", () => layers.resize());
map.on("moveend", () => layers.drawLabelsSoon(app.speech.language));

// A sheet of paper has its own size: the whole plan is put on it, and the view comes back after.
matchMedia("print").addEventListener("change", ({ matches }) => {
  const before = [map.getCenter(), map.getZoom()];
  map.invalidateSize({ animate: false });
  if (matches) {
    fitWhole();
    layers.drawNow(); // no frame comes before the sheet is printed
    addEventListener("afterprint", () => map.setView(...before, { animate: false }), { once: true });
  }
});

app.changed({ language: true, case: true, layers: true });
labelControls();
if ("fit" in find("stage").dataset) fitWhole();
