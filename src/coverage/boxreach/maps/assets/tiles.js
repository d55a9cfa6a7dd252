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
    this.layer.on("tileload", () => { this.answered = true; });
    this.layer.on("tileerror", () => this.answered || this.fail());
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

  // Ask for tiles only where there is a network: what is not asked for cannot fail.
  arrange() {
    this.failed = false;
    this.answered = false;
    if (this.box.checked && navigator.onLine) this.layer.addTo(this.map);
    else this.layer.remove();
    this.tell();
  }

  // Nobody answers: ask no further.
  fail() {
    this.failed = true;
    this.layer.remove();
    this.tell();
  }

  tell() {
    const there = navigator.onLine && !this.failed;
    this.state.textContent = there || !this.box.checked ? "" : this.speech.say("tiles_unreachable");
    this.slider.disabled = !(there && this.box.checked);
  }

  update({ language }) {
    if (!language || !this.layer) return;
    this.name.textContent = this.speech.say("tiles_online");
    this.slider.setAttribute("aria-label", this.speech.say("tiles_opacity"));
    this.tell();
  }
}
