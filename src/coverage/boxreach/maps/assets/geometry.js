// Positions, lines and names: from what the data block holds to what is drawn and searched.

const QUANTUM = 1e-5;
const ROUTE_QUANTUM = 1e-4;
const GROUND_QUANTUM = 1e-4; // of roads and rivers

// A table travels as columns, without those that are blank; the page works with rows.
function rowsOf(columns) {
  const keys = Object.keys(columns);
  if (!keys.length) return [];
  const lists = keys.map((key) => listOf(columns[key]));
  return lists[0].map((_, index) => {
    const row = {};
    for (let at = 0; at < keys.length; at += 1) row[keys[at]] = lists[at][index];
    if (row.lon != null && row.lat != null) row.at = [row.lat * QUANTUM, row.lon * QUANTUM];
    return row;
  });
}

// A column may hold its texts once each, or its numbers as one text in which 0 is unknown.
function listOf(column) {
  if (Array.isArray(column)) return column;
  const { values, codes, packed, per } = column;
  if (codes != null) return unpackIntegers(codes).map((code) => values[code]);
  return unpackIntegers(packed).map((parts) => (parts ? (parts - 1) / per : null));
}

// Whole numbers from a text that holds them as Google's polylines do.
function unpackIntegers(text) {
  const numbers = [];
  let [value, scale] = [0, 1];
  for (let at = 0; at < text.length; at += 1) {
    const chunk = text.charCodeAt(at) - 63;
    value += (chunk & 0x1f) * scale;
    scale *= 32;
    if (chunk >= 0x20) continue;
    numbers.push(value % 2 ? -(value + 1) / 2 : value / 2);
    [value, scale] = [0, 1];
  }
  return numbers;
}

function decodeLine(text) {
  return decodeSteps(text, QUANTUM);
}

function decodeSteps(text, quantum) {
  const steps = unpackIntegers(text);
  const points = [];
  let [lat, lon] = [0, 0];
  for (let at = 0; at < steps.length; at += 2) {
    lat += steps[at];
    lon += steps[at + 1];
    points.push([lat * quantum, lon * quantum]);
  }
  return points;
}

// Whether a position lies inside rings, holes included, by the even-odd rule.
function isInside(rings, { lat, lng }) {
  let inside = false;
  for (const ring of rings) {
    for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
      const [latA, lonA] = ring[i];
      const [latB, lonB] = ring[j];
      if (latA > lat !== latB > lat &&
          lng < lonA + ((lonB - lonA) * (lat - latA)) / (latB - latA)) inside = !inside;
    }
  }
  return inside;
}

// The same folding as boxreach.text.fold, by the same table. Each letter is folded once and then
// looked up; only a capital sigma becomes another letter by those beside it.
const FOLDED = new Map();

function foldText(text, folds) {
  let folded = "";
  for (const letter of text) {
    if (!FOLDED.has(letter)) {
      FOLDED.set(letter, /Σ/.test(letter.normalize("NFKD")) ? null : foldLetters(letter, folds));
    }
    const known = FOLDED.get(letter);
    if (known === null) {
      folded = foldLetters(text, folds);
      break;
    }
    folded += known;
  }
  return folded.trim().replace(/\s+/g, " ");
}

function foldLetters(text, folds) {
  return text.normalize("NFKD").toLowerCase().normalize("NFKD")
    .replace(/[\p{M}\p{Cf}]/gu, "")
    .replace(/./gsu, (letter) => folds[letter] ?? letter);
}
