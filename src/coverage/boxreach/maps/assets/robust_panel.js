// How sure it is, in the panel: each plan with its ends, and which sites draws choose.

// What the plans of a run are called; other names are strangers'.
const PLAN_WORDS = new Map([["standing", "sure_plan_standing"], ["proposed", "sure_plan_proposed"]]);
const ENOUGH_DRAWS = 19;

class RobustPanel {
  constructor(whatIf) {
    this.whatIf = whatIf;
    this.robust = whatIf.robust;
    this.speech = whatIf.speech;
  }

  say(word, values) {
    return this.speech.say(word, values);
  }

  small(...words) {
    return makeElement("p", { class: "small" }, words.join(" "));
  }

  // Of fewer draws the ends are the least and the most.
  get enough() {
    return this.robust.data.draws >= ENOUGH_DRAWS;
  }

  tell() {
    const { minutes, draws, seed, sure, searched } = this.robust.data;
    const { plans } = this.robust;
    const told = this.say("sure_draws_told", { minutes: inMinutes(minutes), draws: inPeople(draws), seed: inDigits(String(seed)) });
    const ends = this.enough ? this.say("sure_draws_nine") : this.say("sure_draws_few", { share: inShare(sure, 1) });
    const regrets = plans.some(({ regret_mean: regret }) => regret != null);
    return [
      this.whatIf.heading(),
      this.small(told, ends),
      ...plans.flatMap((plan, at) => this.tellPlan(plan, at)),
      regrets && this.small(this.say("sure_regret_told"), ...(searched ? [] : [this.say("sure_regret_plans")])),
      ...this.tellSites(),
      this.tellRanges(),
      makeElement("p", { class: "small caution" }, `${this.say("sure_robust_note")} ${this.say("if_fixed")}`),
    ].filter(Boolean);
  }

  // ---- plans ---------------------------------------------------------------------------------

  nameOf({ name }) {
    return PLAN_WORDS.has(name) ? this.say(PLAN_WORDS.get(name)) : makeName(name);
  }

  tellPlan(plan, at) {
    const { low, median, high, point, worst } = plan;
    const { total } = this.robust.data;
    const range = this.say("sure_range", { from: inPeople(low), to: inPeople(high) });
    const figures = [[this.say("sure_middle"), this.speech.inTotal(median, total)],
      [this.say("sure_point"), inPeople(point)], [this.say("sure_worst"), inPeople(worst)]];
    if (plan.regret_mean != null) {
      figures.push([this.say("sure_regret"), inPeople(plan.regret_mean)],
        [this.say(this.enough ? "sure_regret_high" : "sure_regret_most"), inPeople(plan.regret_high)],
        [this.say("sure_best_in"), inShare(plan.best_in, 1)]);
    }
    const alone = this.robust.plans.length === 1;
    return [
      alone ? null : makeElement("h3", {}, this.nameOf(plan)),
      makeElement("p", { class: "headline range" }, makeElement("strong", {}, range), " ", this.say(this.enough ? "sure_in_nine" : "sure_in_few")),
      makeBar([[low, COLOUR.fast], [high - low, COLOUR.sooner], [Math.max(total - high, 0), "#ddd6c8"]]),
      makeFigures(figures),
      this.tellAreas(at),
    ];
  }

  // Areas by what they may lack most.
  tellAreas(plan) {
    const areas = this.robust.areas.filter((row) => row.plan === plan)
      .sort((a, b) => (b.high - b.low) - (a.high - a.low) || (a.name < b.name ? -1 : 1));
    if (!areas.length) return null;
    const row = (area) => [this.whatIf.app.governorates.areaButton(area), ...[area.low, area.median, area.high].map(inPeople)];
    return this.fold("sure_spread", "sure_spread_note",
      this.whatIf.makeTable(["", "sure_low", "sure_middle", "sure_high"], areas.map(row)));
  }

  fold(title, note, table) {
    return makeElement("details", {}, makeElement("summary", {}, this.say(title)), this.small(this.say(note)), table);
  }

  tellRanges() {
    const { ranges } = this.robust;
    if (!ranges.length) return null;
    const share = (part) => inOrder(inDigits(`${TENTHS.format(part * 100)}%`));
    return this.fold("sure_ranges", "sure_ranges_note", this.whatIf.makeTable(["", "sure_low", "sure_high"],
      ranges.map(({ name, low, high }) => [makeName(name), share(low), share(high)])));
  }

  // ---- sites ---------------------------------------------------------------------------------

  // Boxes of plans that few draws choose, and what they choose in their stead.
  tellSites() {
    const { robust, whatIf } = this;
    if (!robust.sites.length) return [];
    const own = robust.sites.filter((row) => row.own);
    const always = own.filter((row) => robust.gradeOf(row) === 0).length;
    const least = own.filter((row) => robust.gradeOf(row) > 0).reverse();
    const most = robust.sites.filter((row) => !row.own);
    const row = (one) => [whatIf.app.facts.link(one), inShare(one.times, robust.data.draws)];
    const list = (word, rows) => (rows.length ? [
      makeElement("div", { class: "chosen" }, whatIf.makeTable([word, "sure_chosen"], rows.slice(0, MOST_RANKED).map(row))),
      whatIf.more(rows.length) || null] : []);
    return [
      makeElement("h3", {}, this.say("sure_chosen_title")),
      this.small(this.say("sure_chosen_note")),
      makeFigures([[this.say("sure_always"), this.speech.inTotal(always, own.length)]]),
      ...list("sure_chosen_least", least),
      ...list("sure_chosen_most", most),
    ];
  }
}
