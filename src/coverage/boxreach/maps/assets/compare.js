// Two plans over the same places: shown in turn, and by what one reaches and the other does not.

const DIFFERENCE = 2;

// Which of the two reach a place; a class has the place of its bits, first plan 1, second plan 2.
const DIFFERENCES = [
  { word: "reached_by_neither", shape: "cross", colour: COLOUR.never },
  { word: "only_first", shape: "square", colour: COLOUR.late },
  { word: "only_second", shape: "disc", colour: COLOUR.fast },
  { word: "reached_by_both", shape: "ring", colour: COLOUR.line },
];

// Sort places by which of the two plans reach them, each with as many boxes as are shown or it has.
function tellApart({ cases, shown, limit }) {
  const classes = DIFFERENCES.map((one) => ({ ...one, count: 0 }));
  const [first, second] = cases.map((one) => one.stepsAt(shown));
  const classOf = new Uint8Array(first.length);
  const isReached = (units) => (units >= 0 && units <= limit ? 1 : 0);
  for (let place = 0; place < classOf.length; place += 1) {
    classOf[place] = isReached(cases[0].units[first[place]]) + 2 * isReached(cases[1].units[second[place]]);
    classes[classOf[place]].count += 1;
  }
  return { classes, classOf };
}

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

  update({ language, case: turned, threshold, shown }) {
    if (!this.choices || !(language || turned || threshold || shown)) return;
    const { model, speech } = this;
    for (const { view, input, text } of this.choices) {
      input.checked = view === model.view;
      text.replaceChildren(view === DIFFERENCE ? speech.say("difference") : makeName(this.nameOf(view)));
    }
    const heads = [makeName(this.nameOf(0)), makeName(this.nameOf(1)), speech.say("difference")];
    this.table.replaceChildren(
      makeElement("caption", {}, speech.say("compare_caption", { minutes: model.threshold })),
      makeElement("thead", {}, makeElement("tr", {}, makeElement("td"),
        ...heads.map((head) => makeElement("th", { scope: "col" }, head)))),
      makeElement("tbody", {}, ...this.rows()));
  }

  nameOf(at) {
    const { label } = this.model.cases[at];
    return label?.[this.speech.language] ?? this.speech.say("plan_number", { number: at + 1 });
  }

  // Boxes, places and people of both at the sliders, and the second less the first.
  rows() {
    const sums = this.model.cases.map((one) => this.sum(one));
    const keys = { boxes_added: "shown", communities_reached: "places", people_listed: "people" };
    return Object.entries(keys).map(([word, key]) => {
      const more = Math.round(sums[1][key]) - Math.round(sums[0][key]);
      return makeElement("tr", {}, makeElement("th", { scope: "row" }, this.speech.say(word)),
        ...sums.map((sum) => makeElement("td", {}, inPeople(sum[key]))),
        makeElement("td", {}, inOrder(`${more > 0 ? "+" : ""}${inPeople(more)}`)));
    });
  }

  sum(one) {
    const shown = Math.min(this.model.shown, one.proposals.length);
    const { people, places } = this.model.curve(one);
    return { shown, people: people[shown], places: places[shown] };
  }

  // What a class of the difference is called: the plans by their names.
  className(word) {
    return this.speech.say(word).replace(/\{(first|second)\}/, (_, which) => this.nameOf(which === "first" ? 0 : 1));
  }
}
