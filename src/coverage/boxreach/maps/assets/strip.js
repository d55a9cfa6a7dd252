// The strip: the frontier laid out straight from its northern end, in rows, as in the report.
// Posts of every other phase stand above the band, the others below it; holes are marked under it.

const ROW = { km: 155, width: 320, edge: 8, height: 66, band: 31, bandWidth: 8, hole: 38, axis: 60 };
const SAME_KM = 1e-6;

// Neighbouring stretches that are not covered make one hole, to the end of a part of the line.
function findHoles(runs) {
  const holes = [];
  let last = null;
  for (const run of runs) {
    const open = run.state === "open" || run.state === "unseen";
    const hole = holes.at(-1);
    if (open && hole && hole.runs.at(-1) === last && touches(last, run)) {
      hole.runs.push(run);
      hole.to = run.to;
      hole.km += run.km;
    } else if (open) holes.push({ runs: [run], from: run.from, to: run.to, km: run.km });
    last = run;
  }
  return holes;
}

function touches(before, after) {
  return before.part === after.part && Math.abs(after.from - before.to) < SAME_KM;
}

class Strip {
  constructor(app) {
    this.app = app;
    this.model = app.model;
    this.speech = app.speech;
    this.runs = [...this.model.frontier].sort((a, b) => a.from - b.from);
    this.holes = findHoles(this.runs);
    this.from = this.runs[0]?.from ?? 0;
    this.to = this.runs.at(-1)?.to ?? 0;
    this.rows = Math.max(1, Math.round((this.to - this.from) / ROW.km));
    this.kmInRow = (this.to - this.from) / this.rows;
  }

  update({ language }) {
    if (!language || !this.model.data.posts || !(this.kmInRow > 0)) return;
    const { speech, holes } = this;
    find("strip").hidden = false;
    this.told = makeElement("output", { class: "small", id: "strip-told" });
    this.items = [];
    const drawing = draw("svg", {
      viewBox: `0 0 ${ROW.width} ${this.rows * ROW.height}`, role: "toolbar", direction: "ltr",
      "aria-label": speech.say("along_the_line"), "aria-describedby": "strip-text",
    }, ...this.axis(), ...this.band(), ...this.breaks(), ...holes.map((hole) => this.drawHole(hole)),
    ...this.crossings(), ...this.posts());
    this.rove();
    const widest = Math.max(0, ...holes.map(({ km }) => km));
    find("strip").replaceChildren(
      makeElement("figcaption", { class: "small", id: "strip-text" }, speech.say(holes.length ? "strip_text" : "strip_whole", {
        from: inKm(this.from), to: inKm(this.to), posts: inPeople(this.model.posts.length),
        holes: inPeople(holes.length), widest: inKm(widest) })),
      drawing, this.told);
    this.tell("");
  }

  // ---- where things are ------------------------------------------------------------------

  place(km, row = this.rowOf(km)) {
    const share = (km - this.from - row * this.kmInRow) / this.kmInRow;
    return [ROW.edge + share * (ROW.width - 2 * ROW.edge), row * ROW.height];
  }

  rowOf(km) {
    return Math.max(0, Math.min(this.rows - 1, Math.floor((km - this.from) / this.kmInRow)));
  }

  // The pieces of a stretch, one in each row it runs through.
  pieces(from, to) {
    const pieces = [];
    for (let row = this.rowOf(from); row <= this.rowOf(to); row += 1) {
      const low = Math.max(from, this.from + row * this.kmInRow);
      const high = Math.min(to, this.from + (row + 1) * this.kmInRow);
      if (high - low > SAME_KM) pieces.push({ left: this.place(low, row)[0], right: this.place(high, row)[0], top: row * ROW.height });
    }
    return pieces;
  }

  // ---- what is drawn ---------------------------------------------------------------------

  axis() {
    const drawn = [];
    const step = [1, 2, 5, 10, 20, 50, 100, 200, 500].find((km) => this.kmInRow / km <= 7) ?? 1000;
    for (let km = Math.ceil(this.from / step) * step; km <= this.to; km += step) {
      const [x, top] = this.place(km);
      drawn.push(draw("path", { class: "tick", d: `M${x} ${top + 14}V${top + ROW.axis - 8}` }),
        draw("text", { x, y: top + ROW.axis, "text-anchor": "middle" }, inDigits(String(km))));
    }
    return drawn;
  }

  band() {
    return this.runs.flatMap((run) => this.pieces(run.from, run.to).map(({ left, right, top }) => {
      const { color, dashArray } = FRONTIER_STYLE[run.state];
      return draw("path", {
        class: "run", d: `M${left} ${top + ROW.band}H${Math.max(right, left + 0.5)}`, stroke: color,
        "stroke-width": ROW.bandWidth, ...(dashArray ? { "stroke-dasharray": dashArray } : {}),
      });
    }).map((piece) => this.listen(piece, this.nameRun(run), run)));
  }

  // Where one part of the line ends and the next begins elsewhere.
  breaks() {
    return this.runs.slice(1).filter((run, at) => run.part !== this.runs[at].part).flatMap((run) => {
      const [x, top] = this.place(run.from);
      const path = (shift) => `M${x + shift} ${top + ROW.band - 8}V${top + ROW.band + 8}`;
      return [draw("path", { class: "break", d: path(0) }),
        draw("path", { class: "brink", d: path(-2) + path(2) })];
    });
  }

  drawHole(hole) {
    const longest = hole.runs.reduce((one, other) => (other.km > one.km ? other : one));
    const marks = this.pieces(hole.from, hole.to).flatMap(({ left, right, top }) => [
      this.target(left, right, top + ROW.hole - 2, 9),
      draw("rect", { class: "hole", x: left, y: top + ROW.hole, width: Math.max(right - left, 1), height: 4 }),
    ]);
    const name = this.speech.say("strip_hole", { km: inKm(hole.km), from: inKm(hole.from), to: inKm(hole.to) });
    return this.item("strip-hole", marks, name, longest, hole.from);
  }

  posts() {
    const { posts, data, firstPhase } = this.model;
    const phases = data.posts.phases.map(({ sites }) => sites);
    return posts.filter(({ chainage_km: km }) => km != null).map((post) => {
      const [x, top] = this.place(post.chainage_km);
      const below = phases.indexOf(post.phase) % 2 === 1;
      const [tip, out] = below ? [top + ROW.hole + 6, 1] : [top + ROW.band - 6, -1];
      const d = post.rank
        ? `M${x} ${tip}l-3.5 ${7 * out}h7z` : `M${x - 3} ${tip - 6}h6v6h-6z`;
      const style = post.rank && post.phase > firstPhase ? "post later" : "post";
      const marks = [this.target(x, x, Math.min(tip, tip + 9 * out), 9), draw("path", { class: style, d })];
      const name = this.speech.say("strip_post", { name: post.id, km: inKm(post.chainage_km) });
      return this.item("strip-post", marks, name, post, post.chainage_km);
    });
  }

  crossings() {
    return this.model.crossings.map((row) => {
      const [x, top] = this.place(row.chainage_km);
      const marks = [draw("path", { class: "lead", d: `M${x} ${top + 9}V${top + ROW.band}` }),
        draw("path", { class: "gate", d: `M${x} ${top + 2}l4 4l-4 4l-4 -4z` }), this.target(x, x, top, 12)];
      const name = this.speech.say("strip_crossing", {
        name: nameOf(row, this.speech.language), km: inKm(row.chainage_km) });
      return this.item("strip-crossing", marks, name, row, row.chainage_km);
    });
  }

  // Wide enough for a finger's tip.
  target(left, right, top, height) {
    const width = Math.max(right - left, 8);
    return draw("rect", { class: "target", x: (left + right - width) / 2, y: top, width, height });
  }

  nameRun({ state, from, to }) {
    return this.speech.say("strip_run", {
      state: this.speech.say(`stretch_${state}`), from: inKm(from), to: inKm(to) });
  }

  // ---- what a reader does ----------------------------------------------------------------

  item(style, marks, name, row, km) {
    const item = draw("g", { class: style, role: "button", tabindex: "-1", "aria-label": name }, ...marks);
    this.items.push({ item, km });
    item.addEventListener("focus", () => this.tell(name, item));
    item.addEventListener("keydown", (event) => this.press(event, row));
    return this.listen(item, name, row);
  }

  listen(mark, name, row) {
    mark.addEventListener("click", () => this.app.select(row));
    mark.addEventListener("pointerenter", () => this.tell(name));
    mark.addEventListener("pointerleave", () => this.tell(""));
    return mark;
  }

  // One stop for the Tab key; arrow keys go along the line.
  rove() {
    this.items.sort((a, b) => a.km - b.km);
    this.stop(this.items[0]?.item);
  }

  stop(item) {
    for (const one of this.items) one.item.setAttribute("tabindex", one.item === item ? "0" : "-1");
  }

  tell(name, item) {
    setText(this.told, name || this.speech.say("strip_hint"));
    if (item) this.stop(item);
  }

  press(event, row) {
    const { items } = this;
    const at = items.findIndex(({ item }) => item === event.currentTarget);
    const next = { ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at - 1, ArrowUp: at - 1,
      Home: 0, End: items.length - 1 }[event.key];
    if (event.key === "Enter" || event.key === " ") this.app.select(row);
    else if (next == null) return;
    else items[next]?.item.focus();
    event.preventDefault();
  }
}
