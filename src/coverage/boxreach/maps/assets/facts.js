// What a card says: facts as [term, value], and lists as [title, items], of a row of any kind.

const MOST_SERVED = 8;
const MOST_NEAR = 4;
const BOX_KINDS = ["boxes", "proposals", "if_site", "if_box", "if_chosen"];

class Facts {
  constructor(app) {
    this.app = app;
    this.model = app.model;
    this.speech = app.speech;
  }

  say(word, values) {
    return this.speech.say(word, values);
  }

  of(row) {
    const facts = this.app.whatIf?.facts.of(row) ?? this.own(row);
    return [...facts, ...this.where(row)];
  }

  own(row) {
    return {
      communities: () => this.community(row),
      boxes: () => this.box(row),
      proposals: () => this.box(row),
      posts: () => this.app.border.postFacts(row),
      crossings: () => this.app.border.crossingFacts(row),
      frontier: () => this.app.border.lineFacts(row),
      areas: () => this.area(row),
      gaps: () => gapFacts(row, this.speech),
    }[row.kind]();
  }

  listsOf(row) {
    const told = this.app.whatIf?.facts.lists(row);
    if (told) return told;
    if (row.kind !== "boxes" && row.kind !== "proposals") return [];
    if (!row.at) return [];
    const { service } = this.app;
    const near = service.neighbours(row, MOST_NEAR).map(([other, km]) => (
      [this.link(other), this.say("in_km", { km: inKm(km) })]));
    const served = this.servesNow(row) ? service.largest(row, MOST_SERVED) : [];
    return [
      [this.say("nearest_boxes"), near],
      [this.say("largest_served"), served.map((one) => (
        [this.link(one), this.say("in_minutes", { minutes: inMinutes(this.model.minutesOf(one)) })]))],
    ].filter(([, items]) => items.length);
  }

  link(row) {
    if (!row.at) return makeName(row.id);
    return makeElement("button", { type: "button", class: "link", onclick: () => this.app.select(row) },
      this.speech.name(row));
  }

  where(row) {
    const facts = [];
    if (row.governorate) facts.push([this.say("governorate"), this.app.governorates.name(row.governorate)]);
    if (row.kind === "frontier" || row.kind === "areas" || !row.at) return facts;
    const mgrs = mgrsOf(row);
    if (mgrs) facts.push([this.say("mgrs"), makeElement("bdi", { dir: "ltr" }, mgrs)]);
    return [...facts, [this.say("position"), makeElement("span", { dir: "ltr" }, inDegrees(...row.at))]];
  }

  // ---- communities -------------------------------------------------------------------------

  community(row) {
    const { model } = this;
    const reached = model.isReached(row);
    const minutes = model.minutesOf(row);
    const site = model.siteOf(row);
    const state = this.say(reached ? "reached" : "not_reached", { minutes: model.threshold });
    const facts = [
      [this.say("response_time"), makeElement("strong", { class: reached ? "good" : "bad" }, state)],
      ...this.boxesAdded(),
      [this.say("minutes"), minutes == null
        ? this.say("none_within", { minutes: model.data.thresholds.at(-1) }) : inMinutes(minutes)],
    ];
    if (site) facts.push([this.say("nearest_box"), this.link(site)]);
    if (!reached) facts.push([this.say("reason"), this.say(model.reasonOf(row))]);
    facts.push(...this.offRoad(row, minutes), ...this.standing(row));
    facts.push([this.say("people"), row.people == null ? this.say("unknown") : inPeople(row.people)]);
    return facts;
  }

  // Of how many new boxes the card speaks, where places are followed through the plan.
  boxesAdded() {
    const { model } = this;
    if (!model.case.follows || !model.proposals.length) return [];
    return [[this.say("boxes_added"), this.speech.ofTotal(model.shown, model.proposals.length)]];
  }

  // The way between the place and the nearest road, and its part of the whole time.
  offRoad(row, minutes) {
    if (!row.off_road_m) return [];
    const facts = [[this.say("off_road"), this.say("metres_minutes", {
      metres: inPeople(row.off_road_m), minutes: inMinutes(row.off_road_minutes) })]];
    // Another road than the nearest may be quicker: then the nearest tells nothing of the way.
    if (minutes && row.off_road_minutes <= minutes) {
      facts.push([this.say("off_road_share"), inShare(row.off_road_minutes, minutes)]);
    }
    return facts;
  }

  // What was counted on what stands, at one threshold: said only where that is what is shown.
  standing(row) {
    const { model } = this;
    const facts = [];
    if (model.case.follows && model.shown > 0) return facts;
    const backup = row.backup && model.boxes.find(({ id }) => id === row.backup);
    if (backup) {
      const away = this.say("in_minutes", { minutes: inMinutes(row.backup_minutes) });
      facts.push([this.say("backup_box"), makeElement("span", {}, this.link(backup), " · ", away)]);
    }
    if (row.within != null && model.threshold === model.data.frame_minutes) {
      facts.push([this.say("boxes_within", { minutes: model.threshold }), inPeople(row.within)]);
    }
    return facts;
  }

  // ---- boxes -------------------------------------------------------------------------------

  // Whether a site serves anybody at this number of boxes, as far as that is known.
  servesNow(row) {
    const { service } = this.app;
    if (!service.isLive) return row.kind === "boxes";
    return ["stands", "new"].includes(service.stateOf(row));
  }

  box(row) {
    const { service } = this.app;
    const facts = [];
    const add = (word, value) => facts.push([this.say(word), value]);
    if (row.rank) {
      // A site on a road bears the name of the nearest place, and says how far that is.
      if (row.near_km >= 0.5) add("nearest_place", this.say("away", { km: inKm(row.near_km) }));
      add("rank", inPeople(row.rank));
      add("phase", this.say("phase_of", { sites: row.phase }));
    }
    if (this.model.proposals.length && row.at) add("state", this.say(`state_${service.stateOf(row)}`));
    if (this.servesNow(row)) facts.push(...this.serves(row));
    facts.push(...this.alone(row));
    if (row.gained != null) add("gained", inOrder(`+${inPeople(row.gained)}`));
    if (row.covered != null) add("after", inPeople(row.covered));
    const [from, to] = [service.movedFrom(row), service.movedTo(row)];
    if (from) add("moved_from", this.link(from));
    if (to) add("moved_to", this.link(to));
    if (row.road_name || row.road_m != null) add("road", this.road(row));
    return facts;
  }

  serves(row) {
    const { model } = this;
    const sums = this.app.service.sums();
    const at = model.case.sites.indexOf(row);
    const word = this.app.service.isLive ? "serves" : "serves_today";
    return [[this.say(word, { minutes: model.threshold }), this.tally(sums.places[at], sums.people[at])]];
  }

  alone(row) {
    const at = this.model.case.sites.indexOf(row);
    return this.model.case.alone.filter(({ places }) => at in places).map(({ minutes, places, people }) => (
      [this.say("reaches_alone", { minutes }), this.tally(places[at], people[at])]));
  }

  tally(places, people) {
    return this.say("places_people", { places: inPeople(places), people: inPeople(people) });
  }

  road(row) {
    const away = row.road_m != null && this.say("in_metres", { metres: inPeople(row.road_m) });
    return makeElement("span", {}, row.road_name && makeName(row.road_name),
      row.road_name && away ? " · " : "", away);
  }

  // ---- areas and gaps ----------------------------------------------------------------------

  area(row) {
    const { model } = this;
    const within = (rows) => rows.filter((one) => one.governorate === row.name);
    const sums = model.count(within(model.communities));
    const facts = [[this.say("communities_reached"), this.speech.ofTotal(sums.reached, sums.places)]];
    facts.push(...this.app.panel.peopleFacts(sums, row.name));
    const standing = (rows) => within(rows).filter((one) => model.case.stands(one, model.shown));
    facts.push([this.say("layer_boxes"), inPeople(standing(model.boxes).length)]);
    if (model.proposals.length) facts.push([this.say("layer_proposals"), inPeople(standing(model.proposals).length)]);
    if (within(model.posts).length) facts.push([this.say("layer_posts"), inPeople(within(model.posts).length)]);
    return facts;
  }
}

// The grid reference of a row: its own, or that of its place where the page can tell it.
function mgrsOf(row) {
  if (row.mgrs) return row.mgrs;
  // A rounded place has no reference of a metre.
  if (app.model.data.rounded_km && BOX_KINDS.includes(row.kind)) return "";
  return row.at ? toMgrs(...row.at) : "";
}
