// What if: a scenario beside the base, what hangs on which road or box, closed roads, and how sure it
// is. One of these views is shown at a time; what follows the sliders gives way to it.

const MOST_RANKED = 10;

class WhatIf {
  constructor(app) {
    this.app = app;
    this.model = app.model;
    this.speech = app.speech;
    const data = app.model.data.what_if;
    this.changes = data.comparison && new Changes(data.comparison, app.model);
    this.critical = new Critical(data, app.model.case.sites);
    this.robust = new Robust(data.robustness, app.model);
    this.views = [
      ...(data.comparison?.scenarios ?? []).map((_, at) => ({ kind: "places", at })),
      ...["roads", "sites", "closures"].filter((kind) => this.critical[kind].length).map((kind) => ({ kind })),
      ...(this.robust.plans.length ? [{ kind: "draws" }] : []),
    ];
    this.view = null;
    this.marked = null;
    this.facts = new WhatIfFacts(this);
    this.drawing = new WhatIfLayers(this);
    this.draws = new RobustPanel(this);
    this.section = find("what-if");
    this.choice = makeElement("select", { id: "what-if-choice", onchange: ({ target }) => this.choose(Number(target.value)) });
    this.shown = makeElement("div", { id: "what-if-shown", "aria-live": "polite" });
    this.section.append(makeElement("h2", {}, makeElement("label", { for: "what-if-choice", "data-word": "if_title" })),
      this.choice, this.shown);
  }

  say(word, values) {
    return this.speech.say(word, values);
  }

  // The scenario that is shown, if one is.
  get scenario() {
    return this.view?.kind === "places" ? this.changes.at(this.view.at) : null;
  }

  // What is drawn of a view by its own measure, places apart.
  get things() {
    const { kind } = this.view ?? {};
    return (kind === "draws" ? this.robust.sites : this.critical[kind]) ?? [];
  }

  // ---- what is chosen ------------------------------------------------------------------------

  choose(at) {
    this.view = this.views[at] ?? null;
    this.marked = null;
    if (!find("details").hidden) this.app.card.close();
    document.body.toggleAttribute("data-what-if", Boolean(this.view));
    this.drawing.draw();
    this.app.changed({ view: true, layers: true });
  }

  // Bring the view into sight that a row is of, as when it was searched for.
  reveal(row) {
    const kind = { if_road: "roads", if_site: "sites", if_closure: "closures", if_chosen: "draws" }[row.kind];
    if (kind && kind !== this.view?.kind) this.choose(this.views.findIndex((one) => one.kind === kind));
  }

  // A card was opened of a row: of a road or a box, who loses reach without it is shown; places are
  // looked at without it then. With no row the card was closed.
  mark(row) {
    if (row?.kind === "communities" && this.marked) return;
    const marked = row && ["if_road", "if_site"].includes(row.kind) ? row : null;
    if (marked === this.marked) return;
    this.marked = marked;
    this.drawing.drawPlaces();
    this.app.changed({ view: true, layers: true });
  }

  // What stands for a box in the view that is shown; its own card follows the sliders.
  instead(row) {
    if (!BOX_KINDS.includes(row.kind)) return row;
    const rows = this.scenario?.boxes ?? (["sites", "draws"].includes(this.view?.kind) ? this.things : []);
    return rows.find(({ id }) => id === row.id) ?? row;
  }

  // What is searched beside the map's own rows.
  get rows() {
    const { roads, sites, closures } = this.critical;
    return [...roads, ...sites, ...closures, ...this.robust.others];
  }

  // ---- the panel -----------------------------------------------------------------------------

  update({ language, view }) {
    if (language) {
      this.fillChoice();
      this.drawing.resize(); // turns are written in the reader's digits
    }
    if (!language && !view) return;
    this.choice.value = String(this.views.indexOf(this.view));
    const build = { places: () => this.tellScenario(), roads: () => this.tellThings(), sites: () => this.tellThings(),
      closures: () => this.tellOpening(), draws: () => this.draws.tell() }[this.view?.kind];
    this.shown.replaceChildren(...(build?.() ?? []));
  }

  fillChoice() {
    const option = (text, at) => makeElement("option", { value: at }, text);
    const group = (word, options) => options.length && makeElement("optgroup", { label: this.say(word) }, ...options);
    const named = this.views.map((view, at) => [view, option(this.nameOf(view), at)]);
    const only = (...kinds) => named.filter(([{ kind }]) => kinds.includes(kind)).map(([, one]) => one);
    this.choice.replaceChildren(...[option(this.say("if_nothing"), -1), group("if_scenarios", only("places")),
      group("if_hangs", only("roads", "sites")), group("if_opening", only("closures")), group("sure_robust", only("draws"))].filter(Boolean));
  }

  // A scenario is called what it was called; half a character or a stray one does no harm as text.
  nameOf({ kind, at }) {
    if (kind === "places") return this.changes.table[at + 1].name;
    return this.say(kind === "draws" ? "sure_draws" : `if_${kind}`);
  }

  heading() {
    return makeElement("h3", { class: "name" }, makeName(this.nameOf(this.view)));
  }

  sign(number, text = inPeople) {
    return inOrder(`${number > 0 ? "+" : number < 0 ? "−" : ""}${text(Math.abs(number))}`);
  }

  tellScenario() {
    const { sums, areas, assumptions } = this.scenario;
    const [base] = this.changes.table;
    const figures = [];
    const add = (word, value, shown) => value && figures.push([this.say(word), shown]);
    add("if_people_lost", sums.lost, inPeople(sums.lost));
    add("if_people_gained", sums.gained, inPeople(sums.gained));
    add("if_places_lost", sums.places_lost, inPeople(sums.places_lost));
    add("if_places_gained", sums.places_gained, inPeople(sums.places_gained));
    add("if_people_left", sums.left, inPeople(sums.left));
    add("if_people_returned", sums.returned, inPeople(sums.returned));
    add("if_slower_by", Math.round(sums.slower_minutes * 10), this.sign(sums.slower_minutes, inKm));
    const both = (word, tell) => [this.say(word), tell(base), tell(sums)];
    return [
      this.heading(),
      makeElement("p", { class: "headline" }, makeElement("strong", {}, this.sign(sums.net)), " ", this.say("if_net")),
      this.makeTable(["", "if_before", "if_then"], [
        both("people_reached", ({ within }) => inPeople(within)), both("share", ({ within, people }) => inShare(within, people)),
        both("people", ({ people }) => inPeople(people)), both("minutes", ({ minutes }) => inMinutes(minutes)),
        both("if_median", ({ median_minutes: median }) => (median == null ? "–" : inMinutes(median))),
        both("layer_boxes", ({ boxes }) => inPeople(boxes))]),
      makeFigures(figures),
      ...this.tellAssumptions(assumptions),
      this.areaTable(areas),
      makeElement("p", { class: "small caution" }, this.say("if_fixed")),
    ];
  }

  tellAssumptions(assumptions) {
    if (!assumptions.length) return [];
    const known = this.model.data.words[this.speech.language];
    const word = (field) => (Object.hasOwn(known, `if_field_${field}`) ? this.say(`if_field_${field}`) : makeName(field));
    return [makeElement("h3", {}, this.say("if_changes")),
      makeFigures(assumptions.map(([field, text]) => [word(field), makeName(inDigits(text))]))];
  }

  // Areas by what they lose and gain; those where nothing changes are not listed.
  areaTable(areas) {
    const changed = areas.filter(({ gained, lost, net }) => gained || lost || net)
      .sort((a, b) => a.net - b.net || (a.name < b.name ? -1 : 1));
    if (!changed.length) return makeElement("p", { class: "small" }, this.say("if_no_area"));
    const row = ({ name, lost, gained, net }) => [this.app.governorates.areaButton({ name }),
      ...[-lost, gained, net].map((number) => this.sign(number))];
    return this.makeTable([this.changes.data.by, "if_lost_short", "if_gained_short", "if_net_short"], changed.map(row));
  }

  // A word for each column, none over the first where its rows are headed by their own.
  makeTable(words, rows) {
    const head = (word) => (word ? makeElement("th", { scope: "col" }, this.say(word)) : makeElement("td"));
    const row = ([name, ...cells]) => makeElement("tr", {}, makeElement("th", { scope: "row" }, name),
      ...cells.map((cell) => makeElement("td", {}, cell)));
    return makeElement("table", {},
      makeElement("thead", {}, makeElement("tr", {}, ...words.map(head))),
      makeElement("tbody", {}, ...rows.map(row)));
  }

  tellThings() {
    const { kind } = this.view;
    const { minutes, within, total } = this.critical.criticality;
    const ranked = this.critical[kind].filter(({ weight }) => weight > 0);
    const idle = this.critical[kind].length - ranked.length;
    const row = (one) => [this.app.facts.link(one), inPeople(one.weight), inPeople(one.places_lost ?? 0)];
    return [
      this.heading(),
      makeElement("p", { class: "small" }, this.say(`if_${kind}_told`, { minutes: inMinutes(minutes) })),
      makeFigures([[this.say("if_within_now"), this.speech.inTotal(within, total)],
        [this.say("if_some_lose"), this.speech.inTotal(ranked.length, ranked.length + idle)]]),
      ranked.length ? this.makeTable(["name", "if_lost_short", "communities"], ranked.slice(0, MOST_RANKED).map(row)) : null,
      this.more(ranked.length),
    ].filter(Boolean);
  }

  more(count) {
    return count > MOST_RANKED && makeElement("p", { class: "small" }, this.say("if_more_in_table", { n: inPeople(count - MOST_RANKED) }));
  }

  tellOpening() {
    const { opening, turns } = this.critical;
    const row = ({ rank, gained, sum, rows }) => [
      makeElement("span", {}, `${inDigits(String(rank))}. `, ...rows.flatMap((one, at) => [at ? " + " : "", this.app.facts.link(one)])),
      this.sign(gained), inPeople(sum)];
    return [
      this.heading(),
      makeElement("p", { class: "headline" }, makeElement("strong", {}, this.sign(opening.open - opening.closed)), " ",
        this.say("if_all_open", { minutes: inMinutes(opening.minutes) })),
      makeFigures([[this.say("if_within_closed"), inPeople(opening.closed)], [this.say("if_within_open"), inPeople(opening.open)]]),
      turns.length ? makeElement("p", { class: "small" }, this.say("if_turns_told")) : null,
      turns.length ? this.makeTable(["name", "if_gained_short", "if_in_all"], turns.slice(0, MOST_RANKED).map(row)) : null,
      this.more(turns.length),
    ].filter(Boolean);
  }
}
