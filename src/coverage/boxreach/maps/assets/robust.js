// How sure it is: what plans come to in draws, and sites by how often they are in the best choice
// of a draw. Sites are drawn by it: a ring, the wider the more often, with its share beside it.

const CHOICES = ["sure_always", "sure_often", "sure_seldom", "sure_never"];
const CHOICE_SIZES = [9.5, 8, 6.5, 4.5];
// From this zoom on there is room for shares beside rings; 0 is that at which the country is seen.
const SHARES_FROM = 1.3;

class Robust {
  constructor(data, model) {
    this.data = data;
    this.plans = rowsOf(data?.plans ?? {});
    this.areas = rowsOf(data?.areas ?? {});
    this.ranges = rowsOf(data?.ranges ?? {});
    this.sites = rowsOf(data?.sites ?? {});
    this.readSites(model);
  }

  // Sites of the map bear its names; a candidate that stands in a community, the names of that.
  readSites({ case: { sites }, communities }) {
    const placeOf = ({ lon, lat }) => `${lon} ${lat}`;
    const known = new Map(sites.map((row) => [row.id, row]));
    const wanted = new Set(this.sites.map(placeOf));
    const towns = new Map(communities.filter((row) => wanted.has(placeOf(row))).map((row) => [placeOf(row), row]));
    for (const row of this.sites) {
      const site = known.get(row.id);
      const { kind, id, at, lon, lat, ...told } = site ?? namesOf(towns.get(placeOf(row)));
      for (const key of NAME_KEYS) if (!row[key]) delete row[key];
      Object.assign(row, { ...told, ...row, kind: "if_chosen", onMap: Boolean(site), lines: [], weight: row.times,
        word: site ? `kind_${site.kind}` : row.own ? "kind_boxes" : "sure_candidate" });
    }
  }

  // Sites that nothing else on the page lists.
  get others() {
    return this.sites.filter(({ onMap }) => !onMap);
  }

  shareOf(row) {
    return row.times / this.data.draws;
  }

  // 0 for those of every draw to 3 for those of none.
  gradeOf({ times }) {
    const { draws } = this.data;
    if (times === draws) return 0;
    return times === 0 ? 3 : times * 2 >= draws ? 1 : 2;
  }

  symbol(row, grow) {
    const grade = this.gradeOf(row);
    return { shape: row.own ? "chosen" : "maybe", colour: GRADES.gain[grade], size: CHOICE_SIZES[grade] + grow * 0.8,
      text: grow >= SHARES_FROM ? this.writeShare(row) : "" };
  }

  // Whole per cents; all and none only where it is just that.
  writeShare(row) {
    const grade = this.gradeOf(row);
    const percent = Math.min(Math.max(Math.round(this.shareOf(row) * 100), 1), 99);
    return inOrder(inDigits(`${[100, percent, percent, 0][grade]}%`));
  }

  legendItems(speech) {
    const own = this.sites.filter((row) => row.own);
    const items = CHOICES.map((word, grade) => {
      const count = own.filter((row) => this.gradeOf(row) === grade).length;
      return count && [{ shape: "chosen", colour: GRADES.gain[grade], size: [8, 6.5, 5, 3.5][grade] }, speech.say(word), count];
    });
    const others = this.sites.length - own.length;
    items.push(others && [{ shape: "maybe", colour: GRADES.gain[1], size: 6.5 }, speech.say("sure_in_none"), others]);
    return items.filter(Boolean);
  }
}

function namesOf(town) {
  const names = NAME_KEYS.filter((key) => town?.[key]).map((key) => [key, town[key]]);
  return town ? { ...Object.fromEntries(names), governorate: town.governorate } : {};
}

// What is written below a ring, on white.
function writeBelow(pen, text, size) {
  if (!text) return;
  pen.font = `700 11px ${FONT}`;
  pen.textAlign = "center";
  pen.textBaseline = "top";
  pen.lineJoin = "round";
  pen.lineWidth = 3;
  pen.strokeStyle = "#fff";
  pen.strokeText(text, 0, size + 3);
  pen.fillStyle = "#17202b";
  pen.fillText(text, 0, size + 3);
}

// Around a box of a plan.
PAINTERS.chosen = (pen, style) => {
  PAINTERS.halo(pen, style);
  writeBelow(pen, style.text, style.size);
};

// Where a box might stand: a ring of dashes about its place.
PAINTERS.maybe = (pen, { size, colour, text }) => {
  pen.beginPath();
  pen.arc(0, 0, size, 0, 2 * Math.PI);
  stroke(pen, "#fff", 4.5);
  pen.strokeStyle = colour;
  pen.lineWidth = 2.2;
  pen.setLineDash([4, 3]);
  pen.stroke();
  pen.setLineDash([]);
  pen.beginPath();
  pen.arc(0, 0, 2.2, 0, 2 * Math.PI);
  pen.fillStyle = colour;
  pen.fill();
  writeBelow(pen, text, size);
};
