// The legend: layers to switch, their symbols, and how many of each are shown. It is built for a
// language and a plan; sliders then change counts, and the classes of minutes where they are others.

const MOST_CLASSES = 5;

class Legend {
  constructor(app) {
    this.app = app;
    this.model = app.model;
    this.speech = app.speech;
  }

  update({ language, case: turned, threshold, shown, layers: switched, view }) {
    if (language || turned || view || (threshold && this.drawnBands !== this.nameBands())) this.build();
    if (switched) {
      for (const box of find("legend").querySelectorAll("[data-layer]")) {
        box.checked = !this.app.isHidden(box.dataset.layer);
      }
    }
    if (!(language || turned || threshold || shown || view)) return;
    this.updateClasses();
    const proposals = this.counts.get("proposals");
    if (proposals) setText(proposals, inPeople(this.model.shown));
    if (this.given) setText(this.given, inPeople(this.countGiven()));
  }

  countGiven() {
    const { boxes, case: plan, shown } = this.model;
    return boxes.filter((row) => !plan.stands(row, shown)).length;
  }

  // The bands that the threshold leaves on the map.
  nameBands() {
    return this.app.layers.bands.shown.join(" ");
  }

  build() {
    const { model } = this;
    const groups = [];
    this.counts = new Map();
    const add = (key, count, items = [], word = `layer_${key}`) => count && groups.push(this.legendGroup(key, items, word));
    add("communities", model.communities.length, [
      ...Array(MOST_CLASSES).fill([null, "", 0]),
      [{ shape: "disc", colour: COLOUR.line, size: 2.4 }, this.speech.say("size_note")],
    ]);
    for (const [key, items, word] of this.app.whatIf?.drawing.legend() ?? []) add(key, 1, items, word);
    const only = (style, count) => [[style, null, count]];
    const { bands } = this.app.layers;
    this.drawnBands = this.nameBands();
    add("isochrones", bands.minutes.length, [...bands.shown.reverse().map(([minutes, colour]) => [
      { area: colour, opacity: BAND_OPACITY, color: colour, weight: 1 }, this.speech.say("in_minutes", { minutes })]),
    [{ symbols: [] }, this.speech.say("bands_note")]]);
    add("gaps", model.gaps.length, only({ ...GAP_STYLE, area: makeHatch(GAP_STYLE.color) }, model.gaps.length));
    add("boxes", model.boxes.length, only({ shape: "square", colour: COLOUR.box, size: 4 }, model.boxes.length));
    this.given = null;
    if (model.proposals.some((row) => row.moved_from)) {
      this.given = makeElement("span", { class: "count" });
      groups.push(makeElement("ul", { class: "given-up" }, makeElement("li", {},
        drawSwatch({ shape: "gone", colour: COLOUR.box, size: 4 }),
        makeElement("span", {}, this.speech.say("given_up")), this.given)));
    }
    add("proposals", model.proposals.length,
      only({ shape: "pin", colour: COLOUR.proposal, size: 7.5, text: inDigits("1") }, model.shown));
    add("posts", model.posts.length, this.app.border.postItems());
    add("crossings", model.crossings.length, only({ shape: "gate", colour: COLOUR.crossing, size: 5 }, model.crossings.length));
    add("frontier", model.frontier.length, this.app.border.lineItems());
    add("areas", model.areas.length, only({ ...BASE_STYLE.areas, area: "#fffefa" }));
    const tiers = ["highway", "main", "other"].filter((tier) => model.roads[tier]?.length);
    add("roads", tiers.length, tiers.map((tier) => [
      { ...BASE_STYLE[tier], weight: BASE_STYLE[tier].weight * 1.4 }, this.speech.say(`road_${tier}`)]));
    add("rivers", model.rivers.length, only(BASE_STYLE.rivers));
    add("countries", model.countries.length, only(BASE_STYLE.countries));
    add("labels", 1);
    const active = document.activeElement?.dataset?.layer;
    find("legend").replaceChildren(...groups);
    this.slots = [...find("legend").querySelectorAll("fieldset:first-child li")].slice(0, MOST_CLASSES);
    this.painted = [];
    if (active) find("legend").querySelector(`[data-layer="${active}"]`)?.focus();
  }

  // Classes of minutes: their texts and counts follow the sliders, their swatches seldom.
  updateClasses() {
    const { classes, communities } = this.model;
    if (!communities.length) return;
    this.slots.forEach((slot, at) => {
      slot.hidden = at >= classes.length;
      if (slot.hidden) return;
      const { shape, colour, from, to, word, count } = classes[at];
      const [swatch, text, number] = slot.children;
      if (this.painted[at] !== shape + colour) swatch.replaceWith(drawSwatch({ shape, colour, size: 5 }));
      this.painted[at] = shape + colour;
      setText(text, word ? this.app.compare.className(word) : this.className(from, to));
      setText(number, inPeople(count));
    });
  }

  className(from, to) {
    return to ? this.speech.say("class_minutes", { from, to }) : this.speech.say("class_never", { minutes: from });
  }

  legendGroup(key, items, word) {
    const box = makeElement("input", {
      type: "checkbox", "data-layer": key, checked: !this.app.isHidden(key),
      onchange: (event) => this.app.toggle(key, event.target.checked),
    });
    const entry = ([style, text, count]) => [
      style ? drawSwatch(style) : makeElement("i"), text != null && makeElement("span", {}, text),
      count == null ? null : makeElement("span", { class: "count" },
        typeof count === "number" ? inPeople(count) : count),
    ];
    // An item without words of its own shares the line of its layer.
    const [alone] = items.length && items[0][1] === null ? items : [];
    const [swatch, , count] = alone ? entry(alone) : [];
    if (count) this.counts.set(key, count);
    return makeElement("fieldset", { "data-group": key },
      makeElement("label", {}, box, swatch, makeElement("span", {}, this.speech.say(word)), count),
      alone ? null : makeElement("ul", {}, ...items.map((item) => makeElement("li", {}, ...entry(item).filter(Boolean)))));
  }
}
