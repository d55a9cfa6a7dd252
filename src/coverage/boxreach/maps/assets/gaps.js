// Gaps: pieces of what stands does not reach, as dashed outlines, and what their cards say.

const GAP_STYLE = { color: COLOUR.never, weight: 1.6, dashArray: "6 4" };
const GAP_REASONS = { too_far: "TOO_FAR", off_road: "OFF_ROAD", isolated: "ISOLATED", closed: "CLOSED" };

const GAP_RADIUS = 13;

// They are seen under the communities and touched above them, where nothing else is: two shapes.
class Gaps {
  constructor(model, renderer, touched) {
    this.rows = model.gaps;
    const look = { ...GAP_STYLE, renderer, interactive: false, fillColor: makeHatch(GAP_STYLE.color), fillOpacity: 0.55 };
    const touch = { renderer: touched, stroke: false, fillOpacity: 0, bubblingMouseEvents: false };
    this.group = L.featureGroup(this.rows.flatMap((row) => [
      this.shape(row, look), Object.assign(this.shape(row, touch), { row })]));
  }

  shape({ rings, at }, style) {
    return rings.length ? L.polygon(rings.map(decodeLine), { fill: true, ...style })
      : L.circleMarker(at, { radius: GAP_RADIUS, ...style });
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
