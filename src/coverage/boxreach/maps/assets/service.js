// Who serves whom: of the places that are reached at the chosen minutes with the boxes shown,
// each counts for the box that is the quickest to it.

class Service {
  constructor(model) {
    this.model = model;
  }

  // Whether the places are followed as boxes are added; else they tell what stands alone.
  get isLive() {
    return this.model.case.follows || !this.model.shown;
  }

  // Communities, and their people as far as they are known, in the order of the plan's sites.
  sums() {
    const { model } = this;
    const { site, units, sites } = model.case;
    const places = new Int32Array(sites.length);
    const thousandths = new Float64Array(sites.length);
    for (let place = 0; place < model.steps.length; place += 1) {
      const step = model.steps[place];
      if (site[step] < 0 || units[step] > model.limit) continue;
      places[site[step]] += 1;
      if (!Number.isNaN(model.people[place])) thousandths[site[step]] += model.people[place];
    }
    return { places, people: thousandths.map((sum) => sum / 1000) };
  }

  // The communities a site serves, those with most people first; unknown ones last.
  largest(row, most) {
    const { model } = this;
    const { site, units, sites } = model.case;
    const at = sites.indexOf(row);
    const served = model.communities.filter(({ place }) => {
      const step = model.steps[place];
      return site[step] === at && units[step] <= model.limit;
    });
    return served.sort((a, b) => (b.people ?? -1) - (a.people ?? -1) || a.place - b.place).slice(0, most);
  }

  // How it is with a site at this number of boxes: it stands, is new, comes later or has moved.
  stateOf(row) {
    const { model } = this;
    if (row.rank > model.shown) return "later";
    if (!model.case.stands(row, model.shown)) return "moved";
    return row.rank ? "new" : "stands";
  }

  // The other boxes that stand at this number of boxes, the nearest first: [row, km].
  neighbours(row, most) {
    const { model } = this;
    const away = (other) => L.CRS.Earth.distance(L.latLng(row.at), L.latLng(other.at)) / 1000;
    return model.case.sites
      .filter((other) => other !== row && other.at && model.case.stands(other, model.shown))
      .map((other) => [other, away(other)])
      .sort((a, b) => a[1] - b[1])
      .slice(0, most);
  }

  // Whose box moves to a proposed site, and where the box of a site moves to.
  movedFrom(row) {
    return row.moved_from ? this.model.case.sites.find(({ id }) => id === row.moved_from) : undefined;
  }

  movedTo(row) {
    return this.model.proposals.find(({ moved_from: from }) => from && from === row.id);
  }
}
