// A map of the network's over the page's own, for those who have a network: never needed.

class Tiles {
  constructor(app) {
    this.speech = app.speech;
    this.map = app.map;
    const asked = app.model.data.tiles;
    if (!asked) return;
    // Over the own map, which stays to be seen where a tile is missing; under all that is planned.
    const pane = this.map.createPane("plan-tiles");
    pane.style.zIndex = 215;
    pane.style.pointerEvents = "none";
    this.layer = L.tileLayer(asked.url, { pane: "plan-tiles", maxNativeZoom: asked.max_zoom });
    this.build();
    addEventListener("online", () => this.arrange());
    addEventListener("offline", () => this.arrange());
    this.arrange();
  }

  build() {
    this.box = makeElement("input", { type: "checkbox", id: "tiles-on", onchange: () => this.arrange() });
    this.box.checked = true;
    this.slider = makeElement("input", { type: "range", id: "tiles-opacity", min: 10, max: 100, step: 5,
      value: 100, oninput: () => this.layer.setOpacity(this.slider.value / 100) });
    this.name = makeElement("label", { for: "tiles-on" });
    this.state = makeElement("p", { class: "small", role: "status" });
    find("by-governorate").before(makeElement("section", { id: "tiles" },
      makeElement("div", { class: "switch" }, this.box, this.name), this.slider, this.state));
  }

  // Where there is a network, ask for one tile, and for the others if that comes: what is not
  // asked for cannot fail.
  arrange() {
    this.layer.remove();
    this.there = navigator.onLine;
    if (this.there && this.box.checked) {
      const first = new Image();
      first.onload = () => this.box.checked && this.layer.addTo(this.map);
      first.onerror = () => { this.there = false; this.tell(); };
      first.src = this.addressOf(this.map.getCenter());
    }
    this.tell();
  }

  addressOf(place) {
    const z = Math.min(Math.round(this.map.getZoom()), this.layer.options.maxNativeZoom);
    const { x, y } = this.map.project(place, z).divideBy(this.layer.options.tileSize).floor();
    return L.Util.template(this.layer._url, { x, y, z });
  }

  tell() {
    const on = this.box.checked;
    this.state.textContent = on && !this.there ? this.speech.say("tiles_unreachable") : "";
    this.slider.disabled = !(on && this.there);
  }

  update({ language }) {
    if (!language || !this.layer) return;
    this.name.textContent = this.speech.say("tiles_online");
    this.slider.setAttribute("aria-label", this.speech.say("tiles_opacity"));
    this.tell();
  }
}
