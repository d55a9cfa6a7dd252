// The place under the pointer, or under the cross in the middle of a map that is moved by keys.

class Cursor {
  constructor(app) {
    this.app = app;
    this.map = app.map;
    this.container = this.map.getContainer();
    this.container.setAttribute("role", "application");
    this.map.on("mousemove click", ({ latlng }) => this.tell(latlng));
    this.map.on("move", () => this.isByKeys && this.tell(this.map.getCenter()));
    this.container.addEventListener("focus", () => this.isByKeys && this.tell(this.map.getCenter()));
    this.container.addEventListener("keydown", (event) => this.press(event));
  }

  update({ language }) {
    if (language) this.container.setAttribute("aria-label", this.app.speech.say("map_by_keys"));
  }

  get isByKeys() {
    return this.container.matches(":focus-visible");
  }

  // Degrees and a grid reference keep their own digits: they are typed into other devices.
  tell(latlng) {
    const { lat, lng } = latlng.wrap();
    find("cursor").hidden = false;
    find("cursor").textContent = [inDegrees(lat, lng), toMgrs(lat, lng)].filter(Boolean).join("  ");
  }

  // Enter is a click on what lies under the cross.
  press(event) {
    if (event.key !== "Enter" || event.target !== this.container) return;
    const { left, top, width, height } = this.container.getBoundingClientRect();
    const [clientX, clientY] = [left + width / 2, top + height / 2];
    const under = document.elementsFromPoint(clientX, clientY).find((one) => this.container.contains(one));
    under?.dispatchEvent(new MouseEvent("click", { clientX, clientY, bubbles: true, detail: 1 }));
  }
}
