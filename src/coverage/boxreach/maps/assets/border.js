// The frontier, its posts and its crossings: what the panel, the legend and the cards say of them.

const MOST_NEIGHBOURS = 6;

class Border {
  constructor(app) {
    this.app = app;
    this.model = app.model;
    this.held = app.model.data.held;
  }

  // No slider moves the frontier.
  update({ language }) {
    if (language && this.model.data.posts) find("posts").replaceChildren(...this.section());
  }

  say(word, values) {
    return this.app.speech.say(word, values);
  }

  inKm(km) {
    return this.say("in_km", { km: inKm(km) });
  }

  // ---- the panel ---------------------------------------------------------------------------

  section() {
    const { posts } = this.model.data;
    const { total, minutes, phases } = posts;
    const rows = phases.map(({ sites }) => {
      const covered = Math.max(posts.before, ...this.model.posts
        .filter((row) => row.phase <= sites).map((row) => row.covered));
      return { sites, covered };
    });
    const last = rows.at(-1)?.covered ?? posts.before;
    const idle = this.model.posts.filter((row) => row.gained != null && row.gained <= 0).length;
    return [
      makeElement("h2", {}, this.say("frontier")),
      makeElement("p", { class: "headline" },
        makeElement("strong", {}, inShare(last, total)),
        ` ${this.say(this.held.see ? "of_line_covered" : "of_line_within", { minutes })}`),
      this.bar(last, total),
      ...this.cautions(),
      makeFigures([
        ...rows.map(({ sites, covered }) => [this.say("posts_of", { sites }), this.ofLine(covered)]),
        [this.say("left_open"), this.inKm(total - last)],
        ...(idle ? [[this.say("idle_posts"), inPeople(idle)]] : []),
        ...this.wholeFacts(),
      ]),
      this.app.panel.proofs(posts),
    ];
  }

  ofLine(km) {
    return this.say("km_of", { n: inKm(km), total: inKm(this.model.data.posts.total) });
  }

  // What is reached and does not count, for it is not seen, stands between covered and open.
  bar(covered, total) {
    const unseen = this.model.frontier.filter((run) => run.state === "unseen")
      .reduce((sum, run) => sum + run.km, 0);
    return makeBar([[covered, COLOUR.covered], [unseen, COLOUR.unseen],
      [Math.max(total - covered - unseen, 0), COLOUR.open]]);
  }

  wholeFacts() {
    const { held } = this;
    const facts = [];
    const add = (word, km) => km != null && facts.push([this.say(word), this.ofLine(km)]);
    if (held.see) add("line_reached", held.reached_km);
    add("seen_by_day", held.seen_km);
    add("seen_by_night", held.seen_night_km);
    if (held.unknown_km) add("heights_unknown", held.unknown_km);
    if (held.widest_hole_km) {
      facts.push([this.say("widest_hole"), this.say("hole_from", {
        km: inKm(held.widest_hole_km), from: inKm(held.widest_hole_from_km) })]);
    }
    if (held.isolated != null) {
      facts.push([this.say("isolated_posts", { minutes: inMinutes(held.support_minutes) }),
        inPeople(held.isolated)]);
    }
    return facts;
  }

  // What is promised of the line, and what its heights cannot tell.
  cautions() {
    const { see, coarse_m: coarse } = this.held;
    const said = [this.say(see ? `barrier_${see}` : "barrier")];
    if (coarse) said.push(this.say("coarse_heights", { metres: inPeople(coarse) }));
    return said.map((text) => makeElement("p", { class: "small caution" }, text));
  }

  // ---- the legend --------------------------------------------------------------------------

  postItems() {
    const { firstPhase, posts, data } = this.model;
    const items = (data.posts?.phases ?? []).map(({ sites }) => {
      const style = { colour: COLOUR.post, hollow: sites > firstPhase };
      const count = posts.filter((row) => row.phase === sites).length;
      const symbols = [{ ...style, shape: "bead", size: 3.2 }, { ...style, shape: "tower", size: 5 }];
      return [{ symbols }, this.say("phase_of", { sites }), count];
    }).filter(([, , count]) => count);
    const bead = { shape: "bead", colour: COLOUR.post, size: 3.2 };
    if (items.length) items.push([bead, this.say("post_note")]);
    const standing = posts.filter((row) => !row.rank).length;
    if (standing) items.push([{ shape: "square", colour: COLOUR.post, size: 3.6 }, this.say("posts_standing"), standing]);
    return items;
  }

  lineItems() {
    const { frontier } = this.model;
    return ["covered", "unseen", "open", ""].map((state) => {
      const km = frontier.filter((run) => run.state === state).reduce((sum, run) => sum + run.km, 0);
      return km && [FRONTIER_STYLE[state], this.say(state ? `stretch_${state}` : "frontier"), this.inKm(km)];
    }).filter(Boolean);
  }

  // ---- the cards ---------------------------------------------------------------------------

  lineFacts(row) {
    const facts = [
      [this.say("length"), this.inKm(row.km)],
      [this.say("chainage"), this.stretch(row.from, row.to)],
      ...Object.entries(row.reasons).map(([reason, km]) => [this.say(reason), this.inKm(km)]),
    ];
    if (row.seen_km != null) {
      facts.push([this.say("seen_by_day"), this.inKm(row.seen_km)],
        [this.say("seen_by_night"), this.inKm(row.seen_night_km)]);
    }
    if (row.unknown_km) facts.push([this.say("heights_unknown"), this.inKm(row.unknown_km)]);
    return facts;
  }

  stretch(from, to) {
    return makeElement("span", { dir: "ltr" }, `${inKm(from)} – ${inKm(to)}`);
  }

  postFacts(row) {
    const facts = [];
    const add = (word, value) => facts.push([this.say(word), value]);
    const addKm = (word, km) => km != null && add(word, this.inKm(km));
    if (row.rank) {
      add("rank", inPeople(row.rank));
      add("phase", this.say("phase_of", { sites: row.phase }));
      add("site_id", makeName(row.id));
    }
    addKm("chainage", row.chainage_km);
    if (row.reach_from_km != null) add("stretch_reached", this.stretch(row.reach_from_km, row.reach_to_km));
    addKm("km_gained", row.gained);
    addKm("post_reaches", row.reached_km);
    addKm("seen_by_day", row.seen_km);
    addKm("seen_by_night", row.seen_night_km);
    addKm("setback", row.setback_km);
    if (row.height_m != null) add("height", this.say("in_metres", { metres: inPeople(row.height_m) }));
    return [...facts, ...this.supportFacts(row)];
  }

  supportFacts(row) {
    const facts = [];
    const add = (word, value) => facts.push([this.say(word), value]);
    if (row.nearest_site_id) {
      add("nearest_post", this.besides(this.link("posts", row.nearest_site_id), row.nearest_minutes));
    }
    const neighbours = (row.neighbours ?? "").split(" ").filter(Boolean);
    if (neighbours.length) {
      const more = neighbours.length - MOST_NEIGHBOURS;
      add("neighbours", makeElement("span", {},
        ...neighbours.slice(0, MOST_NEIGHBOURS).flatMap((id) => [this.link("posts", id), " "]),
        more > 0 && this.say("and_more", { count: more })));
    }
    if (row.crossing) add("kind_crossings", this.link("crossings", row.crossing));
    if (row.town) add("town", this.besides(makeName(row.town), row.town_minutes));
    if (row.water_km != null) add("water", this.inKm(row.water_km));
    if (row.main_road_km != null) add("main_road", this.inKm(row.main_road_km));
    if (row.defensibility != null) add("defensibility", row.defensibility.toFixed(2));
    return facts;
  }

  besides(what, minutes) {
    if (minutes == null) return what;
    return makeElement("span", {}, what, " · ", this.say("in_minutes", { minutes: inMinutes(minutes) }));
  }

  crossingFacts(row) {
    const facts = [
      [this.say("chainage"), this.inKm(row.chainage_km)],
      [this.say("kind_posts"), row.site ? this.link("posts", row.site) : this.say("no_post_near")],
    ];
    if (row.km != null) facts.push([this.say("to_post"), this.inKm(row.km)]);
    return facts;
  }

  crossingName({ crossing }) {
    const row = this.model.crossings.find(({ id }) => id === crossing);
    return row ? nameOf(row, this.app.speech.language) : crossing;
  }

  link(kind, id) {
    const row = this.model[kind].find((one) => one.id === id);
    if (!row?.at) return makeName(id);
    const name = kind === "posts" ? makeName(id) : this.app.speech.name(row);
    return makeElement("button", { type: "button", class: "link", onclick: () => this.app.select(row) }, name);
  }
}
