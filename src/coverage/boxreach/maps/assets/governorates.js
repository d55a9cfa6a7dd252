// Governorates: what the table says of each, and how they are named.

class Governorates {
  constructor(app) {
    this.app = app;
    this.model = app.model;
    this.speech = app.speech;
    this.areas = new Map(app.model.areas.map((area) => [area.name, area]));
    this.lines = new Map();
    this.shape = null;
  }

  name(name) {
    const area = this.areas.get(name);
    return area ? this.speech.name(area) : makeName(name || this.speech.say("unknown"));
  }

  // The table is built anew where its rows or columns are others, and else only its texts are set.
  update({ language, threshold, shown, case: turned }) {
    if (!(language || threshold || shown || turned)) return;
    const { model } = this;
    const summed = model.summaryRows();
    const rows = summed.length ? summed : model.countGovernorates().filter(({ name }) => name);
    find("by-governorate").hidden = !rows.length;
    const total = summed.length ? model.summaryOf() : null;
    const people = this.peopleWord(summed);
    const shape = JSON.stringify([people, Boolean(total), rows.map(({ name }) => name)]);
    if (language || shape !== this.shape) this.build(rows, total, people);
    this.shape = shape;
    for (const row of rows) this.fill(this.lines.get(row.name), row);
    if (total) this.fill(this.total, total);
    this.sort(rows);
  }

  // At a threshold that the summary does not have, people are not known.
  peopleWord(summed) {
    if (summed.length) return "people";
    return this.model.summary.length && !this.model.followed ? "" : "people_listed";
  }

  build(rows, total, people) {
    const header = ["governorate", "communities", people].filter(Boolean).map(
      (word) => makeElement("th", { scope: "col" }, this.speech.say(word)));
    const line = (name, attributes) => {
      const cells = [makeElement("td"), people && makeElement("td")].filter(Boolean);
      return { cells, element: makeElement("tr", attributes, makeElement("th", { scope: "row" }, name), ...cells) };
    };
    this.lines = new Map(rows.map((row) => [row.name, line(this.areaButton(row))]));
    this.total = total && line(this.speech.say("total"), { class: "total" });
    this.body = makeElement("tbody", {}, ...[...this.lines.values()].map(({ element }) => element), this.total?.element);
    find("governorates").replaceChildren(makeElement("thead", {}, makeElement("tr", {}, ...header)), this.body);
  }

  fill({ cells: [places, people] }, row) {
    setText(places, this.speech.inTotal(row.reached, row.places));
    if (people) {
      setText(people, isUnknown(row) ? this.speech.say("unknown") : inShare(row.peopleReached, row.people));
    }
  }

  // The least reached first; rows move only where their order is another.
  sort(rows) {
    const rate = (row) => (row.places ? row.reached / row.places : 1);
    const wanted = [...rows].sort((a, b) => rate(a) - rate(b) || (a.name < b.name ? -1 : 1));
    wanted.forEach(({ name }, at) => {
      const { element } = this.lines.get(name);
      if (this.body.children[at] !== element) this.body.insertBefore(element, this.body.children[at]);
    });
  }

  areaButton(row) {
    const area = this.areas.get(row.name);
    if (!area) return row.name ? this.speech.name(row) : this.name("");
    return makeElement("button", { type: "button", class: "link", onclick: () => this.app.select(area) }, this.speech.name(area));
  }
}
