// What is known and what is chosen: the tables as rows, the threshold, the boxes shown.

class Model {
  constructor(data) {
    this.data = data;
    const rows = (columns, kind) => rowsOf(columns).map((row) => Object.assign(row, { kind }));
    this.communities = rows(data.communities, "communities");
    this.boxes = rows(data.boxes, "boxes");
    this.proposals = rows(data.plan?.sites ?? {}, "proposals");
    this.posts = [...rows(data.posts?.standing ?? {}, "posts"), ...rows(data.posts?.sites ?? {}, "posts")];
    const told = new Map(rowsOf(data.posts?.told ?? {}).map((row) => [row.id, row]));
    for (const row of this.posts) Object.assign(row, told.get(row.id));
    this.crossings = rows(data.crossings, "crossings");
    this.summary = rowsOf(data.summary);
    this.areas = rows(data.base.areas, "areas");
    for (const area of this.areas) area.rings = area.rings.map(decodeLine);
    this.countries = rows(data.base.countries, "countries");
    this.roads = data.base.roads;
    this.rivers = data.base.rivers;
    this.frontier = data.frontier.map((run) => ({ ...run, kind: "frontier" }));
    this.shown = this.proposals.length;
    this.firstPhase = data.posts?.phases[0]?.sites ?? Infinity;
    this.siteById = new Map([...this.proposals, ...this.boxes].map((row) => [row.id, row]));
    this.choose(data.threshold);
    this.index = [...this.areas, ...this.communities, ...this.boxes, ...this.proposals, ...this.posts,
      ...this.crossings]
      .map((row) => ({ row, names: this.searchNames(row) }));
  }

  searchNames(row) {
    const names = [row.name, row.name_ar, row.name_ckb, row.id].filter(Boolean);
    return [...new Set(names.map((name) => foldText(name, this.data.folds)))];
  }

  // Names that begin with what is wanted come before names that only hold it.
  find(wanted) {
    const begins = this.index.filter(({ names }) => names.some((name) => name.startsWith(wanted)));
    const holds = this.index.filter((one) => !begins.includes(one) && one.names.some((name) => name.includes(wanted)));
    return [...begins, ...holds].slice(0, 12).map(({ row }) => row);
  }

  isReached(row) {
    return row.ms != null && row.ms <= this.threshold * MS;
  }

  // Sort the communities into classes: blue and filled is reached, the others are not.
  choose(threshold) {
    const { thresholds } = this.data;
    const reached = [COLOUR.fast, COLOUR.sooner, COLOUR.soon];
    this.threshold = threshold;
    this.classes = thresholds.map((to, at) => ({
      from: at ? thresholds[at - 1] : 0,
      to,
      count: 0,
      ...(to <= threshold
        ? { shape: "disc", colour: reached[Math.min(at, 2)] } : { shape: "ring", colour: COLOUR.late }),
    }));
    this.classes.push({ from: thresholds.at(-1), count: 0, shape: "cross", colour: COLOUR.never });
    for (const row of this.communities) {
      row.class = this.classes.find(({ to }) => row.ms != null && row.ms <= to * MS) ?? this.classes.at(-1);
      row.class.count += 1;
    }
  }

  // The rows of the summary at the threshold, without their total: none if it has no such block.
  governorates() {
    return this.summary.filter((row) => row.minutes === this.threshold && !row.total);
  }

  // What the summary says at the threshold of a governorate, or of all of them.
  summaryOf(name) {
    return this.summary.find((row) => row.minutes === this.threshold
      && (name == null ? row.total : !row.total && row.name === name));
  }

  count(rows) {
    const known = rows.filter((row) => row.people != null);
    const sum = (some) => some.reduce((total, row) => total + row.people, 0);
    return {
      places: rows.length,
      reached: rows.filter((row) => this.isReached(row)).length,
      unknown: rows.length - known.length,
      people: sum(known),
      peopleReached: sum(known.filter((row) => this.isReached(row))),
    };
  }
}
