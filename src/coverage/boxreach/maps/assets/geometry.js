// Positions, lines and names: from what the data block holds to what is drawn and searched.

const QUANTUM = 1e-5;

// A table travels as columns; the page works with rows.
function rowsOf(columns) {
  const keys = Object.keys(columns);
  if (!keys.length) return [];
  return columns[keys[0]].map((_, index) => {
    const row = Object.fromEntries(keys.map((key) => [key, columns[key][index]]));
    if (row.lon != null && row.lat != null) row.at = [row.lat * QUANTUM, row.lon * QUANTUM];
    return row;
  });
}

function decodeLine(text) {
  const points = [];
  let position = 0;
  const place = [0, 0];
  while (position < text.length) {
    for (const axis of [0, 1]) {
      let value = 0;
      let shift = 0;
      let chunk;
      do {
        chunk = text.charCodeAt(position++) - 63;
        value += (chunk & 0x1f) * 2 ** shift;
        shift += 5;
      } while (chunk >= 0x20);
      place[axis] += value % 2 ? -(value + 1) / 2 : value / 2;
    }
    points.push([place[0] * QUANTUM, place[1] * QUANTUM]);
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

// The same folding as boxreach.text.fold, by the same table.
function foldText(text, folds) {
  return [...text.normalize("NFKD").toLowerCase().normalize("NFKD")]
    .filter((letter) => !/\p{M}|\p{Cf}/u.test(letter))
    .map((letter) => folds[letter] ?? letter)
    .join("").trim().replace(/\s+/g, " ");
}
