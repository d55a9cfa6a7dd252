// Shapes of the map and of its legend: both are painted by the same functions.
// Colours are those of Okabe and Ito; shape says the same as colour, for those who see none.

const COLOUR = {
  fast: "#0072b2", sooner: "#56b4e9", soon: "#009e73", late: "#e69f00", never: "#d55e00",
  box: "#17202b", proposal: "#cc79a7", post: "#17202b",
  crossing: "#f0e442", covered: "#009e73", unseen: "#e69f00", open: "#d55e00", line: "#5b5f66",
};

// Every painter draws around (0, 0); `size` is half of a symbol's width.
const PAINTERS = {
  disc(pen, { size, colour, thin = 1 }) {
    pen.beginPath();
    pen.arc(0, 0, size, 0, 2 * Math.PI);
    stroke(pen, "#fff", 2 * thin);
    pen.fillStyle = colour;
    pen.fill();
  },
  ring(pen, { size, colour, thin = 1 }) {
    pen.beginPath();
    pen.arc(0, 0, size, 0, 2 * Math.PI);
    pen.fillStyle = "#fff";
    pen.fill();
    stroke(pen, "#fff", 4.5 * thin);
    stroke(pen, colour, 2.2 * thin);
  },
  cross(pen, { size, colour, thin = 1 }) {
    const arm = size * 0.85;
    pen.beginPath();
    for (const side of [-1, 1]) {
      pen.moveTo(-arm, -arm * side);
      pen.lineTo(arm, arm * side);
    }
    pen.lineCap = "round";
    stroke(pen, "#fff", 5.2 * thin);
    stroke(pen, colour, 2.8 * thin);
  },
  square(pen, { size, colour }) {
    pen.fillStyle = "#fff";
    pen.fillRect(-size - 1, -size - 1, 2 * size + 2, 2 * size + 2);
    pen.fillStyle = colour;
    pen.fillRect(-size, -size, 2 * size, 2 * size);
  },
  // What was a box and is given up: its outline, struck through.
  gone(pen, { size, colour }) {
    pen.beginPath();
    pen.rect(-size, -size, 2 * size, 2 * size);
    pen.fillStyle = "#fff";
    pen.fill();
    stroke(pen, "#fff", 3.5);
    stroke(pen, colour, 1.4);
    pen.beginPath();
    pen.moveTo(-size - 2, size + 2);
    pen.lineTo(size + 2, -size - 2);
    stroke(pen, colour, 1.6);
  },
  // A numbered flag whose tip stands on the place, so that the place stays in sight.
  pin(pen, { size, colour, text = "" }) {
    const height = 1.5 * size;
    const top = -height - 0.75 * size;
    pen.beginPath();
    pen.moveTo(0, 0);
    pen.lineTo(-0.32 * size, top + height);
    pen.lineTo(-size, top + height);
    pen.lineTo(-size, top);
    pen.lineTo(size, top);
    pen.lineTo(size, top + height);
    pen.lineTo(0.32 * size, top + height);
    pen.closePath();
    stroke(pen, "#fff", 3);
    pen.fillStyle = colour;
    pen.fill();
    stroke(pen, COLOUR.box, 1);
    pen.fillStyle = "#000";
    pen.font = `700 ${1.25 * size}px ${FONT}`;
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.fillText(text, 0, top + height / 2 + 0.5);
  },
  // A post seen from afar: a bead on the line it holds, dark on white or white on dark.
  bead(pen, { size, colour, hollow }) {
    pen.beginPath();
    pen.arc(0, 0, size, 0, 2 * Math.PI);
    stroke(pen, hollow ? colour : "#fff", 2);
    pen.fillStyle = hollow ? "#fff" : colour;
    pen.fill();
  },
  // A crossing: a diamond, under the post that stands at it.
  gate(pen, { size, colour }) {
    pen.beginPath();
    pen.moveTo(0, -1.25 * size);
    pen.lineTo(1.25 * size, 0);
    pen.lineTo(0, 1.25 * size);
    pen.lineTo(-1.25 * size, 0);
    pen.closePath();
    stroke(pen, "#fff", 3.5);
    pen.fillStyle = colour;
    pen.fill();
    stroke(pen, COLOUR.box, 1.2);
  },
  tower(pen, { size, colour, hollow }) {
    pen.beginPath();
    pen.moveTo(0, -1.15 * size);
    pen.lineTo(size, 0.85 * size);
    pen.lineTo(-size, 0.85 * size);
    pen.closePath();
    stroke(pen, "#fff", 3);
    pen.fillStyle = hollow ? "#fff" : colour;
    pen.fill();
    stroke(pen, colour, 1.2);
  },
};

const FONT = '"boxreach Arabic", system-ui, "Segoe UI", "Noto Sans", "Noto Sans Arabic", Tahoma, sans-serif';

function stroke(pen, colour, width) {
  pen.strokeStyle = colour;
  pen.lineWidth = width;
  pen.lineJoin = "round";
  pen.setLineDash([]);
  pen.stroke();
}

function paintSymbol(pen, x, y, style) {
  pen.save();
  pen.translate(x, y);
  pen.globalAlpha = 1; // Leaflet leaves that of the shape before
  PAINTERS[style.shape](pen, style);
  pen.restore();
}

L.Canvas.include({
  _paintSymbol(layer) {
    if (this._drawing && layer.options.symbol && !layer._empty()) {
      paintSymbol(this._ctx, layer._point.x, layer._point.y, layer.options.symbol);
    }
  },
});

// A place on the map. `row` is what it stands for.
const Place = L.CircleMarker.extend({
  initialize(row, options) {
    L.CircleMarker.prototype.initialize.call(this, row.at, { bubblingMouseEvents: false, ...options });
    this.row = row;
  },
  // Without a symbol it is not drawn, and cannot be touched, but keeps its turn.
  setSymbol(symbol) {
    this.options.symbol = symbol;
    if (!symbol) this.redraw();
    else this.setRadius(symbol.size * (symbol.shape === "pin" ? 2.4 : 1.3));
    if (this._point) this._updateBounds();
  },
  _updatePath() {
    this._renderer._paintSymbol(this);
  },
  _containsPoint(point) {
    if (!this.options.symbol) return false;
    const { shape, size } = this.options.symbol;
    const middle = shape === "pin" ? this._point.subtract([0, 1.4 * size]) : this._point;
    return point.distanceTo(middle) <= Math.max(size, 4) + this._clickTolerance();
  },
});

// A small picture of a symbol, or of a line, for the legend.
function drawSwatch(style) {
  const [width, height, scale] = [26, 20, 2];
  const canvas = makeElement("canvas", { class: "swatch", width: width * scale, height: height * scale });
  canvas.setAttribute("aria-hidden", "true");
  const pen = canvas.getContext("2d");
  pen.scale(scale, scale);
  if (style.symbols) {
    style.symbols.forEach((symbol, at) => paintSymbol(pen, width * (0.22 + 0.5 * at), height / 2, symbol));
  } else if (style.shape) {
    paintSymbol(pen, width / 2, style.shape === "pin" ? height - 1 : height / 2, style);
  } else if (style.area) {
    pen.globalAlpha = style.opacity ?? 1;
    pen.fillStyle = style.area;
    pen.fillRect(3, 4, width - 6, height - 8);
    pen.globalAlpha = 1;
    stroke2(pen, [[3, 4], [width - 3, 4], [width - 3, height - 4], [3, height - 4], [3, 4]], style);
  } else {
    stroke2(pen, [[1, height / 2], [width - 1, height / 2]], style);
  }
  return canvas;
}

function stroke2(pen, points, { color, weight, dashArray }) {
  pen.beginPath();
  points.forEach(([x, y], index) => (index ? pen.lineTo(x, y) : pen.moveTo(x, y)));
  pen.strokeStyle = color;
  pen.lineWidth = weight;
  pen.setLineDash(dashArray ? dashArray.split(" ").map(Number) : []);
  pen.stroke();
}
