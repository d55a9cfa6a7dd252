// Measuring: legs between the places that are clicked, as the crow flies, and what they come to.

// Kilometres along the geodesic of WGS 84, by Lambert's formula for long lines: metres off at
// most, where Leaflet's own sphere is half a per cent off.
function crowKm(one, other) {
  const { axis, flattening } = ELLIPSOID;
  const [b1, b2] = [one.lat, other.lat].map((lat) => Math.atan((1 - flattening) * Math.tan(lat * RADIANS)));
  const haversine = Math.sin((b2 - b1) / 2) ** 2
    + Math.cos(b1) * Math.cos(b2) * Math.sin((other.lng - one.lng) * RADIANS / 2) ** 2;
  const angle = 2 * Math.asin(Math.sqrt(Math.min(haversine, 1)));
  if (!angle) return 0;
  const [middle, half] = [(b1 + b2) / 2, (b2 - b1) / 2];
  const x = (angle - Math.sin(angle)) * (Math.sin(middle) * Math.cos(half) / Math.cos(angle / 2)) ** 2;
  const y = (angle + Math.sin(angle)) * (Math.cos(middle) * Math.sin(half) / Math.sin(angle / 2)) ** 2;
  return axis / 1000 * (angle - flattening / 2 * (x + y));
}

class Measure {
  constructor(app) {
    this.app = app;
    this.map = app.map;
    this.points = [];
    this.drawing = false;
    const container = this.map.getContainer();
    // Before anything on the map hears of it: no card opens while somebody measures.
    container.addEventListener("click", (event) => this.takeClick(event), true);
    container.addEventListener("dblclick", (event) => this.takeDoubleClick(event), true);
    find("measure-undo").addEventListener("click", () => this.undo());
    find("measure-end").addEventListener("click", () => this.end());
    find("measure-close").addEventListener("click", () => this.close());
  }

  update({ language }) {
    if (language && this.isOpen) this.show();
  }

  get isOpen() {
    return !find("measure").hidden;
  }

  toggle() {
    if (this.drawing) this.close();
    else this.start();
  }

  start() {
    this.points = [];
    this.app.card.close(); // which may lie over what is measured
    this.draw(true);
  }

  // The line stays in sight; the map can be used again.
  end() {
    this.draw(false);
  }

  close() {
    const held = find("measure").contains(document.activeElement);
    this.points = [];
    this.draw(false);
    find("measure").hidden = true;
    if (held) this.app.tools.button("measure").focus();
  }

  // What Escape does: end the line, then take it away.
  dismiss() {
    if (!this.isOpen) return false;
    if (this.drawing && this.points.length > 1) this.end();
    else this.close();
    return true;
  }

  undo() {
    this.points.pop();
    this.show();
  }

  takeClick(event) {
    if (!this.drawing || event.target.closest(".leaflet-control")) return;
    event.stopImmediatePropagation();
    if (event.detail > 1 || this.map.dragging.moved()) return;
    this.points.push(this.map.mouseEventToLatLng(event));
    this.show();
  }

  takeDoubleClick(event) {
    if (!this.drawing) return;
    event.stopImmediatePropagation();
    this.end();
  }

  draw(drawing) {
    this.drawing = drawing;
    this.map.getContainer().classList.toggle("measuring", drawing);
    this.app.tools.press("measure", drawing);
    this.show();
  }

  show() {
    const { speech } = this.app;
    const legs = this.points.slice(1).map((point, at) => crowKm(this.points[at], point));
    const sums = legs.map((_, at) => legs.slice(0, at + 1).reduce((sum, km) => sum + km, 0));
    const say = (km) => speech.say("in_km", { km: inLegKm(km) });
    find("measure").hidden = false;
    find("measure-hint").hidden = !this.drawing || legs.length > 0;
    find("legs").replaceChildren(...legs.map((km) => makeElement("li", {}, say(km))));
    find("legs").hidden = legs.length < 2;
    find("measured").textContent = legs.length ? say(sums.at(-1)) : "";
    find("measure-undo").hidden = !this.drawing || !this.points.length;
    find("measure-end").hidden = !this.drawing || !legs.length;
    this.drawLine(sums.map(say));
  }

  drawLine(sums) {
    this.layer ??= this.makeLayer();
    const style = { pane: "plan-measure", renderer: this.renderer, interactive: false, fill: false };
    this.layer.clearLayers();
    if (!this.points.length) return;
    for (const [color, weight] of [["#fff", 6], ["#17202b", 2.5]]) {
      L.polyline(this.points, { ...style, color, weight }).addTo(this.layer);
    }
    this.points.forEach((point, at) => {
      const end = L.circleMarker(point, { ...style, radius: 4, color: "#17202b", weight: 2, fill: true,
        fillColor: "#fff", fillOpacity: 1 }).addTo(this.layer);
      if (at) end.bindTooltip(makeElement("span", { dir: "auto" }, sums[at - 1]), { permanent: true, direction: "right", offset: [6, 0] });
    });
  }

  makeLayer() {
    const pane = this.map.createPane("plan-measure");
    Object.assign(pane.style, { zIndex: 398, pointerEvents: "none" });
    this.renderer = L.svg({ pane: "plan-measure" });
    return L.layerGroup().addTo(this.map);
  }
}

// Short legs to ten metres.
const HUNDREDTHS = new Intl.NumberFormat("en", { maximumFractionDigits: 2 });
const inLegKm = (km) => (km < 10 ? HUNDREDTHS : TENTHS).format(km);
