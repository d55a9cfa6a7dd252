// Search by any name, in any script: a box of text over a list of what it finds.

const MOST_FOUND = 12;

class Search {
  constructor(app) {
    this.app = app;
    this.model = app.model;
    this.speech = app.speech;
    this.found = [];
    this.active = -1;
    this.entries = [];
    const box = find("search");
    box.addEventListener("input", () => this.search());
    box.addEventListener("keydown", (event) => this.press(event));
    box.addEventListener("focus", () => this.fold(Infinity));
    box.addEventListener("blur", () => this.close());
    // A press would take the focus from the box before it becomes a click.
    find("results").addEventListener("pointerdown", (event) => event.preventDefault());
    this.foldLater();
  }

  update({ language }) {
    if (!language) return;
    find("search").placeholder = this.speech.say("search");
    if (find("search").value) this.search(false);
  }

  // Governorates first, then places by their people, then sites.
  order() {
    const { model } = this;
    const places = [...model.communities].sort((a, b) => (b.people ?? -1) - (a.people ?? -1));
    const sites = model.cases.flatMap((one) => [...one.boxes, ...one.proposals].map((row) => [row, one]));
    return [...[...model.areas, ...places].map((row) => [row]), ...sites,
      ...[...model.posts, ...model.crossings, ...(this.app.whatIf?.rows ?? [])].map((row) => [row])];
  }

  // ---- the index ---------------------------------------------------------------------------

  // Folded a little at a time while the page is at rest, and to the end when somebody searches.
  foldLater() {
    const later = window.requestIdleCallback ?? ((run) => setTimeout(run, 50));
    later(() => this.fold(8) || this.foldLater());
  }

  // Fold for so many milliseconds; tell whether all is done.
  fold(milliseconds) {
    const end = performance.now() + milliseconds;
    this.rows ??= this.order();
    const { rows, entries } = this;
    while (entries.length < rows.length) {
      const [row, one] = rows[entries.length];
      entries.push({ row, one, names: this.foldNames(row) });
      if (entries.length % 64 === 0 && performance.now() > end) return false;
    }
    return true;
  }

  // Every name begins after a line break, and the last one ends with one.
  foldNames(row) {
    const names = [...new Set([...NAME_KEYS.map((key) => row[key]), row.id])].filter(Boolean);
    return `\n${names.map((name) => foldText(name, this.model.data.folds)).join("\n")}\n`;
  }

  // Names that are just it come first, then those that begin with it, then those with a word that
  // does, then those that only hold it.
  find(wanted) {
    this.fold(Infinity);
    const ranks = [[], [], [], []];
    const [whole, begin, word] = [`\n${wanted}\n`, `\n${wanted}`, ` ${wanted}`];
    for (const { row, one, names } of this.entries) {
      if (!names.includes(wanted) || (one && one !== this.model.case)) continue;
      const at = names.includes(whole) ? 0 : names.includes(begin) ? 1 : names.includes(word) ? 2 : 3;
      if (ranks[at].length < MOST_FOUND) ranks[at].push(row);
    }
    return ranks.flat().slice(0, MOST_FOUND);
  }

  // ---- what is shown of it -----------------------------------------------------------------

  search(open = true) {
    const wanted = foldText(find("search").value, this.model.data.folds);
    this.found = wanted ? this.find(wanted) : [];
    find("results").replaceChildren(...this.found.map((row, at) => makeElement("li", {
      role: "option", id: `result-${at}`, onclick: () => this.choose(at),
    }, this.speech.name(row), makeElement("small", {}, ...this.describe(row)))));
    setText(find("no-results"), wanted && !this.found.length ? this.speech.say("nothing_found") : "");
    this.point(-1);
    this.show(open && this.found.length > 0);
  }

  describe(row) {
    const kind = this.speech.kindOf(row);
    return row.governorate ? [kind, " · ", this.app.governorates.name(row.governorate)] : [kind];
  }

  show(open) {
    find("results").hidden = !open;
    find("search").setAttribute("aria-expanded", open);
  }

  close() {
    this.show(false);
    setText(find("no-results"), "");
  }

  point(at) {
    this.active = at;
    const options = find("results").children;
    for (const [index, option] of [...options].entries()) option.setAttribute("aria-selected", index === at);
    if (at < 0) find("search").removeAttribute("aria-activedescendant");
    else find("search").setAttribute("aria-activedescendant", `result-${at}`);
    options[at]?.scrollIntoView({ block: "nearest" });
  }

  choose(at) {
    const row = this.found[at];
    this.close();
    if (row) this.app.select(row);
  }

  press(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Escape") this.close();
    else if (event.key === "Enter") this.choose(Math.max(this.active, 0));
    else if (step && this.found.length) {
      event.preventDefault();
      this.show(true);
      const count = this.found.length;
      this.point(this.active < 0 && step < 0 ? count - 1 : (this.active + step + count) % count);
    }
  }
}
