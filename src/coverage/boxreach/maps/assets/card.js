// The card: what is known of one place, box, post, area or stretch of the line.

class Card {
  constructor(app) {
    this.app = app;
    this.model = app.model;
    this.speech = app.speech;
    find("details").addEventListener("keydown", (event) => event.key === "Escape" && this.close());
  }

  update() {
    if (this.opened) this.open(this.opened, false);
  }

  open(row, focus = true) {
    this.opened = row;
    const card = find("details");
    const others = [...new Set(NAME_KEYS.map((key) => row[key]))]
      .filter((name) => name && name !== nameOf(row, this.speech.language));
    card.replaceChildren(
      makeElement("button", { type: "button", class: "close", "aria-label": this.speech.say("close"),
        onclick: () => this.close() }, "×"),
      makeElement("p", { class: "small" }, this.speech.kindOf(row)),
      makeElement("h2", {}, this.speech.titleOf(row)),
      makeElement("p", { class: "names" }, ...others.map(makeName)),
      makeFigures(this.factsOf(row)));
    card.hidden = false;
    if (focus) card.focus({ preventScroll: true });
  }

  close() {
    this.opened = null;
    find("details").hidden = true;
    this.app.closeCard();
  }

  factsOf(row) {
    const facts = {
      communities: () => this.communityFacts(row),
      boxes: () => [],
      proposals: () => this.proposalFacts(row),
      posts: () => this.app.border.postFacts(row),
      crossings: () => this.app.border.crossingFacts(row),
      frontier: () => this.app.border.lineFacts(row),
      gaps: () => gapFacts(row, this.speech),
      areas: () => this.areaFacts(row),
    }[row.kind]();
    const governorate = row.governorate ? [[this.speech.say("governorate"), this.app.governorates.name(row.governorate)]] : [];
    const position = row.kind === "frontier" || row.kind === "areas" || !row.at
      ? [] : [[this.speech.say("position"), makeElement("span", { dir: "ltr" }, inDegrees(...row.at))]];
    return [...facts, ...governorate, ...position];
  }

  communityFacts(row) {
    const { model, speech } = this;
    const reached = model.isReached(row);
    const minutes = model.minutesOf(row);
    const site = model.siteOf(row);
    const state = speech.say(reached ? "reached" : "not_reached", { minutes: model.threshold });
    const facts = [
      [speech.say("response_time"), makeElement("strong", { class: reached ? "good" : "bad" }, state)],
      [speech.say("minutes"), minutes == null
        ? speech.say("none_within", { minutes: model.data.thresholds.at(-1) }) : inMinutes(minutes)],
    ];
    if (site) facts.push([speech.say("nearest_box"), this.siteLink(site)]);
    facts.push([speech.say("people"), row.people == null ? speech.say("unknown") : inPeople(row.people)]);
    if (!reached) facts.push([speech.say("reason"), speech.say(model.reasonOf(row))]);
    // They were counted at one threshold on what stands, and are said only where that is shown.
    if (row.within != null && model.threshold === model.data.frame_minutes && !model.followed) {
      facts.push([speech.say("boxes_within", { minutes: model.threshold }), inPeople(row.within)]);
    }
    return facts;
  }

  siteLink(site) {
    if (!site.at) return makeName(site.id);
    return makeElement("button", { type: "button", class: "link", onclick: () => this.app.select(site) }, this.speech.name(site));
  }

  proposalFacts(row) {
    // A site on a road bears the name of the nearest place, and says how far that is.
    const away = row.near_km >= 0.5 ? [[this.speech.say("nearest_place"), this.speech.say("away", { km: inKm(row.near_km) })]] : [];
    return [
      ...away,
      [this.speech.say("rank"), String(row.rank)],
      [this.speech.say("phase"), this.speech.say("phase_of", { sites: row.phase })],
      [this.speech.say("gained"), inOrder(`+${inPeople(row.gained)}`)],
      [this.speech.say("after"), inPeople(row.covered)],
    ];
  }

  areaFacts(row) {
    const { model } = this;
    const within = (rows) => rows.filter((one) => one.governorate === row.name);
    const sums = model.count(within(model.communities));
    const facts = [[this.speech.say("communities_reached"), this.speech.ofTotal(sums.reached, sums.places)]];
    facts.push(...this.app.panel.peopleFacts(sums, row.name));
    facts.push([this.speech.say("layer_boxes"), String(within(model.boxes).length)]);
    const proposed = within(model.proposals).filter((one) => one.rank <= model.shown);
    if (model.proposals.length) facts.push([this.speech.say("layer_proposals"), String(proposed.length)]);
    if (within(model.posts).length) facts.push([this.speech.say("layer_posts"), String(within(model.posts).length)]);
    return facts;
  }
}

