// The page comes to life: one model, one map, one panel, and what a reader can do with them.

const map = window[document.querySelector(".folium-map").id];
const model = new Model(JSON.parse(find("data").textContent));
const layers = new Layers(map, model);
const marked = L.circleMarker([0, 0], {
  pane: "plan-mark", radius: 14, color: "#17202b", weight: 2, fill: false, interactive: false,
});

const panel = new Panel(model, {
  speak(code) {
    panel.language = code;
    panel.update();
    labelControls();
    layers.drawLabels(code);
  },
  choose(minutes) {
    model.choose(minutes);
    layers.restyle();
    panel.update();
    layers.drawLabels(panel.language);
  },
  show(count) {
    model.shown = count;
    layers.showProposals();
    panel.update();
    layers.drawLabels(panel.language);
  },
  toggle(key, on) {
    layers.hidden[on ? "delete" : "add"](key);
    layers.arrange();
    layers.drawLabels(panel.language);
  },
  isHidden: (key) => layers.hidden.has(key),
  close: () => marked.remove(),
  select(row) {
    if (row.kind === "areas") fit(row.rings.flat());
    else if (row.at) map.setView(row.at, Math.max(map.getZoom(), 9), { animate: false });
    mark(row);
  },
});

function mark(row) {
  if (row.at && row.place) marked.setLatLng(row.at).addTo(map);
  else marked.remove();
  panel.open(row);
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
    control.title = panel.say(word);
    control.setAttribute("aria-label", panel.say(word));
  }
}

for (const kind of [...PLACE_KINDS, "frontier"]) {
  layers.groups[kind].on("click", (event) => mark(event.propagatedFrom.row));
  layers.groups[kind].bindTooltip(
    (place) => makeElement("span", {}, panel.titleOf(place.row)), { direction: "top", sticky: kind === "frontier" });
}
map.on("click", ({ latlng }) => {
  const area = !layers.hidden.has("areas") && model.areas.find((one) => isInside(one.rings, latlng));
  if (area) mark(area);
  else panel.close();
});
map.on("mousemove", ({ latlng }) => {
  find("cursor").hidden = false;
  find("cursor").textContent = inDegrees(latlng.lat, latlng.lng);
});
find("legend-box").addEventListener("toggle", () => layers.drawLabels(panel.language));
map.on("zoomend", () => layers.restyle());
map.on("moveend", () => layers.drawLabels(panel.language));

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

layers.restyle();
layers.arrange();
panel.update();
labelControls();
layers.drawLabels(panel.language);
if ("fit" in find("stage").dataset) fitWhole();
