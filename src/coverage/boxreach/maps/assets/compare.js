// Two plans over the same places: shown in turn, and by what one reaches and the other does not.

// Which of the two reach a place, in the order of their classes.
const DIFFERENCES = [
  { word: "reached_by_both", shape: "disc", colour: COLOUR.line },
  { word: "only_first", shape: "square", colour: COLOUR.late },
  { word: "only_second", shape: "disc", colour: COLOUR.fast },
  { word: "reached_by_neither", shape: "cross", colour: COLOUR.never },
];

class Compare {
  constructor(app) {
    this.app = app;
    this.model = app.model;
    this.speech = app.speech;
    const box = find("compare");
    box.hidden = this.model.cases.length < 2;
    if (box.hidden) return;
    this.choices = [0, 1, DIFFERENCE].map((view) => this.makeChoice(view));
    this.table = makeElement("table", {});
    box.replaceChildren(
      makeElement("h2", { id: "compare-title", "data-word": "two_plans" }),
      makeElement("div", { class: "choices", role: "radiogroup", "aria-labelledby": "compare-title" },
        ...this.choices.map(({ label }) => label)),
      this.table);
  }

  makeChoice(view) {
    const input = makeElement("input", { type: "radio", name: "view", onchange: () => this.app.turn(view) });
    const text = makeElement("span");
    return { view, input, text, label: makeElement("label", {}, input, text) };
  }

  update() {
    if (!this.choices) return;
    const { model, speech } = this;
    for (const { view, input, text } of this.choices) {
      input.checked = view === model.view;
      text.replaceChildren(view === DIFFERENCE ? speech.say("difference") : this.nameOf(view));
    }
    this.table.replaceChildren(
      makeElement("caption", {}, speech.say("compare_caption", { minutes: model.threshold })),
      makeElement("thead", {}, this.row("th", [null, this.nameOf(0), this.nameOf(1), speech.say("difference")])),
      makeElement("tbody", {}, ...this.rows()));
  }

  nameOf(at) {
    const { label } = this.model.cases[at];
    return label ? makeName(label[this.speech.language]) : this.speech.say("plan_number", { number: at + 1 });
  }

  // Boxes, places and people of both at the sliders, and the second less the first.
  rows() {
    const { model, speech } = this;
    const sums = [0, 1].map((at) => model.countCase(at));
    const line = (word, key) => this.row("td", [
      speech.say(word), ...sums.map((sum) => inPeople(sum[key])),
      inOrder(inSigned(sums[1][key] - sums[0][key])),
    ]);
    return [line("boxes_added", "shown"), line("communities_reached", "reached"), line("people_listed", "peopleReached")];
  }

  row(tag, [head, ...cells]) {
    return makeElement("tr", {},
      head === null ? makeElement("td") : makeElement("th", { scope: "row" }, head),
      ...cells.map((cell) => makeElement(tag, tag === "th" ? { scope: "col" } : {}, cell)));
  }

  // What a class of the difference is called: the plans by their names.
  className(word) {
    const names = [0, 1].map((at) => this.nameOf(at));
    const span = makeElement("span");
    const parts = this.speech.say(word).split(/(\{first\}|\{second\})/);
    span.append(...parts.map((part) => ({ "{first}": names[0], "{second}": names[1] }[part] ?? part)));
    return span;
  }
}
