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
    map.on("zoomstart", () => pane.replaceChildren());
  }

  // `wanted`: {text, at, kind, gap, rtl}, the most important first. `obstacles`: {at, box}.
  draw(wanted, obstacles) {
    const view = this.map.getPixelBounds();
    const edges = [view.min.x, view.min.y, view.max.x, view.max.y];
    const named = new Map();
    const origin = this.map.getPixelOrigin();
    const taken = obstacles.map(({ at, box }) => moveBox(box, this.map.project(at)));
    taken.push(...this.covers(view.min));
    const drawn = [];
    const inView = wanted
      .map((label) => ({ label, point: this.map.project(label.at) }))
      .filter(({ point }) => view.contains(point));
    for (const { label, point } of inView.slice(0, MOST_LABELS)) {
      // A town and its governorate of one name: one of the two says it.
      if ((named.get(label.text) ?? label.kind) !== label.kind) continue;
      const free = this.positions(label)
        .map((box) => ({ box, placed: moveBox(box, point) }))
        .find(({ placed }) => isWithin(placed, edges) && !taken.some((other) => overlap(placed, other)));
      if (!free) continue;
      named.set(label.text, label.kind);
      taken.push(free.placed);
      drawn.push(this.element(label, point.subtract(origin), free.box));
    }
    this.pane.replaceChildren(...drawn);
  }

  // What lies over the map: no label is put under it.
  covers({ x, y }) {
    const stage = this.map.getContainer().getBoundingClientRect();
    return [...document.querySelectorAll(".leaflet-bar, #legend-box, #foot")]
      .map((element) => element.getBoundingClientRect())
      .map(({ left, top, right, bottom }) => moveBox(
        [left - stage.left, top - stage.top, right - stage.left, bottom - stage.top], { x, y }));
  }

  // Where a label may stand around its point, the best first, as boxes [left, top, right, bottom].
  positions({ text, kind, gap = 0, rtl }) {
    const { size, weight, spacing } = LABEL_STYLE[kind];
    this.pen.font = `${weight} ${size}px ${FONT}`;
    const width = this.pen.measureText(text).width + (isJoined(text) ? 0 : spacing * text.length) + 4;
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

function overlap(a, b) {
  return a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];
}
