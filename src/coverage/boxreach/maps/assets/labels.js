// Names on the map: the most important first, each only where it covers nothing.

const LABEL_STYLE = {
  country: { size: 13, weight: 600, spacing: 2.5 },
  area: { size: 11.5, weight: 600, spacing: 0.4 },
  place: { size: 12, weight: 500, spacing: 0 },
};

const MOST_LABELS = 500;

class Labels {
  constructor(map, pane) {
    this.map = map;
    this.pane = pane;
    this.pen = document.createElement("canvas").getContext("2d");
    this.stencil = new Stencil(2);
    this.widths = new Map();
    map.on("zoomstart", () => pane.replaceChildren());
  }

  // `wanted`: {text, at, kind, gap, rtl}, the most important first. `obstacles`: boxes in pixels
  // of the stage.
  draw(wanted, obstacles) {
    const { map, stencil } = this;
    const { x: width, y: height } = map.getSize();
    stencil.clear(width, height);
    for (const box of [...obstacles, ...this.covers()]) stencil.markBox(box);
    const named = new Map();
    const drawn = [];
    let seen = 0;
    for (const label of wanted) {
      const point = map.latLngToContainerPoint(label.at);
      if (point.x < 0 || point.y < 0 || point.x > width || point.y > height) continue;
      if (seen >= MOST_LABELS) break;
      seen += 1;
      // A town and its governorate of one name: one of the two says it.
      if ((named.get(label.text) ?? label.kind) !== label.kind) continue;
      const free = this.positions(label)
        .map((box) => ({ box, placed: moveBox(box, point) }))
        .find(({ placed }) => isWithin(placed, [0, 0, width, height]) && stencil.isFree(placed));
      if (!free) continue;
      named.set(label.text, label.kind);
      stencil.markBox(free.placed);
      drawn.push(this.element(label, map.containerPointToLayerPoint(point), free.box));
    }
    this.pane.replaceChildren(...drawn);
  }

  // What lies over the map: no label is put under it.
  covers() {
    const stage = this.map.getContainer().getBoundingClientRect();
    return [...document.querySelectorAll(".leaflet-bar, #legend-box, #foot")]
      .map((element) => element.getBoundingClientRect())
      .map(({ left, top, right, bottom }) => moveBox(
        [left, top, right, bottom], { x: -stage.left, y: -stage.top }));
  }

  // Where a label may stand around its point, the best first, as boxes [left, top, right, bottom].
  positions({ text, kind, gap = 0, rtl }) {
    const { size, weight, spacing } = LABEL_STYLE[kind];
    const width = this.measure(text, `${weight} ${size}px ${FONT}`) + (isJoined(text) ? 0 : spacing * text.length) + 4;
    const height = size * 1.35;
    const half = [width / 2, height / 2];
    const at = (x, y) => [x - half[0], y - half[1], x + half[0], y + half[1]];
    if (kind !== "place") {
      return [0, -1, 1, -2, 2].map((step) => at(0, step * height));
    }
    const [side, over] = [gap + 2 + half[0], gap + 1 + half[1]];
    const [one, other] = rtl ? [-1, 1] : [1, -1];
    return [
      at(one * side, 0), at(other * side, 0), at(0, over), at(0, -over),
      ...[[one, 1], [one, -1], [other, 1], [other, -1]].map(([x, y]) => at(x * side, y * over * 0.7)),
    ];
  }

  measure(text, font) {
    const key = font + text;
    if (!this.widths.has(key)) {
      this.pen.font = font;
      this.widths.set(key, this.pen.measureText(text).width);
    }
    return this.widths.get(key);
  }

  element({ text, kind }, point, [left, top, right, bottom]) {
    const label = makeElement("bdi", { class: `label label-${kind}` }, text);
    const { size, weight, spacing } = LABEL_STYLE[kind];
    Object.assign(label.style, {
      font: `${weight} ${size}px/${bottom - top}px ${FONT}`,
      letterSpacing: isJoined(text) ? "0" : `${spacing}px`,
      width: `${right - left}px`,
      transform: `translate(${Math.round(point.x + left)}px, ${Math.round(point.y + top)}px)`,
    });
    return label;
  }
}

// Letters of Arabic script are joined: spacing would tear them apart.
function isJoined(text) {
  return /\p{Script=Arabic}/u.test(text);
}

function moveBox([left, top, right, bottom], { x, y }) {
  return [left + x, top + y, right + x, bottom + y];
}

function isWithin(box, edges) {
  return box[0] >= edges[0] && box[1] >= edges[1] && box[2] <= edges[2] && box[3] <= edges[3];
}
