// What hangs on each road and box, and what opening a closed road brings: rows that are drawn by
// how many people there are to it.

// By width as well as by colour, for those who see none: the most first.
const GRADES = {
  loss: ["#8a3a00", "#d55e00", "#f2a673", "#8d8676"],
  gain: ["#003f66", "#0072b2", "#79b8dd", "#8d8676"],
};
const GRADE_WEIGHTS = [8.5, 6, 3.8, 2];
const GRADE_DASHES = { loss: null, gain: "9 5" };

// What kinds of roads are called; other kinds are strangers' words.
const THING_WORDS = new Map([["bridge", "if_bridge"], ["crossing", "kind_crossings"]]);

class Critical {
  // `sites` are those of the map, whose names are in more scripts.
  constructor({ criticality, opening }, sites) {
    this.criticality = criticality;
    this.opening = opening;
    const of = (columns, kind, people) => rowsOf(columns).map((row) => Object.assign(row, {
      kind, weight: row[people] ?? 0, lines: (row.lines ?? []).map(decodeLine) }));
    this.roads = of(criticality?.roads ?? {}, "if_road", "people_lost");
    for (const row of this.roads) row.word = THING_WORDS.get(row.what) ?? "if_road";
    this.sites = of(criticality?.sites ?? {}, "if_site", "people_lost");
    for (const row of this.sites) {
      const { kind, at, lon, lat, ...known } = sites.find(({ id }) => id === row.id) ?? {};
      Object.assign(row, { ...known, ...row, word: "kind_boxes" });
    }
    this.closures = of(opening?.alone ?? {}, "if_closure", "people_regained");
    for (const row of this.closures) row.word = "if_closure";
    this.readTurns();
    this.breaks = new Map([this.roads, this.sites, this.closures].map((rows) => [rows, findBreaks(rows)]));
  }

  // The order in which closed roads help most: what is opened at once stands in one turn.
  readTurns() {
    this.turns = [];
    for (const { rank, at, people_gained: gained, people_regained: sum } of rowsOf(this.opening?.together ?? {})) {
      const row = this.closures[at];
      if (!row) continue;
      row.turn = rank;
      if (this.turns.at(-1)?.rank === rank) this.turns.at(-1).rows.push(row);
      else this.turns.push({ rank, gained, sum, rows: [row] });
    }
  }

  rowsOf(row) {
    return { if_road: this.roads, if_site: this.sites, if_closure: this.closures }[row.kind];
  }

  // 0 for the most people to 2, and 3 for nobody.
  gradeOf(row) {
    const breaks = this.breaks.get(this.rowsOf(row));
    return row.weight > 0 ? breaks.findIndex((least) => row.weight >= least) : 3;
  }

  lineStyle(row) {
    const scale = row.kind === "if_closure" ? "gain" : "loss";
    const grade = this.gradeOf(row);
    return { color: GRADES[scale][grade], weight: GRADE_WEIGHTS[grade], dashArray: GRADE_DASHES[scale], lineCap: GRADE_DASHES[scale] ? "butt" : "round" };
  }

  // What a row without a line is painted as; a closed road bears its turn beside its line.
  symbol(row, grow) {
    const grade = this.gradeOf(row);
    if (row.kind === "if_closure") {
      const colour = GRADES.gain[grade];
      if (row.turn) return { shape: "turn", colour, size: 7 + grow * 0.8, text: inDigits(String(row.turn)) };
      return row.lines.length ? null : { shape: "gate", colour, size: 5 + grow * 0.6 };
    }
    const colour = GRADES.loss[grade];
    if (row.kind === "if_site") return { shape: "halo", colour, size: [13, 10, 7.5, 4.5][grade] + grow * 0.8 };
    return row.lines.length ? null : { shape: "gate", colour, size: [8, 6.5, 5, 3.5][grade] + grow * 0.6 };
  }

  // The places that lose reach without a road or a box, most people first: {row, minutes, site}.
  lost(thing, communities) {
    const what = { if_road: "road", if_site: "site" }[thing.kind];
    if (!what) return [];
    this.listed ??= {};
    const list = this.listed[what] ??= this.readLost(this.criticality.lost[what]);
    const at = this.rowsOf(thing).indexOf(thing);
    const { per_minute: per } = this.criticality;
    const found = [];
    for (let one = list.start[at]; one < list.start[at + 1]; one += 1) {
      found.push({ row: communities[list.place[one]], site: list.site[one] ? list.sites[list.site[one] - 1] : null,
        minutes: list.units[one] ? (list.units[one] - 1) / per : null });
    }
    return found.sort((a, b) => (b.row.people ?? -1) - (a.row.people ?? -1));
  }

  readLost({ count, place, units, site, sites }) {
    const start = [0];
    for (const size of unpackIntegers(count)) start.push(start.at(-1) + size);
    const places = unpackIntegers(place);
    for (let thing = 0; thing + 1 < start.length; thing += 1) {
      for (let at = start[thing] + 1; at < start[thing + 1]; at += 1) places[at] += places[at - 1];
    }
    return { start, place: places, units: unpackIntegers(units), site: unpackIntegers(site), sites };
  }
}

// Round numbers of people from which a row is of the first, the second and the last grade.
function findBreaks(rows) {
  const most = Math.max(0, ...rows.map(({ weight }) => weight));
  const [high, low] = [roundDown(most / 2.5), roundDown(most / 12)];
  return [high, low, 0];
}

function roundDown(number) {
  if (number < 1) return 1;
  const ten = 10 ** Math.floor(Math.log10(number));
  return [5, 2, 1].find((one) => one * ten <= number) * ten;
}

// Around a box: the more people hang on it, the wider.
PAINTERS.halo = (pen, { size, colour }) => {
  pen.beginPath();
  pen.arc(0, 0, size, 0, 2 * Math.PI);
  pen.globalAlpha = 0.3;
  pen.fillStyle = colour;
  pen.fill();
  pen.globalAlpha = 1;
  stroke(pen, "#fff", 4.5);
  stroke(pen, colour, 2.4);
};

// The turn in which a closed road is opened.
PAINTERS.turn = (pen, { size, colour, text = "" }) => {
  pen.beginPath();
  pen.arc(0, 0, size, 0, 2 * Math.PI);
  stroke(pen, colour, 4);
  pen.fillStyle = "#fff";
  pen.fill();
  pen.fillStyle = "#17202b";
  pen.font = `700 ${(text.length > 2 ? 0.95 : 1.2) * size}px ${FONT}`;
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.fillText(text, 0, 0.5);
};
