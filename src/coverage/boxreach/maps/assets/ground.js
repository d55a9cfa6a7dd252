// The ground: countries, governorates, rivers and roads on one sheet that no slider repaints. Of
// lines, only the points that a zoom can show; of roads, only as many as leave room to read.

const BASE_STYLE = {
  glow: { color: "#d9d2c3", weight: 6 },
  areas: { color: "#b5ad9d", weight: 0.9, dashArray: "4 3", fillColor: "#fffefa" },
  countries: { color: "#c2bbac", weight: 1 },
  rivers: { color: "#a5cfe3", weight: 1.3 },
  other: { color: "#ddd3bf", weight: 0.8 },
  main: { color: "#d3bf94", weight: 1.2 },
  highway: { color: "#c19a55", weight: 1.7 },
};

const ROAD_TIERS = ["other", "main", "highway"];

// So many pixels of road in a hundred square ones are too many; and finer than this nobody sees.
const MOST_ROAD = 7;
const DETAIL = 0.7;

// Lines as arrays of pixels of zoom 0: x and y by turns, and where each line begins.
class Lines {
  constructor(points, starts) {
    this.points = points;
    this.starts = starts;
    this.levels = new Map();
    this.boxes = this.findBoxes();
  }

  static decode(texts, quantum = QUANTUM) {
    const parts = texts.map(unpackIntegers);
    const starts = new Uint32Array(parts.length + 1);
    parts.forEach((part, line) => { starts[line + 1] = starts[line] + part.length; });
    const points = new Float64Array(starts[parts.length]);
    parts.forEach((part, line) => {
      let [lat, lon] = [0, 0];
      for (let at = 0; at < part.length; at += 2) {
        lat += part[at];
        lon += part[at + 1];
        points[starts[line] + at] = worldX(lon * quantum);
        points[starts[line] + at + 1] = worldY(lat * quantum);
      }
    });
    return new Lines(points, starts);
  }

  get count() {
    return this.starts.length - 1;
  }

  findBoxes() {
    const boxes = new Float64Array(4 * this.count);
    for (let line = 0; line < this.count; line += 1) {
      let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
      for (let at = this.starts[line]; at < this.starts[line + 1]; at += 2) {
        left = Math.min(left, this.points[at]);
        right = Math.max(right, this.points[at]);
        top = Math.min(top, this.points[at + 1]);
        bottom = Math.max(bottom, this.points[at + 1]);
      }
      boxes.set([left, top, right, bottom], 4 * line);
    }
    return boxes;
  }

  // How long all of them are, in pixels of zoom 0.
  get length() {
    let sum = 0;
    for (let line = 0; line < this.count; line += 1) {
      for (let at = this.starts[line] + 2; at < this.starts[line + 1]; at += 2) {
        sum += Math.hypot(this.points[at] - this.points[at - 2], this.points[at + 1] - this.points[at - 1]);
      }
    }
    return sum;
  }

  // The same lines without the points that lie closer together than a zoom tells apart.
  at(zoom) {
    const level = Math.ceil(zoom);
    if (!this.levels.has(level)) this.levels.set(level, this.thin(DETAIL / 2 ** level));
    return this.levels.get(level);
  }

  thin(step) {
    const { points, starts } = this;
    const kept = new Float64Array(points.length);
    const begins = new Uint32Array(starts.length);
    let size = 0;
    for (let line = 0; line < this.count; line += 1) {
      let [x, y] = [Infinity, Infinity];
      for (let at = starts[line]; at < starts[line + 1]; at += 2) {
        const far = Math.abs(points[at] - x) > step || Math.abs(points[at + 1] - y) > step;
        if (!far && at + 2 < starts[line + 1]) continue; // the last point always stays
        [x, y] = [points[at], points[at + 1]];
        kept[size] = x;
        kept[size + 1] = y;
        size += 2;
      }
      begins[line + 1] = size;
    }
    return { points: kept.slice(0, size), starts: begins };
  }

  // Add to a pen's path all that touches its sheet.
  trace(pen, { zoom, scale, left, top, width, height }, closed = false) {
    const { points, starts } = this.at(zoom);
    const { boxes } = this;
    for (let line = 0; line < this.count; line += 1) {
      const box = 4 * line;
      if (boxes[box] * scale - left > width || boxes[box + 2] * scale - left < 0) continue;
      if (boxes[box + 1] * scale - top > height || boxes[box + 3] * scale - top < 0) continue;
      pen.moveTo(points[starts[line]] * scale - left, points[starts[line] + 1] * scale - top);
      for (let at = starts[line] + 2; at < starts[line + 1]; at += 2) {
        pen.lineTo(points[at] * scale - left, points[at + 1] * scale - top);
      }
      if (closed) pen.closePath();
    }
  }
}

class Ground {
  constructor(model, pane, isHidden) {
    const { areas, countries, rivers, roads, data } = model;
    this.isHidden = isHidden;
    this.areas = Lines.decode(data.base.areas.rings?.flat() ?? []);
    this.countries = Lines.decode(countries.flatMap(({ lines }) => lines));
    this.rivers = Lines.decode(rivers, GROUND_QUANTUM);
    this.hasAreas = areas.length > 0;
    this.roads = Object.fromEntries(ROAD_TIERS.map((tier) => [
      tier, Lines.decode(roads[tier] ?? [], GROUND_QUANTUM)]));
    this.findZooms(data.bounds);
    this.sheet = new Sheet((pen, frame) => this.paint(pen, frame), { pane });
  }

  // From which zoom on each class of roads leaves room: its length grows by the zoom and the
  // ground by its square. The highest class there is is always drawn.
  findZooms([west, south, east, north]) {
    const ground = Math.abs((worldX(east) - worldX(west)) * (worldY(north) - worldY(south)));
    let length = 0;
    this.from = {};
    for (const tier of [...ROAD_TIERS].reverse()) {
      const higher = length > 0;
      length += this.roads[tier].length;
      this.from[tier] = higher ? Math.min(Math.log2(100 * length / (MOST_ROAD * ground)), 11) : 0;
    }
  }

  paint(pen, frame) {
    const widen = 1 + Math.max(frame.zoom - 6, 0) * 0.28;
    const line = (lines, { color, weight, dashArray }, by = 1) => {
      pen.beginPath();
      lines.trace(pen, frame);
      pen.strokeStyle = color;
      pen.lineWidth = weight * by;
      pen.lineJoin = "round";
      pen.lineCap = "round";
      pen.setLineDash(dashArray ? dashArray.split(" ").map(Number) : []);
      pen.stroke();
    };
    if (!this.isHidden("countries")) line(this.countries, BASE_STYLE.countries);
    if (!this.isHidden("areas") && this.hasAreas) {
      // All outlines first, wide: the fills then hide them save around the whole.
      line(this.areas, BASE_STYLE.glow);
      pen.beginPath();
      this.areas.trace(pen, frame, true);
      pen.fillStyle = BASE_STYLE.areas.fillColor;
      pen.fill("evenodd");
      line(this.areas, BASE_STYLE.areas);
    }
    if (!this.isHidden("rivers")) line(this.rivers, BASE_STYLE.rivers);
    if (this.isHidden("roads")) return;
    for (const tier of ROAD_TIERS) {
      if (frame.zoom >= this.from[tier]) line(this.roads[tier], BASE_STYLE[tier], widen);
    }
  }
}
