// Gaps: pieces of what stands does not reach, as dashed outlines, and what their cards say.

const GAP_STYLE = { color: COLOUR.never, weight: 1.6, dashArray: "6 4" };
const GAP_REASONS = { too_far: "TOO_FAR", off_road: "OFF_ROAD", isolated: "ISOLATED", closed: "CLOSED" };

class Gaps {
  constructor(model, renderer) {
    this.rows = model.gaps;
    const hatch = makeHatch(GAP_STYLE.color);
    this.group = L.featureGroup(this.rows.map((row) => Object.assign(
      row.rings.length
        ? L.polygon(row.rings.map((ring) => decodeLine(ring)), { ...GAP_STYLE, renderer, fillColor: hatch, fillOpacity: 0.55, bubblingMouseEvents: false })
        : L.circleMarker(row.at, { ...GAP_STYLE, renderer, radius: 13, fillColor: hatch, fillOpacity: 0.55, bubblingMouseEvents: false }),
      { row })));
  }
}

// Thin slanted lines: what is filled with them stays in sight beneath.
function makeHatch(colour) {
  const canvas = makeElement("canvas", { width: 8, height: 8 });
  const pen = canvas.getContext("2d");
  pen.strokeStyle = colour;
  pen.lineWidth = 1;
  pen.beginPath();
  for (const shift of [-8, 0, 8]) {
    pen.moveTo(shift - 1, 9);
    pen.lineTo(shift + 9, -1);
  }
  pen.stroke();
  return pen.createPattern(canvas, "repeat");
}

// The facts of a gap, for its card.
function gapFacts(row, speech) {
  const facts = [];
  const add = (word, value, values) => value != null && facts.push([speech.say(word, values), value]);
  const count = (number) => (number == null ? null : inPeople(number));
  add("gap_places", count(row.places));
  add("people", count(row.people));
  if (row.unknown) add("communities_unknown", count(row.unknown));
  for (const [key, reason] of Object.entries(GAP_REASONS)) if (row[key]) add(reason, count(row[key]));
  if (row.reason) add("reason", speech.say(row.reason));
  if (row.gained != null) add("gap_gained", inOrder(`+${inPeople(row.gained)}`));
  if (row.minutes != null) add("gap_threshold", speech.say("in_minutes", { minutes: row.minutes }));
  return facts;
}
