// What if, on the map and in its legend: places by what becomes of them, boxes that a scenario has
// or lacks, roads as wide as people hang on them, and sites by how often draws choose them.

// Layers that follow the sliders, or tell of what stands; what if tells of something else.
const OF_THE_SLIDERS = ["communities", "isochrones", "gaps"];
const NOTHING = { communities: [], classes: [], classOf: new Uint8Array(0) };

class WhatIfLayers {
  constructor(whatIf) {
    this.whatIf = whatIf;
    this.layers = whatIf.app.layers;
    [this.things, this.boxes] = [[], []];
    const { layers } = this;
    this.shown = { ...NOTHING };
    this.dots = new Dots(layers.map, this.shown, "plan-dots");
    layers.sheets.push(this.dots.sheet);
    this.target = new DotsTarget(this.dots, { renderer: layers.things });
    layers.groups.changes = L.featureGroup([this.dots.sheet, this.target]);
    layers.groups.critical = L.featureGroup();
    layers.written = () => this.things.filter(({ _map, options: { symbol } }) => _map && symbol.shape !== "turn" && symbol.text);
    layers.map.on("zoomend", () => this.resize());
    this.arrange();
  }

  get grow() {
    return Math.min(this.layers.map.getZoom() - 6, 5);
  }

  draw() {
    this.drawThings();
    this.drawPlaces();
  }

  // Places by class, in place of those that follow the sliders.
  drawPlaces() {
    const { scenario, marked } = this.whatIf;
    Object.assign(this.shown, scenario ?? (this.whatIf.view && this.splitLost(marked)) ?? NOTHING);
    this.dots.readPlaces(this.shown.communities);
    // Who loses or gains reach is seen around a box that stands there; all else keeps back.
    this.shown.classOf.forEach((kind, at) => { this.dots.size[at] *= this.shown.classes[kind].grow ?? 1; });
    this.drawBoxes(scenario?.boxes ?? []);
    this.dots.sheet.redraw();
    this.arrange();
  }

  // Those who lose reach without the road or the box whose card is open, and all others.
  splitLost(thing) {
    const { communities } = this.whatIf.model;
    const lost = new Set(thing && this.whatIf.critical.lost(thing, communities).map(({ row }) => row));
    const classes = [{ ...CHANGES[0], word: thing ? "if_kept" : "communities", count: communities.length - lost.size },
      { ...CHANGES[1], word: "if_loses", count: lost.size }];
    return { communities, classes, classOf: Uint8Array.from(communities, (row) => (lost.has(row) ? 1 : 0)) };
  }

  drawBoxes(rows) {
    const { changes } = this.layers.groups;
    changes.eachLayer((one) => one !== this.dots.sheet && one !== this.target && changes.removeLayer(one));
    this.boxes = rows.filter((row) => row.at && row.change).map((row) => this.place(row));
    for (const box of this.boxes) changes.addLayer(box);
    this.layers.missing = new Set(rows.filter(({ change }) => change === 1).map(({ id }) => id));
    this.layers.resize();
  }

  place(row) {
    const place = new Place(row, { renderer: this.layers.things });
    place.setSymbol(this.symbol(row));
    return place;
  }

  symbol(row) {
    const { critical, robust } = this.whatIf;
    if (row.kind === "if_box") return boxSymbol(row, this.grow);
    return (row.kind === "if_chosen" ? robust : critical).symbol(row, this.grow);
  }

  // The rows of a view, those with most people on top.
  drawThings() {
    const { critical, things } = this.whatIf;
    const group = this.layers.groups.critical;
    group.clearLayers();
    this.things = [];
    const rows = [...things].sort((a, b) => a.weight - b.weight);
    const line = { renderer: this.layers.things, bubblingMouseEvents: false, fill: false };
    for (const row of rows) {
      if (!row.lines.length) continue;
      const style = critical.lineStyle(row);
      group.addLayer(L.polyline(row.lines, { ...line, interactive: false, color: "#fff", weight: style.weight + 3, lineCap: style.lineCap }));
      group.addLayer(Object.assign(L.polyline(row.lines, { ...line, ...style }), { row }));
    }
    for (const row of rows) {
      if (!row.at || !this.symbol(row)) continue;
      const place = this.place(row);
      this.things.push(place);
      group.addLayer(place);
    }
  }

  resize() {
    for (const place of [...this.things, ...this.boxes]) place.setSymbol(this.symbol(place.row));
  }

  // Which layers give way.
  arrange() {
    const { scenario, view } = this.whatIf;
    this.layers.idle = new Set([...(view ? OF_THE_SLIDERS : ["changes"]), ...(view && !scenario ? [] : ["critical"])]);
  }

  // ---- the legend ----------------------------------------------------------------------------

  // Groups of the legend: [layer, items, what it is called] each.
  legend() {
    const groups = [];
    const { scenario, view, things, robust, speech } = this.whatIf;
    const { classes } = this.shown;
    const order = classes.length === CHANGES.length ? LEGEND_ORDER : [1, 0];
    if (classes.length) {
      const items = order.filter((at) => classes[at].count).map((at) => {
        const { shape, colour, word, count } = classes[at];
        return [{ shape, colour, size: 5 }, speech.say(word), count];
      });
      for (const change of [1, 2]) {
        const count = (scenario?.boxes ?? []).filter((row) => row.change === change).length;
        if (count) items.push([boxSymbol({ change }, 0), speech.say(BOX_CHANGES[change]), count]);
      }
      groups.push(["changes", items, "layer_changes"]);
    }
    const word = { closures: "if_regained_alone", draws: "sure_chosen_title" }[view?.kind] ?? "layer_critical";
    const items = view?.kind === "draws" ? robust.legendItems(speech) : this.gradeItems(things);
    if (things.length) groups.push(["critical", items, word]);
    return groups;
  }

  gradeItems(rows) {
    if (!rows.length) return [];
    const { critical, speech } = this.whatIf;
    const [high, low] = critical.breaks.get(rows);
    const texts = [speech.say("if_people_from", { people: inPeople(high) }), speech.say("if_people_from", { people: inPeople(low) }),
      speech.say("if_people_below", { people: inPeople(low) }), speech.say("if_nobody")];
    return texts.map((text, grade) => {
      const of = rows.filter((row) => critical.gradeOf(row) === grade);
      if (!of.length) return null;
      const row = of.find(({ lines }) => lines.length) ?? of[0];
      const symbol = !row.lines.length && critical.symbol({ ...row, turn: null }, 0);
      return [symbol ? { ...symbol, size: Math.min(symbol.size, 8) } : critical.lineStyle(row), text, of.length];
    }).filter(Boolean);
  }
}
