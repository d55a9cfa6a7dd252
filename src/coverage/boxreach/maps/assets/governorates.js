// Governorates: what the table says of each, and how they are named.

class Governorates {
  constructor(app) {
    this.app = app;
    this.model = app.model;
    this.speech = app.speech;
  }

  name(name) {
    const area = this.model.areas.find((one) => one.name === name);
    return area ? this.speech.name(area) : makeName(name || this.speech.say("unknown"));
  }

  update() {
    const { model } = this;
    const summed = model.governorates();
    const rows = summed.length ? summed : this.countByGovernorate();
    find("by-governorate").hidden = !rows.length;
    const rate = (row) => (row.places ? row.reached / row.places : 1);
    rows.sort((a, b) => rate(a) - rate(b) || (a.name < b.name ? -1 : 1));
    const total = model.summaryOf();
    // At a threshold that the summary does not have, people are not known.
    const people = summed.length ? ["people"] : model.summary.length ? [] : ["people_listed"];
    const header = ["governorate", "communities", ...people].map(
      (word) => makeElement("th", { scope: "col" }, this.speech.say(word)));
    const line = (row, name) => makeElement("tr", row.total ? { class: "total" } : {},
      makeElement("th", { scope: "row" }, name),
      makeElement("td", {}, this.speech.say("of", { n: inPeople(row.reached), total: inPeople(row.places) })),
      people.length > 0 && makeElement("td", {}, isUnknown(row)
        ? this.speech.say("unknown") : inShare(row.peopleReached, row.people)));
    find("governorates").replaceChildren(
      makeElement("thead", {}, makeElement("tr", {}, ...header)),
      makeElement("tbody", {}, ...rows.map((row) => line(row, this.areaButton(row))),
        total && line(total, this.speech.say("total"))));
  }

  countByGovernorate() {
    const groups = new Map();
    for (const row of this.model.communities) {
      if (row.governorate) groups.set(row.governorate, [...(groups.get(row.governorate) ?? []), row]);
    }
    return [...groups].map(([name, members]) => ({ name, ...this.model.count(members) }));
  }

  areaButton(row) {
    const area = this.model.areas.find((one) => one.name === row.name);
    if (!area) return row.name ? this.speech.name(row) : this.name("");
    return makeElement("button", { type: "button", class: "link", onclick: () => this.app.select(area) }, this.speech.name(area));
  }
}
