// The panel and the card: what they say. Every text from the data becomes a text node.

function makeElement(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child != null && child !== false));
  return element;
}

// What a row is called in a language, or in the nearest one it has a name in.
function nameOf(row, language) {
  const order = {
    en: ["name", "name_ar", "name_ckb"],
    ar: ["name_ar", "name", "name_ckb"],
    ckb: ["name_ckb", "name_ar", "name"],
  }[language];
  return order.map((key) => row[key]).find(Boolean) ?? row.id;
}

function makeName(text) {
  return makeElement("bdi", {}, text);
}

const NUMBER = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const TENTHS = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });

// A number keeps its sign and its unit on their own sides in a text that runs right to left.
const inOrder = (number) => `\u2066${number}\u2069`;
const inPeople = (people) => NUMBER.format(people);
const inKm = (km) => TENTHS.format(km);
const inShare = (part, whole) => (whole > 0 ? inOrder(roundShare(part / whole)) : "–");
// Times are raised: none is ever shown better than it is.
const inMinutes = (ms) => TENTHS.format(Math.ceil(ms / 6000) / 10);

// The rule of the report: tenths of a per cent, but all or nothing only where it is just that.
// Like Python, and unlike toFixed, it rounds a half to the even tenth.
function roundShare(share) {
  if (share === 0 || share === 1) return `${share * 100}%`;
  if (share < 0.0005) return "<0.1%";
  const percent = Math.min(share, 0.999) * 100;
  return `${(percent % 1 === 0.25 ? percent - 0.05 : percent).toFixed(1)}%`;
}

class Panel {
  constructor(model, actions) {
    this.model = model;
    this.actions = actions;
    this.border = new Border(this);
    this.language = model.data.languages[0].code;
    this.build();
  }

  say(word, values = {}) {
    const text = this.model.data.words[this.language][word] ?? word;
    return text.replace(/\{(\w+)\}/g, (whole, key) => (key in values ? inOrder(values[key]) : whole));
  }

  // A site that nobody named is called by its kind and its rank.
  name(row) {
    const named = row.name || row.name_ar || row.name_ckb || !row.rank;
    return makeName(named ? nameOf(row, this.language) : this.kindOf(row));
  }

  governorate(name) {
    const area = this.model.areas.find((one) => one.name === name);
    return area ? this.name(area) : makeName(name || this.say("unknown"));
  }

  // ---- what is built once --------------------------------------------------------------

  build() {
    const { data } = this.model;
    find("languages").replaceChildren(...data.languages.map(({ code, name }) => makeElement("button", {
      type: "button", lang: code, "data-code": code, onclick: () => this.actions.speak(code),
    }, name)));
    find("thresholds").replaceChildren(...data.thresholds.map((minutes) => makeElement("label", {},
      makeElement("input", {
        type: "radio", name: "threshold", value: minutes, checked: minutes === this.model.threshold,
        onchange: () => this.actions.choose(minutes),
      }),
      makeElement("span", {}, `${minutes} `, makeElement("small", { "data-word": "min" })))));
    const search = find("search");
    search.addEventListener("input", () => this.showResults());
    find("search-box").addEventListener("keydown", (event) => this.moveInResults(event));
    find("details").addEventListener("keydown", (event) => event.key === "Escape" && this.close());
    const slider = find("shown");
    slider.max = slider.value = this.model.proposals.length;
    slider.addEventListener("input", () => this.actions.show(Number(slider.value)));
    find("plan").hidden = !data.plan;
    find("posts").hidden = !data.posts;
  }

  // ---- what is said again when something changes ------------------------------------------

  update() {
    const { language } = this;
    const { rtl } = this.model.data.languages.find(({ code }) => code === language);
    Object.assign(document.documentElement, { lang: language, dir: rtl ? "rtl" : "ltr" });
    for (const element of document.querySelectorAll("[data-word]")) {
      element.textContent = this.say(element.dataset.word);
    }
    for (const element of document.querySelectorAll("[data-label]")) {
      element.setAttribute("aria-label", this.say(element.dataset.label));
    }
    find("search").placeholder = this.say("search");
    const title = this.model.data.title?.[language] ?? this.say("page_title");
    document.title = title;
    find("title").textContent = title;
    for (const button of find("languages").children) {
      button.setAttribute("aria-pressed", button.dataset.code === language);
    }
    find("notes").replaceChildren(...this.model.data.notes.map((note) => makeElement("li", {}, note[language])));
    const { sources } = this.model.data;
    // At the foot of the map; on a phone, where that has no room, in the legend.
    for (const line of document.querySelectorAll(".sources")) {
      line.replaceChildren(makeName(this.say("sources")),
        ...sources.flatMap((text, at) => [at ? " · " : ": ", makeName(text)]));
      line.hidden = !sources.length;
    }
    document.body.style.setProperty("--foot", `${find("foot").offsetHeight}px`);
    this.updateReach();
    this.updatePlan();
    this.updatePosts();
    this.updateLegend();
    this.updateGovernorates();
    if (this.opened) this.open(this.opened, false);
  }

  updateReach() {
    const { model } = this;
    const sums = model.count(model.communities);
    const rows = [
      [this.say("communities_reached"), this.ofTotal(sums.reached, sums.places)],
      ...this.peopleFacts(sums),
    ];
    find("reach-figures").replaceChildren(
      makeElement("p", { class: "headline" },
        makeElement("strong", { id: "share-reached" }, inShare(sums.reached, sums.places)),
        ` ${this.say("of_communities_reached", { minutes: model.threshold })}`),
      this.bar(model.classes.map(({ count, colour }) => [count, colour])),
      this.figures(rows));
  }

  // People where they are counted; without a summary they are those of the towns, and called so.
  peopleFacts(sums, name) {
    const facts = [];
    const counted = this.model.summary.length ? this.model.summaryOf(name) : sums;
    const word = counted === sums ? "people_listed" : "people_reached";
    if (counted) {
      facts.push([this.say(word), isUnknown(counted)
        ? this.say("unknown") : this.ofTotal(counted.peopleReached, counted.people)]);
    }
    if (sums.unknown) facts.push([this.say("communities_unknown"), inPeople(sums.unknown)]);
    return facts;
  }

  ofTotal(part, total) {
    return makeElement("span", {}, this.say("of", { n: inPeople(part), total: inPeople(total) }));
  }

  figures(rows) {
    return makeElement("dl", {}, ...rows.flatMap(([term, value]) => [
      makeElement("dt", {}, term), makeElement("dd", {}, value)]));
  }

  bar(parts) {
    return makeElement("div", { class: "bar", "aria-hidden": "true" }, ...parts.map(([size, colour]) => {
      const part = makeElement("i");
      Object.assign(part.style, { flexGrow: String(size), background: colour });
      return part;
    }));
  }

  updatePlan() {
    const { plan } = this.model.data;
    if (!plan) return;
    const { before, total, minutes } = plan;
    const { shown, proposals } = this.model;
    const after = shown ? proposals[shown - 1].covered : before;
    find("shown-count").textContent = this.say("of", { n: shown, total: proposals.length });
    const rows = [
      [this.say("before"), makeElement("span", { id: "covered-before" }, inPeople(before))],
      [this.say("gained"), makeElement("span", { id: "covered-gained" }, inOrder(`+${inPeople(after - before)}`))],
      [this.say("after"), makeElement("strong", { id: "covered-after" },
        this.say("of", { n: inPeople(after), total: inPeople(total) }))],
      ...this.afterPlaces(plan),
    ];
    find("plan-figures").replaceChildren(
      makeElement("p", { class: "headline" },
        makeElement("strong", {}, inShare(after, total)),
        ` ${this.say("of_people_within", { minutes })}`),
      this.bar([[before, COLOUR.fast], [after - before, COLOUR.proposal], [total - after, "#e4dfd4"]]),
      this.figures(rows),
      this.proofs(plan),
      makeElement("p", { class: "small" }, this.say("order_note", { minutes })));
  }

  // Communities under the whole plan: said only where the plan was made over communities.
  afterPlaces({ communities_after: after, minutes }) {
    if (!after || this.model.shown !== this.model.proposals.length) return [];
    return [[this.say("communities_after", { minutes }), this.ofTotal(after.filter(Boolean).length, after.length)]];
  }

  // How good the plan is proven to be, at each of its phases.
  proofs({ phases }) {
    return makeElement("ul", { class: "small" }, ...phases.map(({ sites, status, gap }) => {
      const slack = status === "optimal" ? "" : `; ${this.say("at_most_below", {
        share: `${TENTHS.format(Math.ceil(gap * 1000) / 10)}%` })}`;
      return makeElement("li", {}, `${this.say("phase_of", { sites })}: ${this.say(status)}${slack}`);
    }));
  }

  updatePosts() {
    if (this.model.data.posts) find("posts").replaceChildren(...this.border.section());
  }

  updateLegend() {
    const { model } = this;
    const groups = [];
    const add = (key, count, items = []) => count && groups.push(this.legendGroup(key, items));
    add("communities", model.communities.length, [
      ...model.classes.map(({ shape, colour, from, to, count }) => [
        { shape, colour, size: 5 }, this.className(from, to), count]),
      [{ shape: "disc", colour: COLOUR.line, size: 2.4 }, this.say("size_note")],
    ]);
    const only = (style, count) => [[style, null, count]];
    add("boxes", model.boxes.length, only({ shape: "square", colour: COLOUR.box, size: 4 }, model.boxes.length));
    add("proposals", model.proposals.length,
      only({ shape: "pin", colour: COLOUR.proposal, size: 7.5, text: "1" }, model.shown));
    add("posts", model.posts.length, this.border.postItems());
    add("crossings", model.crossings.length, only({ shape: "gate", colour: COLOUR.crossing, size: 5 }, model.crossings.length));
    add("frontier", model.frontier.length, this.border.lineItems());
    add("areas", model.areas.length, only({ ...BASE_STYLE.areas, area: "#fffefa" }));
    const tiers = ["highway", "main", "other"].filter((tier) => model.roads[tier]?.length);
    add("roads", tiers.length, tiers.map((tier) => [
      { ...BASE_STYLE[tier], weight: BASE_STYLE[tier].weight * 1.4 }, this.say(`road_${tier}`)]));
    add("rivers", model.rivers.length, only(BASE_STYLE.rivers));
    add("countries", model.countries.length, only(BASE_STYLE.countries));
    add("labels", 1);
    const active = document.activeElement?.dataset?.layer;
    find("legend").replaceChildren(...groups);
    if (active) find("legend").querySelector(`[data-layer="${active}"]`)?.focus();
  }

  className(from, to) {
    return to ? this.say("class_minutes", { from, to }) : this.say("class_never", { minutes: from });
  }

  legendGroup(key, items) {
    const box = makeElement("input", {
      type: "checkbox", "data-layer": key, checked: !this.actions.isHidden(key),
      onchange: (event) => this.actions.toggle(key, event.target.checked),
    });
    const entry = ([style, text, count]) => [
      drawSwatch(style), text && makeElement("span", {}, text),
      count == null ? null : makeElement("span", { class: "count" }, String(count)),
    ];
    // An item without words of its own shares the line of its layer.
    const [alone] = items.length && items[0][1] === null ? items : [];
    const [swatch, , count] = alone ? entry(alone) : [];
    return makeElement("fieldset", {},
      makeElement("label", {}, box, swatch, makeElement("span", {}, this.say(`layer_${key}`)), count),
      alone ? null : makeElement("ul", {}, ...items.map((item) => makeElement("li", {}, ...entry(item).filter(Boolean)))));
  }

  updateGovernorates() {
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
      (word) => makeElement("th", { scope: "col" }, this.say(word)));
    const line = (row, name) => makeElement("tr", row.total ? { class: "total" } : {},
      makeElement("th", { scope: "row" }, name),
      makeElement("td", {}, this.say("of", { n: inPeople(row.reached), total: inPeople(row.places) })),
      people.length > 0 && makeElement("td", {}, isUnknown(row)
        ? this.say("unknown") : inShare(row.peopleReached, row.people)));
    find("governorates").replaceChildren(
      makeElement("thead", {}, makeElement("tr", {}, ...header)),
      makeElement("tbody", {}, ...rows.map((row) => line(row, this.areaButton(row))),
        total && line(total, this.say("total"))));
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
    if (!area) return row.name ? this.name(row) : this.governorate("");
    return makeElement("button", { type: "button", class: "link", onclick: () => this.actions.select(area) }, this.name(area));
  }

  // ---- search --------------------------------------------------------------------------

  showResults() {
    const wanted = foldText(find("search").value, this.model.data.folds);
    const list = find("results");
    list.hidden = !wanted;
    if (!wanted) return;
    const found = this.model.find(wanted);
    list.replaceChildren(...found.map((row) => makeElement("li", {}, makeElement("button", {
      type: "button", onclick: () => { list.hidden = true; this.actions.select(row); },
    }, this.name(row), makeElement("small", {}, this.kindOf(row))))));
    if (!found.length) list.append(makeElement("li", { class: "none" }, this.say("nothing_found")));
  }

  kindOf(row) {
    const rank = row.rank ? ` ${row.rank}` : "";
    return `${this.say(`kind_${row.kind}`)}${rank}`;
  }

  moveInResults(event) {
    const buttons = [...find("results").querySelectorAll("button")];
    const at = buttons.indexOf(document.activeElement);
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Escape") {
      find("results").hidden = true;
      find("search").focus();
    } else if (event.key === "Enter" && at < 0) {
      buttons[0]?.click();
    } else if (step && buttons.length) {
      event.preventDefault();
      (buttons[at + step] ?? (at + step < 0 ? find("search") : buttons.at(-1))).focus();
    }
  }

  // ---- the card ------------------------------------------------------------------------

  open(row, focus = true) {
    this.opened = row;
    const card = find("details");
    const others = [...new Set(["name", "name_ar", "name_ckb"].map((key) => row[key]))]
      .filter((name) => name && name !== nameOf(row, this.language));
    card.replaceChildren(
      makeElement("button", { type: "button", class: "close", "aria-label": this.say("close"),
        onclick: () => this.close() }, "×"),
      makeElement("p", { class: "small" }, this.kindOf(row)),
      makeElement("h2", {}, this.titleOf(row)),
      makeElement("p", { class: "names" }, ...others.map(makeName)),
      this.figures(this.factsOf(row)));
    card.hidden = false;
    if (focus) card.focus({ preventScroll: true });
  }

  close() {
    this.opened = null;
    find("details").hidden = true;
    this.actions.close();
  }

  titleOf(row) {
    if (row.kind !== "frontier") return this.name(row);
    return makeElement("span", {}, this.say(row.state ? `stretch_${row.state}` : "frontier"));
  }

  factsOf(row) {
    const facts = {
      communities: () => this.communityFacts(row),
      boxes: () => [],
      proposals: () => this.proposalFacts(row),
      posts: () => this.border.postFacts(row),
      crossings: () => this.border.crossingFacts(row),
      frontier: () => this.border.lineFacts(row),
      areas: () => this.areaFacts(row),
    }[row.kind]();
    const governorate = row.governorate ? [[this.say("governorate"), this.governorate(row.governorate)]] : [];
    const position = row.kind === "frontier" || row.kind === "areas" || !row.at
      ? [] : [[this.say("position"), makeElement("span", { dir: "ltr" }, inDegrees(...row.at))]];
    return [...facts, ...governorate, ...position];
  }

  communityFacts(row) {
    const { model } = this;
    const reached = model.isReached(row);
    const limit = model.data.thresholds.at(-1);
    const state = this.say(reached ? "reached" : "not_reached", { minutes: model.threshold });
    const facts = [
      [this.say("response_time"), makeElement("strong", { class: reached ? "good" : "bad" }, state)],
      [this.say("minutes"), row.ms == null ? this.say("none_within", { minutes: limit }) : inMinutes(row.ms)],
    ];
    if (row.site) facts.push([this.say("nearest_box"), this.siteLink(row.site)]);
    facts.push([this.say("people"), row.people == null ? this.say("unknown") : inPeople(row.people)]);
    if (!reached) facts.push([this.say("reason"), this.say(row.reason || "TOO_FAR")]);
    // They were counted at one threshold, and are said only where that one is chosen.
    if (row.within != null && model.threshold === model.data.frame_minutes) {
      facts.push([this.say("boxes_within", { minutes: model.threshold }), String(row.within)]);
    }
    return facts;
  }

  siteLink(id) {
    const site = this.model.siteById.get(id);
    if (!site) return makeName(id);
    return makeElement("button", { type: "button", class: "link", onclick: () => this.actions.select(site) }, this.name(site));
  }

  proposalFacts(row) {
    // A site on a road bears the name of the nearest place, and says how far that is.
    const away = row.near_km >= 0.5 ? [[this.say("nearest_place"), this.say("away", { km: inKm(row.near_km) })]] : [];
    return [
      ...away,
      [this.say("rank"), String(row.rank)],
      [this.say("phase"), this.say("phase_of", { sites: row.phase })],
      [this.say("gained"), inOrder(`+${inPeople(row.gained)}`)],
      [this.say("after"), inPeople(row.covered)],
    ];
  }

  areaFacts(row) {
    const { model } = this;
    const within = (rows) => rows.filter((one) => one.governorate === row.name);
    const sums = model.count(within(model.communities));
    const facts = [[this.say("communities_reached"), this.ofTotal(sums.reached, sums.places)]];
    facts.push(...this.peopleFacts(sums, row.name));
    facts.push([this.say("layer_boxes"), String(within(model.boxes).length)]);
    const proposed = within(model.proposals).filter((one) => one.rank <= model.shown);
    if (model.proposals.length) facts.push([this.say("layer_proposals"), String(proposed.length)]);
    if (within(model.posts).length) facts.push([this.say("layer_posts"), String(within(model.posts).length)]);
    return facts;
  }
}

// Nobody's number is known: that is not the same as nobody.
function isUnknown({ people, unknown, places }) {
  return people == null || (!people && unknown > 0 && unknown === places);
}

function inDegrees(lat, lon) {
  const one = (value, positive, negative) => `${Math.abs(value).toFixed(4)}°${value < 0 ? negative : positive}`;
  return `${one(lat, "N", "S")}  ${one(lon, "E", "W")}`;
}

function find(id) {
  return document.getElementById(id);
}
