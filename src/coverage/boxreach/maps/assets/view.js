// What of the map is in view: the whole, a part, clear of what lies over it, and on paper.

class View {
  constructor(app) {
    this.app = app;
    this.map = app.map;
    // For readers whom motion makes ill.
    this.isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    if (this.isCalm) {
      this.map.options.inertia = false;
      this.map._zoomAnimated = false; // its option is read once, before there is a script of ours
    }
    this.watchSizes();
    find("fold").addEventListener("click", () => this.fold());
    matchMedia("print").addEventListener("change", ({ matches }) => matches && this.print());
  }

  update() {}

  // The map follows its container, and what stands at its foot keeps others off.
  watchSizes() {
    new ResizeObserver(() => this.map.invalidateSize({ animate: false })).observe(find("stage"));
    new ResizeObserver(() => document.body.style.setProperty("--foot", `${find("foot").offsetHeight}px`))
      .observe(find("foot"));
  }

  // On a phone the panel lies under the map, and gives it its room.
  fold() {
    const folded = document.body.classList.toggle("folded");
    find("fold").setAttribute("aria-expanded", String(!folded));
  }

  fitWhole() {
    const [west, south, east, north] = this.app.model.data.bounds;
    this.fit([[south, west], [north, east]]);
  }

  // Into view, clear of the legend and of the tools where they lie over the map.
  fit(bounds) {
    const legend = find("legend-box");
    const over = getComputedStyle(legend).position === "static" ? 0 : legend.offsetWidth;
    const foot = find("foot").offsetHeight;
    const tools = find("tools");
    const isWide = tools.offsetWidth > this.map.getSize().x / 2;
    const top = isWide ? tools.offsetTop + tools.offsetHeight : 0;
    this.map.fitBounds(bounds, {
      paddingTopLeft: [10 + over, 10 + top], paddingBottomRight: [10, 10 + foot], animate: false,
    });
  }

  // Move the map if the card lies over the place it speaks of.
  uncover(at) {
    const card = find("details");
    const { x, y } = this.map.latLngToContainerPoint(at);
    const [left, top] = [card.offsetLeft, card.offsetTop];
    if (x < left - 20 || x > left + card.offsetWidth + 20) return;
    if (y < top - 20 || y > top + card.offsetHeight + 20) return;
    const height = this.map.getSize().y;
    const below = height - top - card.offsetHeight;
    this.map.panBy([0, y - (top > below ? top / 2 : height - below / 2)], { animate: !this.isCalm });
  }

  // A sheet of paper has its own size: the whole plan is put on it, and the view comes back after.
  print() {
    const { map } = this;
    const before = [map.getCenter(), map.getZoom()];
    const legend = find("legend-box");
    const wasOpen = legend.open;
    legend.open = true;
    this.shrink(find("panel"), "--small");
    this.shrink(legend, "--smaller");
    map.invalidateSize({ animate: false });
    this.fitWhole();
    this.app.layers.drawNow(); // no frame comes before the sheet is printed
    addEventListener("afterprint", () => {
      legend.open = wasOpen;
      map.invalidateSize({ animate: false });
      map.setView(...before, { animate: false });
    }, { once: true });
  }

  // What is longer than its frame on the sheet is made smaller, by a size of the style, until it fits.
  shrink(frame, name) {
    document.body.style.setProperty(name, "1");
    for (let size = 0.95; size > 0.3 && frame.scrollHeight > frame.clientHeight + 1; size -= 0.05) {
      document.body.style.setProperty(name, String(size));
    }
  }
}
