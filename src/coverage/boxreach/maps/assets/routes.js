// Ways: those of the box or the place that is selected, and where boxes that are given up go.

const ROUTE_STYLE = { color: "#17202b", weight: 2.2, casing: 5 };
const MOVE_STYLE = { color: "#9c4a78", weight: 1.6, dashArray: "3 4" };

class Routes {
  constructor(model, renderer) {
    this.model = model;
    const { sites = [], site = "", place = "", lines = [] } = model.data.routes;
    this.lines = lines;
    this.site = unpackIntegers(site).map((at) => sites[at]);
    this.place = unpackIntegers(place);
    this.rows = [];
    const line = (style) => L.polyline([], { renderer, interactive: false, ...style });
    this.casing = line({ color: "#fff", weight: ROUTE_STYLE.casing });
    this.line = line(ROUTE_STYLE);
    this.moves = line(MOVE_STYLE);
    this.group = L.layerGroup([this.casing, this.line]);
    this.renderer = renderer;
  }

  // Positions of the ways of some rows, of boxes that stand.
  of(rows) {
    const { model } = this;
    const places = new Set(rows.filter(({ kind }) => kind === "communities").map((row) => row.place));
    const sites = new Set(rows.filter(({ kind }) => kind === "boxes" || kind === "proposals").map(({ id }) => id));
    if (!places.size && !sites.size) return [];
    const standing = model.case.standing(model.shown);
    const found = [...this.lines.keys()].filter((at) => standing.has(this.site[at])
      && (places.has(this.place[at]) || sites.has(this.site[at])));
    // Of a box, the places that it is the quickest for; of a place, its quickest box if that is known.
    const own = found.filter((at) => model.siteOf(model.communities[this.place[at]])?.id === this.site[at]);
    return own.length || sites.size ? own : found;
  }

  show(rows) {
    this.rows = rows;
    this.refresh();
  }

  refresh() {
    if (!this.lines.length) return;
    const lines = this.of(this.rows).map((at) => decodeSteps(this.lines[at], ROUTE_QUANTUM));
    if (!lines.length && this.line.isEmpty()) return;
    for (const one of [this.casing, this.line]) one.setLatLngs(lines);
    this.hideIfEmpty();
  }

  // From each place that is given up to where its box goes.
  refreshMoves(hidden) {
    const { model } = this;
    const sites = new Map(model.case.sites.filter(({ at }) => at).map((row) => [row.id, row]));
    const moved = hidden ? [] : model.proposals.filter(({ rank, moved_from: from, at }) => (
      rank <= model.shown && at && sites.has(from)));
    if (!moved.length && this.moves.isEmpty()) return;
    this.moves.setLatLngs(moved.map(({ moved_from: from, at }) => [sites.get(from).at, at]));
    this.hideIfEmpty();
  }

  // A sheet on which nothing is drawn would still be laid over all others at every step of a slider.
  hideIfEmpty() {
    const canvas = this.renderer._container;
    if (canvas) canvas.hidden = this.line.isEmpty() && this.moves.isEmpty();
  }
}
