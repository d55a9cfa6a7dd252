// The panel: what is chosen, and what it comes to.

class Panel {
  constructor(app) {
    this.app = app;
    this.model = app.model;
    this.speech = app.speech;
    this.buildThresholds();
    find("shown").addEventListener("input", ({ target }) => this.app.show(Number(target.value)));
  }

  buildThresholds() {
    const { thresholds } = this.model.data;
    find("thresholds").replaceChildren(...thresholds.map((minutes) => makeElement("label", {},
      makeElement("input", {
        type: "radio", name: "threshold", value: minutes, onchange: () => this.app.choose(minutes),
      }),
      makeElement("span", {}, makeElement("span", { "data-number": minutes }), " ",
        makeElement("small", { "data-word": "min" })))));
    const whole = thresholds.every((minutes) => Number.isInteger(minutes));
    const slider = find("minutes");
    Object.assign(slider, { min: whole ? 1 : 0.1, max: thresholds.at(-1), step: whole ? 1 : 0.1 });
    slider.addEventListener("input", () => this.app.choose(Number(slider.value)));
  }

  update() {
    const { model } = this;
    for (const radio of find("thresholds").querySelectorAll("input")) {
      radio.checked = Number(radio.value) === model.threshold;
    }
    find("minutes").value = model.threshold;
    find("minutes-count").textContent = this.speech.say("in_minutes", { minutes: model.threshold });
    Object.assign(find("shown"), { max: model.proposals.length });
    find("shown").value = model.shown;
    this.updateReach();
    this.updatePlan();
  }

  updateReach() {
    const { model, speech } = this;
    const sums = model.count(model.communities);
    find("reach-figures").replaceChildren(
      makeElement("p", { class: "headline" },
        makeElement("strong", { id: "share-reached" }, inShare(sums.reached, sums.places)),
        ` ${speech.say("of_communities_reached", { minutes: model.threshold })}`),
      makeBar(model.classes.map(({ count, colour }) => [count, colour])),
      makeFigures([
        [speech.say("communities_reached"), speech.ofTotal(sums.reached, sums.places)],
        ...this.peopleFacts(sums),
      ]));
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
        ? speech.say("unknown") : speech.ofTotal(counted.peopleReached, counted.people)]);
    }
    if (sums.unknown) facts.push([speech.say("communities_unknown"), inPeople(sums.unknown)]);
    return facts;
  }

  updatePlan() {
    const { model, speech } = this;
    const { plan } = model.case;
    find("plan").hidden = !plan;
    if (!plan) return;
    const { before, total, minutes } = plan;
    const { shown, proposals } = model;
    const after = shown ? proposals[shown - 1].covered : before;
    find("shown-count").textContent = speech.say("of", { n: shown, total: proposals.length });
    find("plan-figures").replaceChildren(
      makeElement("p", { class: "headline" },
        makeElement("strong", {}, inShare(after, total)),
        ` ${speech.say("of_people_within", { minutes })}`),
      makeBar([[before, COLOUR.fast], [after - before, COLOUR.proposal], [total - after, "#e4dfd4"]]),
      makeFigures([
        [speech.say("before"), makeElement("span", { id: "covered-before" }, inPeople(before))],
        [speech.say("gained"), makeElement("span", { id: "covered-gained" }, inOrder(`+${inPeople(after - before)}`))],
        [speech.say("after"), makeElement("strong", { id: "covered-after" }, speech.ofTotal(after, total))],
        ...this.afterPlaces(plan),
      ]),
      this.proofs(plan),
      makeElement("p", { class: "small" }, speech.say("order_note", { minutes })));
  }

  // Communities under the whole plan: said only where the plan was made over communities.
  afterPlaces({ communities_after: after, minutes }) {
    const { model, speech } = this;
    if (!after || model.shown !== model.proposals.length) return [];
    return [[speech.say("communities_after", { minutes }), speech.ofTotal(after.filter(Boolean).length, after.length)]];
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
}

// Nobody's number is known: that is not the same as nobody.
function isUnknown({ people, unknown, places }) {
  return people == null || (!people && unknown > 0 && unknown === places);
}
