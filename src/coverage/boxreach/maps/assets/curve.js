// The curve: what each number of boxes comes to at the threshold, and a second way to choose it.

const SVG = "http://www.w3.org/2000/svg";

function draw(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

// The drawing is one wide and one high, and stretched; what must not be stretched stands over it.
class Curve {
  constructor(app) {
    this.app = app;
    this.model = app.model;
    this.speech = app.speech;
    const still = { "vector-effect": "non-scaling-stroke", fill: "none" };
    this.clip = draw("rect", { x: 0, y: 0, height: 1 });
    this.areas = ["rest", "chosen"].map((name) => draw("path", { class: name }));
    this.areas[1].setAttribute("clip-path", "url(#curve-clip)");
    this.stood = draw("path", { class: "stood" });
    this.line = draw("path", { class: "line", ...still });
    this.marks = draw("g", { class: "phases" });
    this.svg = draw("svg", { viewBox: "0 0 1 1", preserveAspectRatio: "none", "aria-hidden": "true" },
      draw("clipPath", { id: "curve-clip" }, this.clip), ...this.areas, this.stood, this.marks, this.line);
    this.point = makeElement("i", { class: "point" });
    this.bounds = makeElement("span", { "aria-hidden": "true" });
    this.sheet = makeElement("div", {
      class: "sheet", role: "slider", tabindex: "0", "aria-describedby": "curve-text",
      onkeydown: (event) => this.step(event), onpointerdown: (event) => this.drag(event),
      onpointermove: (event) => event.buttons && this.drag(event),
    }, this.svg, this.point, this.bounds);
    this.title = makeElement("figcaption", { class: "small" });
    this.text = makeElement("p", { id: "curve-text", class: "small" });
    find("curve").replaceChildren(this.title, this.sheet, this.text);
  }

  // What is drawn: places' people at the threshold; places where nobody's number is known; or, of
  // a plan that is not followed through the places, its own running totals.
  get told() {
    const { model } = this;
    const { plan, follows, totals } = model.case;
    if (!follows) return { word: "curve_own", minutes: plan.minutes, values: totals };
    const { people, places } = model.curve();
    const known = model.groups.some(({ thousandths }) => thousandths);
    return { word: known ? "curve_people" : "curve_places", minutes: model.threshold, values: known ? people : places };
  }

  update() {
    const { model, speech } = this;
    const { plan } = model.case;
    const most = model.proposals.length;
    find("curve").hidden = !plan || !most;
    if (find("curve").hidden) return;
    const { word, minutes, values } = this.told;
    const title = speech.say(word, { minutes });
    if (this.drawn !== values || this.said !== title) this.redraw(values, title);
    [this.drawn, this.said] = [values, title];
    this.clip.setAttribute("width", model.shown / most);
    this.point.style.setProperty("--at", model.shown / most);
    this.point.style.setProperty("--high", this.high(values[model.shown]));
    this.sheet.setAttribute("aria-valuenow", model.shown);
    this.sheet.setAttribute("aria-valuetext", `${speech.count("boxes", model.shown)}: ${inPeople(values[model.shown])}`);
  }

  high(value) {
    return value / this.top;
  }

  redraw(values, title) {
    const { speech } = this;
    const bounds = this.boundsOf(values);
    const most = values.length - 1;
    this.top = Math.max(...values, ...bounds.map(({ bound }) => bound), 1e-9) * 1.06;
    const y = (value) => (1 - this.high(value)).toFixed(5);
    const steps = Array.from(values, (value, at) => `${at ? `H${(at / most).toFixed(5)}` : "M0 "}${at ? "V" : ""}${y(value)}`).join("");
    this.line.setAttribute("d", steps);
    for (const area of this.areas) area.setAttribute("d", `${steps}V1H0Z`);
    this.stood.setAttribute("d", `M0 ${y(Math.min(values[0], ...values))}H1V1H0Z`);
    this.marks.replaceChildren(...this.app.panel.phases.map(({ boxes }) => draw("path", {
      d: `M${boxes / most} 0V1`, "vector-effect": "non-scaling-stroke" })));
    this.bounds.replaceChildren(...bounds.map(({ boxes, bound }) => {
      const mark = makeElement("i", { class: "bound" });
      mark.style.setProperty("--at", boxes / most);
      mark.style.setProperty("--high", this.high(bound));
      return mark;
    }));
    this.sheet.setAttribute("aria-valuemin", 0);
    this.sheet.setAttribute("aria-valuemax", most);
    this.sheet.setAttribute("aria-label", title);
    setText(this.title, title);
    const half = values.findIndex((value) => 2 * (value - values[0]) >= values[most] - values[0]);
    setText(this.text, speech.say("curve_text", { before: inPeople(values[0]), after: inPeople(values[most]), most, half })
      + (bounds.length ? ` ${speech.say("curve_bound")}` : ""));
  }

  // What no plan of as many boxes goes beyond: told where the plan seeks what is drawn.
  boundsOf(values) {
    const { threshold, case: { plan, follows } } = this.model;
    if (plan.seeks || (follows && (threshold !== plan.minutes || this.app.panel.isOwn()))) return [];
    return this.app.panel.phases.filter(({ boxes, objective }) => Math.abs(objective - values[boxes]) < 0.01);
  }

  // ---- choosing ------------------------------------------------------------------------------

  choose(boxes) {
    const { model } = this;
    const next = Math.max(0, Math.min(model.proposals.length, Math.round(boxes)));
    if (next !== model.shown) this.app.show(next);
  }

  drag(event) {
    const { left, width } = this.svg.getBoundingClientRect();
    const share = (event.clientX - left) / width;
    if (event.type === "pointerdown") this.sheet.setPointerCapture(event.pointerId);
    this.choose((this.speech.rtl ? 1 - share : share) * this.model.proposals.length);
  }

  step(event) {
    const { shown, proposals } = this.model;
    const on = this.speech.rtl ? -1 : 1;
    const leap = Math.max(1, Math.round(proposals.length / 10));
    const next = {
      ArrowRight: shown + on, ArrowLeft: shown - on, ArrowUp: shown + 1, ArrowDown: shown - 1,
      PageUp: shown + leap, PageDown: shown - leap, Home: 0, End: proposals.length,
    }[event.key];
    if (next == null) return;
    event.preventDefault();
    this.choose(next);
  }
}
