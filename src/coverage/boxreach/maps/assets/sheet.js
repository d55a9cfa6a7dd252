// A sheet: one canvas over the map and somewhat around it, painted as a whole when asked to.
// It is moved with the map, and painted anew only where its margin does not reach, or at a zoom.

const MOST_PIXEL_RATIO = 3;

// The margin of sheets that sliders repaint: each pixel of it is paid for at every step.
const SLIM = 0.12;

const Sheet = L.Renderer.extend({
  options: { padding: 0.25 },

  // `paint` is given a pen, and a frame: {scale, left, top, width, height, ratio, zoom}. A point
  // of the world (its pixel at zoom 0) lies at scale * x - left of the sheet, in CSS pixels.
  initialize(paint, options) {
    L.Renderer.prototype.initialize.call(this, options);
    this.paint = paint;
  },

  _initContainer() {
    this._container = L.DomUtil.create("canvas");
    this._container.style.opacity = this.options.opacity ?? "";
    this.pen = this._container.getContext("2d");
  },

  _destroyContainer() {
    cancelAnimationFrame(this.asked);
    this._container.remove();
    delete this._container;
    delete this._bounds;
    this.asked = null;
  },

  _update() {
    const { _map: map } = this;
    if (map._animatingZoom && this._bounds) return;
    const corner = map.containerPointToLayerPoint([0, 0]);
    const view = L.bounds(corner, corner.add(map.getSize()));
    if (this._zoom === map.getZoom() && this._bounds?.contains(view)) return;
    L.Renderer.prototype._update.call(this);
    this.size();
    L.DomUtil.setPosition(this._container, this._bounds.min);
    this.redraw();
  },

  // Leaflet moves its pixels about when the view is set anew.
  _reset() {
    delete this._bounds;
    this._update();
    this._updateTransform(this._center, this._zoom);
  },

  size() {
    const { x, y } = this._bounds.getSize();
    const ratio = Math.min(devicePixelRatio || 1, MOST_PIXEL_RATIO) * (this.options.coarse ?? 1);
    const [width, height] = [Math.round(x * ratio), Math.round(y * ratio)];
    Object.assign(this._container.style, { width: `${x}px`, height: `${y}px` });
    this.clean = this._container.width !== width || this._container.height !== height;
    if (this.clean) Object.assign(this._container, { width, height });
    this.ratio = ratio;
  },

  // Paint with the next frame, once.
  redraw() {
    if (!this._map || this.asked) return this;
    this.asked = requestAnimationFrame(() => this.drawNow());
    return this;
  },

  drawNow() {
    cancelAnimationFrame(this.asked);
    this.asked = null;
    if (!this._map || !this._bounds) return;
    const { pen, ratio } = this;
    const { x, y } = this._bounds.getSize();
    const origin = this._map.getPixelOrigin().add(this._bounds.min);
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.clearRect(0, 0, this._container.width, this._container.height);
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.paint(pen, {
      scale: 2 ** this._zoom, left: origin.x, top: origin.y, width: x, height: y, ratio, zoom: this._zoom,
    });
  },
});

// The pixel of a position at zoom 0, in halves: x and y.
const WORLD = 256;

function worldX(lon) {
  return WORLD * (lon / 360 + 0.5);
}

function worldY(lat) {
  const sine = Math.sin(lat * Math.PI / 180);
  return WORLD * (0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI));
}
