// The lists of the table view: which rows each has, and what its columns say of them.
//
// A column: `word` heads it; `value(row)` is what a file holds and what it is sorted by, null if
// unknown; `tell(value)` is what a cell shows. A `fixed` one does not follow the sliders.

class Lists {
  constructor(app) {
    this.app = app;
    this.model = app.model;
    this.speech = app.speech;
  }

  // Those that have rows, with the columns in which anything is known.
  all() {
    const { model } = this;
    return [
      { key: "boxes", word: "layer_boxes", rows: [...model.boxes, ...model.proposals], keeps: () => true,
        columns: this.boxColumns(), sorted: "rank" },
      { key: "gaps", word: "not_reached_list", rows: model.communities, keeps: (row) => !model.isReached(row),
        columns: [...this.placeColumns(), this.reason()], sorted: "people" },
      { key: "communities", word: "communities", rows: model.communities, keeps: () => true,
        columns: [...this.placeColumns(), this.state()], sorted: "people" },
      { key: "posts", word: "layer_posts", rows: model.posts, keeps: () => true,
        columns: this.postColumns(), sorted: "chainage" },
      ...(this.app.whatIf?.facts.tables(this) ?? []),
    ].filter(({ rows }) => rows.length).map((list) => ({ ...list, columns: list.columns.filter(
      ({ fixed, isName, value }) => !fixed || isName || list.rows.some((row) => value(row) != null)) }));
  }

  // What a file has beside what is shown.
  placeInFile() {
    return [
      { word: "longitude", value: (row) => row.at && this.degrees(row.at[1]) },
      { word: "latitude", value: (row) => row.at && this.degrees(row.at[0]) },
    ];
  }

  degrees(value) {
    return Number(value.toFixed(5));
  }

  // ---- columns -----------------------------------------------------------------------------

  text(word, value, more) {
    return { word, value: (row) => value(row) || null, tell: (text) => text ?? "", ...more };
  }

  number(word, value, more) {
    return { word, value: (row) => value(row) ?? null, tell: (number) => (number == null ? "–" : inPeople(number)),
      isNumber: true, startsDescending: true, ...more };
  }

  name() {
    return this.text("name", (row) => this.nameOf(row), { fixed: true, isName: true });
  }

  nameOf(row) {
    return row.kind === "communities" ? nameOf(row, this.speech.language) : this.speech.name(row).textContent;
  }

  governorate() {
    const known = new Map();
    return this.text("governorate", ({ governorate }) => {
      if (!governorate) return "";
      if (!known.has(governorate)) known.set(governorate, this.app.governorates.name(governorate).textContent);
      return known.get(governorate);
    }, { fixed: true });
  }

  minutes(word, value, more) {
    return this.number(word, value, { tell: (number) => (number == null ? "–" : inMinutes(number)), ...more });
  }

  reason() {
    return this.text("reason", (row) => {
      const reason = this.model.reasonOf(row);
      return reason && this.speech.say(reason);
    });
  }

  state() {
    return this.text("state", (row) => this.speech.say(this.model.isReached(row) ? "state_reached" : "state_not_reached"));
  }

  placeColumns() {
    const { model } = this;
    return [
      this.name(),
      this.governorate(),
      this.number("people", (row) => row.people, { fixed: true }),
      this.minutes("minutes", (row) => model.minutesOf(row)),
      this.text("nearest_box", (row) => {
        const site = model.siteOf(row);
        return site && this.nameOf(site);
      }),
    ];
  }

  // What boxes serve is counted once for all of them, whenever the sliders move.
  boxColumns() {
    const { model, speech } = this;
    const { service } = this.app;
    const served = (key) => (row) => (this.app.facts.servesNow(row) ? this.sums[key][model.case.sites.indexOf(row)] : null);
    const columns = [
      this.number("rank", (row) => row.rank, { fixed: true, startsDescending: false }),
      this.name(),
      this.governorate(),
      this.number("phase", (row) => row.phase, { fixed: true, startsDescending: false }),
      this.text("state", (row) => speech.say(`state_${service.stateOf(row)}`)),
      this.number("serves_places", served("places")),
      this.number("serves_people", served("people")),
      this.number("gained", (row) => row.gained, { fixed: true }),
      this.text("mgrs", mgrsOf, { fixed: true }),
    ];
    return columns.filter(({ word }) => word !== "state" || model.proposals.length);
  }

  count() {
    this.sums = this.app.service.sums();
  }

  postColumns() {
    const km = (word, value) => this.number(word, value, {
      tell: (number) => (number == null ? "–" : inKm(number)), fixed: true, startsDescending: false });
    const { border } = this.app;
    return [
      this.text("name", (row) => nameOf(row, this.speech.language), { fixed: true, isName: true }),
      km("chainage", (row) => row.chainage_km),
      km("post_reaches", (row) => row.reached_km),
      this.number("phase", (row) => row.phase, { fixed: true, startsDescending: false }),
      this.text("kind_crossings", (row) => border.crossingName(row), { fixed: true }),
      this.text("mgrs", mgrsOf, { fixed: true }),
    ];
  }
}
