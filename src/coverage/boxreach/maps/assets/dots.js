// Communities, as many as there are: one sheet, painted from arrays. Where two of one class would
// cover each other, that with fewer people is left out until the map is closer. What lies under a
// larger one of another class is painted small on top of it: no class hides another.

const SPECK = 0x80;
const SPECK_SHARE = 0.6;
const SPECK_STEP = 3.2;
const MOST_SIZE = 24;

class Dots {
  constructor(map, model, pane) {
    this.model = model;
    this.stencil = new Stencil(2);
    this.sprites = new Map();
    this.pixels = new Pixels();
    this.readPlaces(model.communities);
    this.sheet = new Sheet((pen, frame) => this.paint(pen, frame), { pane, padding: SLIM });
    this.map = map;
  }

  // The most populous first; people who are unknown last.
  readPlaces(rows) {
    const count = rows.length;
    this.x = new Float64Array(count);
    this.y = new Float64Array(count);
    this.size = new Float64Array(count);
    rows.forEach(({ at, people }, place) => {
      this.x[place] = at ? worldX(at[1]) : NaN;
      this.y[place] = at ? worldY(at[0]) : NaN;
      this.size[place] = people == null ? 3.4 : Math.min(4.3 + Math.sqrt(people / 70000), 8.5);
    });
    const people = Float64Array.from(rows, (row) => row.people ?? -1);
    this.order = Uint32Array.from(people.keys()).sort((a, b) => people[b] - people[a] || a - b);
    // What is painted, from the top of `order` down: places, where, how large, and in which way.
    this.drawn = 0;
    this.place = new Uint32Array(count);
    this.left = new Float64Array(count);
    this.top = new Float64Array(count);
    this.speck = new Uint8Array(count);
  }

  grow(zoom) {
    return 1 + Math.min(zoom - 6, 5) * 0.13;
  }

  sizeOf(place) {
    return this.size[place] * this.grow(this.map.getZoom());
  }

  // ---- what is painted ---------------------------------------------------------------------

  sift({ scale, left, top, width, height, zoom }) {
    const { order, x, y, size, stencil, model } = this;
    const [grow, edge] = [this.grow(zoom), MOST_SIZE];
    const { classOf } = model;
    stencil.clear(width + 2 * edge, height + 2 * edge);
    this.drawn = 0;
    for (let at = 0; at < order.length; at += 1) {
      const place = order[at];
      const [px, py] = [x[place] * scale - left, y[place] * scale - top];
      if (!(px > -edge && px < width + edge && py > -edge && py < height + edge)) continue;
      const bit = 1 << classOf[place];
      const found = stencil.at(px + edge, py + edge);
      if (found & bit) continue;
      stencil.markDisc(px + edge, py + edge, size[place] * grow, found ? bit | SPECK : bit);
      this.add(place, px, py, found, classOf[place]);
    }
  }

  // Specks that share a spot stand beside each other, each class on its own side.
  add(place, x, y, found, kind) {
    const { drawn } = this;
    const aside = found & SPECK ? SPECK_STEP : 0;
    this.place[drawn] = place;
    this.left[drawn] = x + aside * Math.cos(kind * 1.2566);
    this.top[drawn] = y + aside * Math.sin(kind * 1.2566);
    this.speck[drawn] = found ? 1 : 0;
    this.drawn += 1;
  }

  paint(pen, frame) {
    this.sift(frame);
    this.frame = frame;
    const { place, left, top, speck, size, model, drawn, pixels } = this;
    const { ratio, zoom } = frame;
    const grow = this.grow(zoom);
    const known = []; // by class and half pixels of size: quicker to find than by their name
    pixels.clear(pen, pen.canvas.width, pen.canvas.height);
    for (const small of [0, 1]) {
      for (let at = drawn - 1; at >= 0; at -= 1) {
        if (speck[at] !== small) continue;
        const kind = model.classOf[place[at]];
        const halves = Math.round(size[place[at]] * grow * (small ? SPECK_SHARE : 1) * 2);
        const key = (kind * 2 + small) * 64 + halves;
        const sprite = known[key] ??= this.sprite(model.classes[kind], halves / 2, small, ratio);
        pixels.stamp(sprite, Math.round(left[at] * ratio), Math.round(top[at] * ratio));
      }
    }
    pixels.put(pen);
  }

  sprite({ shape, colour }, size, small, ratio) {
    const key = [shape, colour, size, small, ratio].join(" ");
    if (!this.sprites.has(key)) {
      const style = { size, colour, thin: small ? 0.75 : 1 };
      this.sprites.set(key, Pixels.draw((pen) => PAINTERS[shape](pen, style), size + 3.5, ratio));
    }
    return this.sprites.get(key);
  }

  // ---- what a reader touches ---------------------------------------------------------------

  // What is painted there: {place, x, y, size, speck} in pixels of the sheet, the lowest first.
  painted() {
    const list = [];
    for (const small of [0, 1]) {
      for (let at = this.drawn - 1; at >= 0; at -= 1) {
        if (this.speck[at] === small) list.push(this.symbolAt(at));
      }
    }
    return list;
  }

  symbolAt(at) {
    const { place, left, top, speck } = this;
    const size = this.sizeOf(place[at]) * (speck[at] ? SPECK_SHARE : 1);
    return { place: place[at], x: left[at], y: top[at], size, speck: speck[at] === 1 };
  }

  // The place nearest to a point of the map's own pixels, or null; of two as near, the upper one.
  // After a jump of the map what was painted last lies elsewhere: it is painted first.
  find(point, tolerance) {
    if (this.sheet.asked) this.sheet.drawNow();
    if (!this.sheet._map || !this.drawn) return null;
    const [x, y] = [point.x - this.sheet._bounds.min.x, point.y - this.sheet._bounds.min.y];
    const reach = MOST_SIZE + tolerance;
    let [best, nearest, upper] = [null, Infinity, false];
    for (let at = 0; at < this.drawn; at += 1) {
      if (Math.abs(this.left[at] - x) > reach || Math.abs(this.top[at] - y) > reach) continue;
      const away = Math.hypot(this.left[at] - x, this.top[at] - y);
      const { place, size, speck } = this.symbolAt(at);
      if (away > Math.max(size, 4) + tolerance) continue;
      if (away < nearest - 0.5 || (away < nearest + 0.5 && speck && !upper)) {
        [best, nearest, upper] = [this.model.communities[place], away, speck];
      }
    }
    return best;
  }
}

// What Leaflet sees of the dots: one shape without a look, wherever one of them is painted. The
// one that is under the pointer is its `row`.
const DotsTarget = L.Path.extend({
  initialize(dots, options) {
    L.setOptions(this, { bubblingMouseEvents: false, ...options });
    this.dots = dots;
    this.row = null;
    this.on("mouseover", () => { this.told = this.row; });
    this.on("mousemove", this.changeRow, this);
  },

  _project() {},

  _update() {},

  _updatePath() {},

  _containsPoint(point) {
    const under = this.dots.find(point, this._clickTolerance());
    this.row = under ?? this.row;
    return under !== null;
  },

  getLatLng() {
    return L.latLng(this.row.at);
  },

  // From one dot to the next without a gap: for the tooltip it is another.
  changeRow({ latlng }) {
    if (this.row === this.told) return;
    this.fire("mouseout", { latlng }, true);
    this.fire("mouseover", { latlng }, true);
  },
});
