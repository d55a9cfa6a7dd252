// Search by any name, in any script, and the way from the box to what was found by keyboard.

const MOST_FOUND = 12;

class Search {
  constructor(app) {
    this.app = app;
    this.model = app.model;
    this.speech = app.speech;
    find("search").addEventListener("input", () => this.showResults());
    find("search-box").addEventListener("keydown", (event) => this.moveInResults(event));
  }

  update({ language }) {
    if (language) find("search").placeholder = this.speech.say("search");
  }

  // Folded once, when somebody first searches: a large map opens without it.
  get index() {
    const { model } = this;
    this.folded ??= [...model.areas, ...model.communities, ...model.cases.flatMap((one) => [...one.boxes, ...one.proposals]),
      ...model.posts, ...model.crossings].map((row) => ({ row, names: this.foldNames(row) }));
    return this.folded;
  }

  foldNames(row) {
    const names = [...NAME_KEYS.map((key) => row[key]), row.id].filter(Boolean);
    return [...new Set(names.map((name) => foldText(name, this.model.data.folds)))];
  }

  // Names that begin with what is wanted come before names that only hold it.
  find(wanted) {
    const begins = this.index.filter(({ names }) => names.some((name) => name.startsWith(wanted)));
    const holds = this.index.filter((one) => !begins.includes(one) && one.names.some((name) => name.includes(wanted)));
    return [...begins, ...holds].slice(0, MOST_FOUND).map(({ row }) => row);
  }

  showResults() {
    const wanted = foldText(find("search").value, this.model.data.folds);
    const list = find("results");
    list.hidden = !wanted;
    if (!wanted) return;
    const found = this.find(wanted);
    list.replaceChildren(...found.map((row) => makeElement("li", {}, makeElement("button", {
      type: "button", onclick: () => { list.hidden = true; this.app.select(row); },
    }, this.speech.name(row), makeElement("small", {}, this.speech.kindOf(row))))));
    if (!found.length) list.append(makeElement("li", { class: "none" }, this.speech.say("nothing_found")));
  }

  moveInResults(event) {
    const buttons = [...find("results").querySelectorAll("button")];
    const at = buttons.indexOf(document.activeElement);
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Escape") {
      find("results").hidden = true;
      find("search").focus();
    } else if (event.key === "Enter" && at < 0) {
      buttons[0]?.click();
    } else if (step && buttons.length) {
      event.preventDefault();
      (buttons[at + step] ?? (at + step < 0 ? find("search") : buttons.at(-1))).focus();
    }
  }
}
