// What if, in cards and in the table: facts of places in a scenario, of roads, boxes and closures,
// and of sites by draws.

// What a place came within reach by, or left it, between two rounds of a survey.
const BECAUSE = new Map([["roads", "layer_roads"], ["boxes", "layer_boxes"], ["people", "people"]]);

const WORSE = new Set(["if_lost", "if_slower", "if_gone"].map((word) => CHANGES.findIndex((one) => one.word === word)));

class WhatIfFacts {
  constructor(whatIf) {
    this.whatIf = whatIf;
    this.app = whatIf.app;
    this.speech = whatIf.speech;
  }

  say(word, values) {
    return this.speech.say(word, values);
  }

  // Facts as [term, value]; null of a row that is told of as ever.
  of(row) {
    const { scenario, marked } = this.whatIf;
    if (row.kind === "communities") {
      if (scenario) return this.place(row, scenario.told.get(row));
      const lost = marked && this.lostWithout(marked).find((one) => one.row === row);
      return lost ? this.loss(row, lost) : null;
    }
    const tell = { if_road: this.thing, if_site: this.thing, if_closure: this.closure, if_box: this.box, if_chosen: this.chosen }[row.kind];
    return tell ? tell.call(this, row) : null;
  }

  lists(row) {
    if (row.kind !== "if_road" && row.kind !== "if_site") return null;
    const lost = this.lostWithout(row);
    const items = lost.slice(0, MOST_SERVED).map((one) => [this.app.facts.link(one.row), this.then(one)]);
    return items.length ? [[this.say("if_largest_lost"), items]] : [];
  }

  lostWithout(thing) {
    return this.whatIf.critical.lost(thing, this.app.model.communities);
  }

  // ---- places --------------------------------------------------------------------------------

  place(row, told) {
    if (!told) return [[this.say("state"), this.say("if_not_counted")]];
    const { change, before, after, siteBefore, site, reason, because } = told;
    const facts = [[this.say("state"), makeElement("strong", { class: WORSE.has(change) ? "bad" : "good" }, this.say(CHANGES[change].word))]];
    const none = this.say("if_no_way");
    if (change !== 5) facts.push([this.say("if_before"), this.reached(before, siteBefore, none)]);
    if (change !== 6) facts.push([this.say("if_then"), this.reached(after, site, none)]);
    if (reason) facts.push([this.say("reason"), this.say(reason)]);
    if (because) facts.push([this.say("if_because"), this.say(BECAUSE.get(because) ?? because)]);
    const people = (number) => (number == null ? this.say("unknown") : inPeople(number));
    if (told.people === told.peopleBefore) facts.push([this.say("people"), people(told.people)]);
    else facts.push([this.say("if_people_change"), this.say("if_from_to", { from: people(told.peopleBefore), to: people(told.people) })]);
    return facts;
  }

  reached(minutes, site, none) {
    if (minutes == null) return none;
    const away = this.say("in_minutes", { minutes: inMinutes(minutes) });
    return site ? makeElement("span", {}, this.siteLink(site), " · ", away) : away;
  }

  loss(row, lost) {
    return [
      [this.say("if_without"), this.app.facts.link(this.whatIf.marked)],
      [this.say("if_then"), this.then(lost)],
      [this.say("people"), row.people == null ? this.say("unknown") : inPeople(row.people)],
    ];
  }

  then({ minutes, site }) {
    return this.reached(minutes, site, this.say("if_nobody_comes"));
  }

  // A site by its id, where the map has it.
  siteLink(id) {
    const { model } = this.app;
    const own = this.whatIf.scenario?.boxes.find((row) => row.id === id && row.change === 2);
    // A candidate may bear the id of the community that it would stand in.
    const row = own ?? [model.case.sites, model.posts, model.communities].map(
      (rows) => rows.find((one) => one.id === id)).find(Boolean);
    return row ? this.app.facts.link(row) : makeName(id);
  }

  // ---- roads, boxes and closures -------------------------------------------------------------

  thing(row) {
    const facts = [];
    const add = (word, value) => facts.push([this.say(word), value]);
    const people = (word, number) => number != null && add(word, inPeople(number));
    if (row.people_within != null) people("if_reaches_now", row.people_within);
    add("if_people_lost", makeElement("strong", { class: row.weight > 0 ? "bad" : "good" }, inPeople(row.weight)));
    people("if_places_lost", row.places_lost);
    if (row.people_slower) add("if_later", this.say("if_later_by", { people: inPeople(row.people_slower), minutes: inMinutes(row.slower_minutes ?? 0) }));
    if (row.weight > 0) {
      add("if_next", row.next_site ? this.siteLink(row.next_site) : this.say("if_nobody_comes"));
      if (row.next_minutes != null) add("if_next_minutes", inMinutes(row.next_minutes));
      if (row.mending_site) {
        add("if_mended_by", this.siteLink(row.mending_site));
        people("if_people_mended", row.people_mended);
      }
    }
    if (row.road_class) add("if_class", makeName(row.road_class));
    add("if_threshold", this.say("in_minutes", { minutes: inMinutes(this.whatIf.critical.criticality.minutes) }));
    return facts;
  }

  closure(row) {
    const facts = [];
    const add = (word, value) => facts.push([this.say(word), value]);
    if (row.reason) add("reason", makeName(row.reason));
    add("if_regained_alone", makeElement("strong", { class: "good" }, inOrder(`+${inPeople(row.weight)}`)));
    if (row.places_regained != null) add("if_places_gained", inPeople(row.places_regained));
    if (row.quicker_minutes) add("if_quicker_by", inKm(row.quicker_minutes));
    if (row.turn) {
      add("if_turn", inDigits(String(row.turn)));
      const turn = this.whatIf.critical.turns.find(({ rank }) => rank === row.turn);
      add("if_gained_then", inOrder(`+${inPeople(turn.gained)}`));
    }
    if (row.cost_usd != null) add("if_cost", inPeople(row.cost_usd));
    return facts;
  }

  box(row) {
    const facts = [[this.say("state"), this.say(row.word)]];
    if (row.change !== 2 && row.people_before != null) facts.push([this.say("if_serves_before"), inPeople(row.people_before)]);
    if (row.change !== 1 && row.people != null) facts.push([this.say("if_serves_then"), inPeople(row.people)]);
    return facts;
  }

  chosen(row) {
    const { robust } = this.whatIf;
    const { draws, minutes } = robust.data;
    const share = makeElement("strong", { class: row.times ? "good" : "bad" }, inShare(row.times, draws));
    return [
      [this.say("sure_chosen"), share],
      [this.say("sure_chosen_draws"), this.speech.inTotal(row.times, draws)],
      [this.say("sure_in_plan"), this.yesNo(row.own)],
      [this.say("if_threshold"), this.say("in_minutes", { minutes: inMinutes(minutes) })],
    ];
  }

  yesNo(flag) {
    return this.say(flag ? "sure_yes" : "sure_no");
  }

  // ---- the table -----------------------------------------------------------------------------

  // Lists of the table view, made of the columns that `lists` knows to make.
  tables(lists) {
    const { scenario, view, critical, robust } = this.whatIf;
    const found = [];
    if (scenario) {
      found.push({ key: "changes", word: "if_changed_places", rows: scenario.communities, file: `scenario-${view.at + 1}`,
        keeps: (row) => scenario.told.get(row).change > 0, columns: this.changeColumns(lists, scenario), sorted: "people" });
    }
    const add = (key, columns, sorted) => found.push({ key: `if-${key}`, word: `if_${key}`, rows: critical[key],
      file: `critical-${key}`, keeps: () => true, columns, sorted });
    add("roads", this.thingColumns(lists), "if_lost_short");
    add("sites", this.thingColumns(lists), "if_lost_short");
    add("closures", this.closureColumns(lists), "if_regained_alone");
    found.push({ key: "if-chosen", word: "sure_chosen_sites", rows: robust.sites, file: "robustness-sites",
      keeps: () => true, columns: this.chosenColumns(lists), sorted: "sure_chosen" });
    return found;
  }

  changeColumns(lists, { told }) {
    const of = (key) => (row) => told.get(row)[key];
    const more = { fixed: true };
    return [lists.name(), lists.governorate(),
      lists.text("state", (row) => this.say(CHANGES[told.get(row).change].word), more),
      lists.number("people", of("people"), more),
      lists.minutes("if_minutes_before", of("before"), more), lists.minutes("if_minutes_then", of("after"), more),
      lists.text("if_box_before", of("siteBefore"), more), lists.text("if_box_then", of("site"), more)];
  }

  thingColumns(lists) {
    const more = { fixed: true };
    const one = (word, key) => lists.number(word, (row) => row[key], more);
    return [lists.name(), lists.text("if_kind", (row) => this.say(row.word), more), one("if_lost_short", "weight"),
      one("if_places_lost", "places_lost"), one("if_people_later", "people_slower"),
      lists.text("if_next", (row) => row.next_site, more), lists.text("if_mended_by", (row) => row.mending_site, more),
      one("if_people_mended", "people_mended")];
  }

  chosenColumns(lists) {
    const { robust } = this.whatIf;
    const more = { fixed: true };
    return [lists.name(), lists.governorate(),
      lists.number("sure_chosen", (row) => robust.shareOf(row), { ...more, tell: (share) => inShare(share, 1) }),
      lists.text("sure_in_plan", (row) => this.yesNo(row.own), more)];
  }

  closureColumns(lists) {
    const more = { fixed: true };
    const one = (word, key) => lists.number(word, (row) => row[key], more);
    return [lists.name(), one("if_regained_alone", "weight"), one("if_places_gained", "places_regained"),
      lists.number("if_turn", (row) => row.turn, { ...more, startsDescending: false }), one("if_cost", "cost_usd")];
  }
}
