// Isochrone bands: the ground that boxes reach, painted in full colour on a sheet of its own that
// is transparent as a whole, so that it is no darker where two overlap. They are for drawing.

const BAND_OPACITY = 0.3;

// Pixels of their sheet to one of the screen, along each side: soft edges suit them.
const BAND_COARSE = 0.5;

class Bands {
  constructor(model, pane) {
    this.model = model;
    const { minutes = [], site = [], rings = [], quantum } = model.data.bands;
    const sites = new Set(model.cases.flatMap((one) => one.sites.map(({ id }) => id)));
    this.bands = minutes.map((of, at) => ({
      minutes: of,
      // Outlines of a box that no plan knows say nothing of when it stands, and stay.
      site: sites.has(site[at]) ? site[at] : null,
      lines: decodeRings(rings[at], quantum),
    })).sort((a, b) => b.minutes - a.minutes);
    this.minutes = [...new Set(this.bands.map((band) => band.minutes))].sort((a, b) => a - b);
    this.sheet = new Sheet((pen, frame) => this.paint(pen, frame), { pane, opacity: BAND_OPACITY, padding: SLIM, coarse: BAND_COARSE });
    this.kept = "";
  }

  // What is shown at this threshold and number of boxes: [minutes, colour] each, the longest first.
  get shown() {
    const { classes, threshold } = this.model;
    return this.minutes.filter((minutes) => minutes <= threshold).reverse().map((minutes) => [
      minutes, classes.find(({ to }) => to >= minutes).colour]);
  }

  standing() {
    const stands = this.model.case.standing(this.model.shown);
    return this.bands.filter(({ site }) => site === null || stands.has(site));
  }

  // Painted again only if something of it changed.
  refresh() {
    const bands = this.standing();
    const key = JSON.stringify([this.shown, bands.map(({ site }) => site)]);
    if (key === this.kept) return;
    this.kept = key;
    this.sheet.redraw();
  }

  // Each band keeps its path of this frame: sliders change only which of them are filled.
  paint(pen, frame) {
    const view = [frame.scale, frame.left, frame.top, frame.width, frame.height].join(" ");
    const bands = this.standing();
    for (const [minutes, colour] of this.shown) {
      const whole = new Path2D();
      for (const band of bands) if (band.minutes === minutes) whole.addPath(this.pathOf(band, frame, view));
      pen.fillStyle = colour;
      pen.fill(whole, "nonzero");
    }
  }

  // Rings of holes run the other way around.
  pathOf(band, frame, view) {
    if (band.view === view) return band.path;
    [band.view, band.path] = [view, new Path2D()];
    band.lines.trace(band.path, { ...frame, zoom: frame.zoom + Math.log2(BAND_COARSE) }, true);
    return band.path;
  }
}

// Rings of one band: of each how many points, and then these, from where the last one ended.
function decodeRings(text, quantum) {
  const numbers = unpackIntegers(text);
  const points = new Float64Array(numbers.length);
  const starts = [0];
  let [lat, lon, size] = [0, 0, 0];
  for (let at = 0; at < numbers.length;) {
    const end = at + 1 + 2 * numbers[at];
    for (at += 1; at < end; at += 2) {
      lat += numbers[at];
      lon += numbers[at + 1];
      points[size] = worldX(lon * quantum);
      points[size + 1] = worldY(lat * quantum);
      size += 2;
    }
    starts.push(size);
  }
  return new Lines(points.slice(0, size), Uint32Array.from(starts));
}
