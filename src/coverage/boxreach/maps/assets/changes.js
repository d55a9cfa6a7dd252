// Scenarios: what each makes of every place. Places are rows of the map, or their own where the map
// has none of them.

// In the order of the codes that the data have; a place that a scenario lacks comes after.
const CHANGES = [
  { word: "if_same", shape: "disc", colour: "#b5ae9f", grow: 0.8 },
  { word: "if_lost", shape: "cross", colour: COLOUR.never, grow: 1.5 },
  { word: "if_gained", shape: "disc", colour: COLOUR.fast, grow: 1.35 },
  { word: "if_slower", shape: "square", colour: COLOUR.late },
  { word: "if_quicker", shape: "tower", colour: COLOUR.soon },
  { word: "if_new", shape: "ring", colour: COLOUR.fast },
  { word: "if_gone", shape: "ring", colour: COLOUR.never },
];
const LEGEND_ORDER = [1, 2, 3, 4, 5, 6, 0];
const BOX_CHANGES = ["if_box_same", "if_box_lost", "if_box_new"];

class Changes {
  constructor(data, model) {
    this.data = data;
    this.model = model;
    this.table = rowsOf(data.table);
    const { places } = data;
    const own = rowsOf(places.own).map((row) => Object.assign(row, { kind: "communities" }));
    let [place, next] = [0, 0];
    this.rows = unpackIntegers(places.place).map((step) => {
      place += step;
      return place < 0 ? own[next++] : model.communities[place];
    });
    [this.units, this.site, this.people] = [places.units, places.site, places.people].map(unpackIntegers);
    this.rows.forEach((row, at) => {
      if (row.place == null) row.people = this.people[at] ? (this.people[at] - 1) / 1000 : null;
    });
    this.read = [];
  }

  // A scenario: its rows, their classes, and what is told of each; read when it is first shown.
  at(index) {
    return this.read[index] ??= this.readScenario(this.data.scenarios[index], this.table[index + 1]);
  }

  readScenario({ change, slower, site, people, reason, because, boxes, areas, assumptions }, sums) {
    const kinds = unpackIntegers(change);
    const kept = [...kinds.keys()].filter((at) => kinds[at] < CHANGES.length);
    const [less, sites] = [unpackIntegers(slower), unpackIntegers(site)];
    const now = people == null ? this.people : unpackIntegers(people);
    const [reasons, causes] = [reason, because].map((texts) => texts && listOf(texts));
    const told = new Map(kept.map((at) => [this.rows[at], {
      change: kinds[at],
      peopleBefore: this.known(this.people[at], 1000), people: this.known(now[at], 1000),
      before: this.minutes(this.units[at]), after: this.minutes(this.units[at] + less[at]),
      siteBefore: this.siteAt(this.site[at]), site: this.siteAt(sites[at] ? sites[at] - 1 : this.site[at]),
      reason: reasons?.[at] ?? "", because: causes?.[at] ?? "",
    }]));
    for (const [row, { people: then }] of told) row.people ??= then;
    const classes = CHANGES.map((one) => ({ ...one, count: 0 }));
    const sitesAt = new Map(this.model.case.sites.map((one) => [one.id, one.at]));
    const classOf = Uint8Array.from(kept, (at) => kinds[at]);
    for (const kind of classOf) classes[kind].count += 1;
    return {
      sums, told, classes, classOf, assumptions, communities: kept.map((at) => this.rows[at]),
      areas: rowsOf(areas), boxes: rowsOf(boxes).map((row) => Object.assign(row, {
        kind: "if_box", word: BOX_CHANGES[row.change], at: row.at ?? sitesAt.get(row.id) })),
    };
  }

  known(number, per) {
    return number ? (number - 1) / per : null;
  }

  minutes(units) {
    return this.known(units, this.data.per_minute);
  }

  siteAt(position) {
    return position ? this.data.sites[position - 1] : null;
  }
}

// What a box of a scenario is painted as; one that stays is on the map already.
function boxSymbol({ change }, grow) {
  if (change === 1) return { shape: "missing", colour: COLOUR.box, size: 3.6 + grow * 0.7 };
  return change === 2 ? { shape: "added", colour: COLOUR.fast, size: 4.4 + grow * 0.8 } : null;
}

// A box that the scenario lacks: its outline with a minus in it, and beneath it the place it stood in.
PAINTERS.missing = (pen, { size, colour }) => {
  const draw = () => {
    pen.beginPath();
    pen.rect(-size, -size, 2 * size, 2 * size);
    pen.moveTo(-size / 2, 0);
    pen.lineTo(size / 2, 0);
  };
  draw();
  stroke(pen, "#fff", 4);
  draw();
  stroke(pen, colour, 1.6);
};

// A box that only the scenario has: a square with a plus in it.
PAINTERS.added = (pen, { size, colour }) => {
  PAINTERS.square(pen, { size, colour });
  pen.fillStyle = "#fff";
  pen.fillRect(-size * 0.65, -size * 0.16, size * 1.3, size * 0.32);
  pen.fillRect(-size * 0.16, -size * 0.65, size * 0.32, size * 1.3);
};
