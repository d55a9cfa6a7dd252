// The panel: what is chosen, and what it comes to. One headline; what only the plan itself counts
// stands beside it, and is called so.

class Panel {
  constructor(app) {
    this.app = app;
    this.model = app.model;
    this.speech = app.speech;
    this.curve = new Curve(app);
    this.buildThresholds();
    this.buildFigures();
    find("shown").addEventListener("input", ({ target }) => this.app.show(Number(target.value)));
  }

  // Every whole minute up to the longest threshold; the thresholds themselves at a touch.
  buildThresholds() {
    const { thresholds } = this.model.data;
    const most = thresholds.at(-1);
    find("thresholds").replaceChildren(...thresholds.map((minutes) => makeElement("label", {},
      makeElement("input", {
        type: "radio", name: "threshold", value: minutes, onchange: () => this.app.choose(minutes),
      }),
      makeElement("span", {}, makeElement("b", { "data-number": minutes }), " ",
        makeElement("small", { "data-word": "min" })))));
    const slider = find("minutes");
    const least = Math.min(1, most);
    Object.assign(slider, { min: least, max: most, step: 1 });
    slider.addEventListener("input", () => this.app.choose(Number(slider.value)));
    this.markTrack(slider, thresholds.map((minutes) => (minutes - least) / (most - least || 1)));
  }

  // Ticks of a slider, at shares of its way.
  markTrack(slider, shares) {
    slider.parentElement.querySelector(".ticks")?.remove();
    slider.before(makeElement("div", { class: "ticks", "aria-hidden": "true" }, ...shares.map((share) => {
      const tick = makeElement("i");
      tick.style.setProperty("--at", share);
      return tick;
    })));
  }

  buildFigures() {
    this.share = makeElement("strong", { id: "share-reached" });
    this.sentence = makeElement("span");
    this.bar = new Bar();
    find("headline").replaceChildren(
      makeElement("p", { class: "headline" }, this.share, " ", this.sentence), this.bar.element);
    this.figures = new Figures();
    this.cautions = makeElement("div", { id: "reach-notes" });
    find("reach-figures").replaceChildren(this.cautions, this.figures.list);
    this.own = makeElement("p", { id: "own-count", class: "small" });
    this.ownFigures = new Figures();
    this.planFacts = makeElement("div");
    find("plan-figures").replaceChildren(this.ownFigures.list, this.planFacts);
  }

  update({ language, threshold, shown, case: turned }) {
    if (language || turned) this.arrange();
    if (!(language || turned || threshold || shown)) return;
    this.updateChoices();
    this.updateReach();
    this.updatePlan();
    this.curve.update();
  }

  // ---- what is set once for a language and a plan --------------------------------------------

  // The slider of boxes stands with what it moves: the count of places, or that of the plan alone.
  arrange() {
    const { plan, follows } = this.model.case;
    find("plan").hidden = !plan;
    find("boxes-choice").hidden = !plan;
    if (follows) find("reach-figures").before(find("boxes-choice"));
    else find("plan-figures").before(this.own, find("boxes-choice"));
    if (!plan) return;
    if (follows) find("plan-figures").prepend(this.own);
    this.buildPhases();
    const { speech } = this;
    setText(this.own, this.isOwn() ? speech.say(follows ? "own_count" : "sliders_apart", { minutes: plan.minutes }) : "");
    this.own.hidden = !this.isOwn();
    const sought = plan.seeks ? [makeElement("p", { class: "small" }, speech.say(`seeks_${plan.seeks}`))] : [];
    this.planFacts.replaceChildren(
      makeElement("p", { class: "small" }, speech.say("order_note", { minutes: plan.minutes })),
      ...sought, this.proofs(plan));
  }

  // Whether the plan counts on other demand than the listed places.
  isOwn() {
    return !(this.model.case.follows && this.model.case.plan.communities_after);
  }

  // The number of boxes at each phase, and how many stand then in all.
  get phases() {
    const { plan, proposals } = this.model.case;
    return plan.phases.map((one) => ({
      ...one, boxes: proposals.filter(({ phase }) => phase <= one.sites).length }));
  }

  buildPhases() {
    const { speech, phases } = this;
    const most = this.model.proposals.length;
    const button = (boxes, text) => makeElement("button", {
      type: "button", "data-boxes": boxes, onclick: () => this.app.show(boxes),
    }, makeElement("b", {}, inDigits(String(boxes))), " ", makeElement("small", {}, text));
    find("phases").replaceChildren(button(0, speech.say("today")),
      ...phases.map(({ boxes, sites }) => button(boxes, speech.say("in_all", { sites }))));
    find("shown").max = most;
    this.markTrack(find("shown"), [0, ...phases.map(({ boxes }) => boxes / (most || 1))]);
  }

  // How good the plan is proven to be, at each of its phases.
  proofs({ phases }) {
    const { speech } = this;
    return makeElement("ul", { class: "small" }, ...phases.map(({ sites, status, gap }) => {
      const slack = status === "optimal" ? "" : `; ${speech.say("at_most_below", {
        share: `${TENTHS.format(Math.ceil(gap * 1000) / 10)}%` })}`;
      return makeElement("li", {}, `${speech.say("phase_of", { sites })}: ${speech.say(status)}${slack}`);
    }));
  }

  // ---- what follows the sliders --------------------------------------------------------------

  updateChoices() {
    const { model, speech } = this;
    const { threshold, shown, proposals } = model;
    for (const radio of find("thresholds").querySelectorAll("input")) {
      radio.checked = Number(radio.value) === threshold;
    }
    const [minutes, boxes] = [find("minutes"), find("shown")];
    minutes.value = threshold;
    minutes.setAttribute("aria-valuetext", speech.count("minutes", threshold));
    setText(find("minutes-count"), speech.say("in_minutes", { minutes: threshold }));
    boxes.value = shown;
    boxes.setAttribute("aria-valuetext", speech.say("of_all", {
      boxes: speech.count("boxes", shown), total: proposals.length }));
    setText(find("shown-count"), speech.say("of", { n: shown, total: proposals.length }));
    for (const button of find("phases").children) {
      button.setAttribute("aria-pressed", Number(button.dataset.boxes) === shown);
    }
  }

  updateReach() {
    const { model, speech } = this;
    const sums = model.countAll();
    setText(this.share, inShare(sums.reached, sums.places));
    setText(this.sentence, model.followed
      ? speech.count("of_communities", model.shown, { minutes: model.threshold })
      : speech.say("of_communities_reached", { minutes: model.threshold }));
    this.bar.show(model.classes.map(({ count, colour }) => [count, colour]));
    const [places, people] = this.gains();
    const [counted, ...unknown] = this.peopleFacts(sums);
    this.figures.show([
      [speech.say("communities_reached"), speech.inTotal(sums.reached, sums.places)],
      places, counted, people, ...unknown].filter(Boolean));
    const notes = this.notes();
    setText(this.cautions, notes.join(" "));
    this.cautions.hidden = !notes.length;
  }

  // What new boxes bring over what stands, at the threshold that is chosen.
  gains() {
    const { model, speech } = this;
    if (!model.followed) return [];
    const { people, places } = model.curve();
    const more = (counts) => inOrder(`${counts[model.shown] < counts[0] ? "−" : "+"}${
      inPeople(Math.abs(counts[model.shown] - counts[0]))}`);
    return [
      [speech.say("communities_gained"), more(places), "places-gained"],
      [speech.say("people_gained"), more(people), "people-gained"],
    ];
  }

  // What has to be known of the numbers at this threshold.
  notes() {
    const { model, speech } = this;
    const { plan, follows, knownMinutes } = model.case;
    if (!plan || !follows) return [];
    const said = [];
    if (model.threshold !== plan.minutes) said.push(speech.say("order_note", { minutes: plan.minutes }));
    if (model.threshold > knownMinutes) said.push(speech.say("known_note", { minutes: knownMinutes }));
    return said;
  }

  // People where they are counted: by the summary, which tells of what stands alone. Without
  // one, or with new boxes, they are those of the listed places, and called so.
  peopleFacts(sums, name) {
    const { model, speech } = this;
    const facts = [];
    const counted = model.summary.length && !model.followed ? model.summaryOf(name) : sums;
    const word = counted === sums ? "people_listed" : "people_reached";
    if (counted) {
      facts.push([speech.say(word), isUnknown(counted)
        ? speech.say("unknown") : speech.inTotal(counted.peopleReached, counted.people)]);
    }
    if (sums.unknown) facts.push([speech.say("communities_unknown"), inPeople(sums.unknown)]);
    return facts;
  }

  // The plan's own running total, where it is another count than that of the places.
  updatePlan() {
    const { model, speech } = this;
    const { plan } = model.case;
    if (!plan) return;
    const { before, total } = plan;
    const after = model.case.totals[model.shown];
    this.ownFigures.show(!this.isOwn() ? [] : [
      [speech.say("before"), inPeople(before), "covered-before"],
      [speech.say("gained"), inOrder(`+${inPeople(after - before)}`), "covered-gained"],
      [speech.say("after"), speech.inTotal(after, total), "covered-after"],
      [speech.say("share"), inShare(after, total), "covered-share"],
    ]);
  }
}

// Nobody's number is known: that is not the same as nobody.
function isUnknown({ people, unknown, places }) {
  return people == null || (!people && unknown > 0 && unknown === places);
}
