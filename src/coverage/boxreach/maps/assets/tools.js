// The tools on the map: closer, farther, the whole, measure, full screen, print, and the scale.

class Tools {
  constructor(app) {
    this.app = app;
    const { map } = app;
    this.buttons = [...find("tools").querySelectorAll("button")];
    const deeds = {
      zoom_in: () => map.zoomIn(),
      zoom_out: () => map.zoomOut(),
      whole_map: () => app.view.fitWhole(),
      measure: () => app.measure.toggle(),
      full_screen: () => this.fillScreen(),
      print: () => window.print(),
    };
    for (const button of this.buttons) {
      if (deeds[button.dataset.label]) button.addEventListener("click", deeds[button.dataset.label]);
    }
    this.scale = new Scale(app).addTo(map);
    this.button("full_screen").hidden = !document.fullscreenEnabled; // as on a telephone of Apple's
    document.addEventListener("fullscreenchange", () => this.press("full_screen", document.fullscreenElement));
  }

  update({ language }) {
    if (!language) return;
    for (const button of this.buttons) button.title = this.app.speech.say(button.dataset.label);
    this.scale._update();
  }

  button(word) {
    return this.buttons.find((button) => button.dataset.label === word);
  }

  press(word, on) {
    this.button(word).setAttribute("aria-pressed", String(Boolean(on)));
  }

  fillScreen() {
    const asked = document.fullscreenElement
      ? document.exitFullscreen() : document.documentElement.requestFullscreen();
    asked.catch(() => {}); // a browser may say no: the page stays as it is
  }
}

// Leaflet's scale, in the words and the digits of the reader.
const Scale = L.Control.Scale.extend({
  initialize(app) {
    this.app = app;
    L.setOptions(this, { imperial: false, position: "bottomleft" });
  },
  _updateMetric(most) {
    const metres = this._getRoundNum(most);
    const text = metres < 1000
      ? this.app.speech.say("in_metres", { metres }) : this.app.speech.say("in_km", { km: metres / 1000 });
    this._mScale.dir = "auto";
    this._updateScale(this._mScale, text, metres / most);
  },
});
