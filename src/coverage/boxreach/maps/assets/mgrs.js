// The MGRS reference of a place, to the metre: what boxreach.crs.mgrs_of says of it.
//
// Transverse Mercator by Krüger's series in the third flattening, to its fourth order (Karney,
// "Transverse Mercator with an accuracy of a few nanometers", 2011, equation 35).

const ELLIPSOID = { axis: 6378137, flattening: 1 / 298.257223563 }; // WGS 84
const THIRD = ELLIPSOID.flattening / (2 - ELLIPSOID.flattening);
const RECTIFYING = ELLIPSOID.axis / (1 + THIRD) * (1 + THIRD ** 2 / 4 + THIRD ** 4 / 64);
const KRUEGER = [
  THIRD / 2 - 2 * THIRD ** 2 / 3 + 5 * THIRD ** 3 / 16 + 41 * THIRD ** 4 / 180,
  13 * THIRD ** 2 / 48 - 3 * THIRD ** 3 / 5 + 557 * THIRD ** 4 / 1440,
  61 * THIRD ** 3 / 240 - 103 * THIRD ** 4 / 140,
  49561 * THIRD ** 4 / 161280,
];
const RADIANS = Math.PI / 180;

// Square kilometres, a hundred a side, are lettered in turn: columns in three sets, rows in two.
const BANDS = "CDEFGHJKLMNPQRSTUVWXX";
const COLUMNS = ["ABCDEFGH", "JKLMNPQR", "STUVWXYZ"];
const ROWS = "ABCDEFGHJKLMNPQRSTUV";

// Python's own rounds to a thousandth of a metre before it cuts to metres.
const HALF_MM = 0.0005;

// Six degrees wide, but for Norway and Svalbard.
function zoneOf(lat, lon) {
  if (lat >= 56 && lat < 64 && lon >= 3 && lon < 12) return 32;
  if (lat >= 72 && lon >= 0 && lon < 42) return [31, 33, 35, 37][[9, 21, 33, 42].findIndex((end) => lon < end)];
  return Math.floor((lon + 180) / 6) + 1;
}

// Metres east and north in a zone.
function projectUtm(lat, lon, zone) {
  const eccentricity = 2 * Math.sqrt(THIRD) / (1 + THIRD);
  const sine = Math.sin(lat * RADIANS);
  const tangent = Math.sinh(Math.atanh(sine) - eccentricity * Math.atanh(eccentricity * sine));
  const away = (lon - (6 * zone - 183)) * RADIANS;
  const xi = Math.atan2(tangent, Math.cos(away));
  const eta = Math.atanh(Math.sin(away) / Math.hypot(1, tangent));
  let [north, east] = [xi, eta];
  KRUEGER.forEach((factor, at) => {
    const turn = 2 * (at + 1);
    north += factor * Math.sin(turn * xi) * Math.cosh(turn * eta);
    east += factor * Math.cos(turn * xi) * Math.sinh(turn * eta);
  });
  const scale = 0.9996 * RECTIFYING;
  return [500000 + scale * east, (lat < 0 ? 10000000 : 0) + scale * north];
}

// Nothing beyond 84° north and 80° south, where there are no zones.
function toMgrs(lat, lon) {
  if (!(lat >= -80 && lat <= 84)) return "";
  const turned = ((((lon + 180) % 360) + 360) % 360) - 180;
  const zone = zoneOf(lat, turned);
  const [east, north] = projectUtm(lat, turned, zone).map((metres) => Math.floor(metres + HALF_MM));
  const square = COLUMNS[(zone - 1) % 3][Math.floor(east / 100000) - 1]
    + ROWS[(Math.floor(north / 100000) + (zone % 2 ? 0 : 5)) % 20];
  const inSquare = (metres) => String(metres % 100000).padStart(5, "0");
  return String(zone).padStart(2, "0") + BANDS[Math.floor((lat + 80) / 8)] + square
    + inSquare(east) + inSquare(north);
}
