// The legend: layers to switch, their symbols, and how many of each are shown.

class Legend {
  constructor(app) {
    this.app = app;
    this.model = app.model;
    this.speech = app.speech;
  }

  update() {
    const { model } = this;
    const groups = [];
    const add = (key, count, items = []) => count && groups.push(this.legendGroup(key, items));
    add("communities", model.communities.length, [
      ...model.classes.map(({ shape, colour, from, to, count }) => [
        { shape, colour, size: 5 }, this.className(from, to), count]),
      [{ shape: "disc", colour: COLOUR.line, size: 2.4 }, this.speech.say("size_note")],
    ]);
    const only = (style, count) => [[style, null, count]];
    const { bands } = this.app.layers;
    add("isochrones", bands.minutes.length, [...bands.shown.reverse().map(([minutes, colour]) => [
      { area: colour, opacity: BAND_OPACITY, color: colour, weight: 1 }, this.speech.say("in_minutes", { minutes })]),
    [{ symbols: [] }, this.speech.say("bands_note")]]);
    add("gaps", model.gaps.length, only({ ...GAP_STYLE, area: makeHatch(GAP_STYLE.color) }, model.gaps.length));
    add("boxes", model.boxes.length, only({ shape: "square", colour: COLOUR.box, size: 4 }, model.boxes.length));
    const given = model.boxes.filter((row) => !model.case.stands(row, model.shown)).length;
    if (given) {
      groups.push(makeElement("ul", { class: "given-up" }, makeElement("li", {},
        drawSwatch({ shape: "gone", colour: COLOUR.box, size: 4 }), makeElement("span", {}, this.speech.say("given_up")),
        makeElement("span", { class: "count" }, inPeople(given)))));
    }
    add("proposals", model.proposals.length,
      only({ shape: "pin", colour: COLOUR.proposal, size: 7.5, text: "1" }, model.shown));
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
    if (active) find("legend").querySelector(`[data-layer="${active}"]`)?.focus();
  }

  className(from, to) {
    return to ? this.speech.say("class_minutes", { from, to }) : this.speech.say("class_never", { minutes: from });
  }

  legendGroup(key, items) {
    const box = makeElement("input", {
      type: "checkbox", "data-layer": key, checked: !this.app.isHidden(key),
      onchange: (event) => this.app.toggle(key, event.target.checked),
    });
    const entry = ([style, text, count]) => [
      drawSwatch(style), text && makeElement("span", {}, text),
      count == null ? null : makeElement("span", { class: "count" }, String(count)),
    ];
    // An item without words of its own shares the line of its layer.
    const [alone] = items.length && items[0][1] === null ? items : [];
    const [swatch, , count] = alone ? entry(alone) : [];
    return makeElement("fieldset", {},
      makeElement("label", {}, box, swatch, makeElement("span", {}, this.speech.say(`layer_${key}`)), count),
      alone ? null : makeElement("ul", {}, ...items.map((item) => makeElement("li", {}, ...entry(item).filter(Boolean)))));
  }
}
