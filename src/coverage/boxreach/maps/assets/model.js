// What is known and what is chosen: tables as rows, and for every number of boxes and of minutes
// which place is reached, by which box and in which time.

const NOBODY = -1;

// One plan: its boxes, and the steps by which places come within reach as it goes on.
class Case {
  constructor(data, places) {
    const rows = (columns, kind) => rowsOf(columns).map((row) => Object.assign(row, { kind }));
    this.label = data.label;
    this.plan = data.plan;
    this.boxes = rows(data.boxes, "boxes");
    this.proposals = rows(data.plan?.sites ?? {}, "proposals");
    this.sites = [...this.boxes, ...this.proposals, ...data.unplaced.map((id) => ({ id, kind: "boxes" }))];
    this.reasons = listOf(data.reason);
    this.alone = this.readAlone(data.alone);
    this.knownMinutes = data.steps.known_minutes;
    this.readSteps(data.steps, places);
  }

  // Steps of place i are those from start[i] to start[i + 1], by rising rank.
  readSteps({ count, rank, units, site }, places) {
    this.start = new Int32Array(places + 1);
    unpackIntegers(count).forEach((steps, at) => { this.start[at + 1] = this.start[at] + steps; });
    [this.rank, this.units, this.site] = [rank, units, site].map((text) => Int32Array.from(unpackIntegers(text)));
    for (let place = 0; place < places; place += 1) {
      for (let at = this.start[place]; at < this.start[place + 1]; at += 1) {
        if (at > this.start[place]) this.rank[at] += this.rank[at - 1];
        this.units[at] -= 1;
        this.site[at] = this.site[at] ? this.site[at] - 1 : this.boxes.length + this.rank[at] - 1;
        if (this.units[at] < 0) this.site[at] = NOBODY;
      }
    }
  }

  // What each site reaches whatever the others do: at each threshold {minutes, places, people}.
  readAlone(alone) {
    return (alone?.minutes ?? []).map((minutes, at) => ({
      minutes,
      places: unpackIntegers(alone.places[at]),
      people: unpackIntegers(alone.people[at]).map((thousandths) => thousandths / 1000),
    }));
  }

  // Whether the places can be followed through the plan, or only the plan's own sums can.
  get follows() {
    return this.knownMinutes != null;
  }

  // The plan's own running totals, with 0, 1 … boxes.
  get totals() {
    this.running ??= [this.plan.before, ...this.proposals.map(({ covered }) => covered)];
    return this.running;
  }

  // With so many new boxes, the step that each place is at.
  stepsAt(shown) {
    const { start, rank } = this;
    const steps = new Int32Array(start.length - 1);
    for (let place = 0; place < steps.length; place += 1) {
      let at = start[place];
      while (at + 1 < start[place + 1] && rank[at + 1] <= shown) at += 1;
      steps[place] = at;
    }
    return steps;
  }

  // Which boxes that stood or were proposed stand when so many are placed.
  stands(row, shown) {
    if (row.rank > shown) return false;
    return !this.proposals.some(({ rank, moved_from: from }) => rank <= shown && from && from === row.id);
  }

  // The ids of all that stand then.
  standing(shown) {
    const placed = this.proposals.filter(({ rank }) => rank <= shown);
    const given = new Set(placed.map(({ moved_from: from }) => from).filter(Boolean));
    return new Set(this.sites.filter((row) => !(row.rank > shown) && !given.has(row.id)).map(({ id }) => id));
  }
}

class Model {
  constructor(data) {
    this.data = data;
    const rows = (columns, kind) => rowsOf(columns).map((row) => Object.assign(row, { kind }));
    this.communities = rows(data.communities, "communities");
    this.communities.forEach((row, place) => { row.place = place; });
    // Thousandths of people are whole numbers: sums of them are exact.
    this.people = Float64Array.from(this.communities, (row) => (
      row.people == null ? NaN : Math.round(row.people * 1000)));
    this.countPlaces();
    this.cases = data.cases.map((one) => new Case(one, this.communities.length));
    this.posts = [...rows(data.posts?.standing ?? {}, "posts"), ...rows(data.posts?.sites ?? {}, "posts")];
    const told = new Map(rowsOf(data.posts?.told ?? {}).map((row) => [row.id, row]));
    for (const row of this.posts) Object.assign(row, told.get(row.id));
    this.crossings = rows(data.crossings, "crossings");
    this.summary = rowsOf(data.summary);
    this.gaps = rows(data.gaps, "gaps");
    this.areas = rows(data.base.areas, "areas");
    for (const area of this.areas) area.rings = area.rings.map(decodeLine);
    this.countries = rows(data.base.countries, "countries");
    this.roads = data.base.roads;
    this.rivers = data.base.rivers;
    this.frontier = data.frontier.map((run) => ({ ...run, kind: "frontier" }));
    this.firstPhase = data.posts?.phases[0]?.sites ?? Infinity;
    this.threshold = data.threshold;
    this.turn(0);
  }

  // What does not change with what is chosen: places and people of each governorate.
  countPlaces() {
    const names = [...new Set(this.communities.map(({ governorate }) => governorate))];
    const at = new Map(names.map((name, group) => [name, group]));
    this.groupOf = Uint16Array.from(this.communities, ({ governorate }) => at.get(governorate));
    this.groups = names.map((name) => ({ name, places: 0, unknown: 0, thousandths: 0 }));
    this.people.forEach((thousandths, place) => {
      const group = this.groups[this.groupOf[place]];
      group.places += 1;
      if (Number.isNaN(thousandths)) group.unknown += 1;
      else group.thousandths += thousandths;
    });
  }

  get boxes() { return this.case.boxes; }

  get proposals() { return this.case.proposals; }

  // ---- what is chosen --------------------------------------------------------------------

  // Show one of the plans, from its whole, or what tells the two apart.
  turn(view) {
    this.view = view;
    this.case = this.cases[view === DIFFERENCE ? 0 : view];
    this.show(Math.min(this.shown ?? Infinity, this.proposals.length));
  }

  // Show so many of the proposed boxes.
  show(shown) {
    this.shown = shown;
    this.steps = this.case.stepsAt(shown);
    this.choose(this.threshold);
  }

  // Whether places are told with new boxes, and not as they stand.
  get followed() {
    return this.case.follows && this.shown > 0;
  }

  // Choose within how many minutes a place counts as reached; sort places into classes, and count
  // in the same pass what is reached in each governorate.
  choose(threshold) {
    this.threshold = threshold;
    this.limit = this.unitsOf(threshold);
    this.classes = this.makeClasses();
    const ends = this.classes.map(({ to }) => (to == null ? Infinity : this.unitsOf(to)));
    const { steps, people, groupOf, case: { units } } = this;
    const counts = new Uint32Array(ends.length);
    this.classOf = new Uint8Array(steps.length);
    this.reached = new Uint32Array(this.groups.length);
    this.peopleReached = new Float64Array(this.groups.length);
    for (let place = 0; place < steps.length; place += 1) {
      const time = units[steps[place]];
      let at = ends.length - 1;
      if (time >= 0) for (at = 0; time > ends[at]; at += 1);
      this.classOf[place] = at;
      counts[at] += 1;
      if (time < 0 || time > this.limit) continue;
      this.reached[groupOf[place]] += 1;
      if (people[place] > 0) this.peopleReached[groupOf[place]] += people[place];
    }
    this.classes.forEach((one, at) => { one.count = counts[at]; });
    if (this.view === DIFFERENCE) Object.assign(this, tellApart(this));
  }

  // Blue and filled is reached, the others are not.
  makeClasses() {
    const { thresholds } = this.data;
    const shorter = thresholds.filter((minutes) => minutes < this.threshold).slice(-2);
    const edges = [...shorter, this.threshold];
    const colours = [COLOUR.fast, COLOUR.sooner, COLOUR.soon].slice(0, edges.length);
    const classes = edges.map((to, at) => ({ from: at ? edges[at - 1] : 0, to, shape: "disc", colour: colours[at] }));
    const most = thresholds.at(-1);
    if (most > this.threshold) {
      classes.push({ from: this.threshold, to: most, shape: "ring", colour: COLOUR.late });
    }
    classes.push({ from: most, to: null, shape: "cross", colour: COLOUR.never });
    return classes;
  }

  unitsOf(minutes) {
    return Math.round(minutes * 60000 / this.data.unit_ms);
  }

  // ---- what it comes to ------------------------------------------------------------------

  // Minutes to a place, raised to a whole unit; null where no box has a way there.
  minutesOf(row) {
    const units = this.case.units[this.steps[row.place]];
    return units < 0 ? null : units * this.data.unit_ms / 60000;
  }

  siteOf(row) {
    return this.case.sites[this.case.site[this.steps[row.place]]] ?? null;
  }

  isReached(row) {
    const units = this.case.units[this.steps[row.place]];
    return units >= 0 && units <= this.limit;
  }

  // Why a place is not reached: what was said of it, but that a place with a way is too far.
  reasonOf(row) {
    if (this.isReached(row)) return "";
    return this.minutesOf(row) == null ? this.case.reasons[row.place] || "ISOLATED" : "TOO_FAR";
  }

  count(rows) {
    let [reached, unknown, people, peopleReached] = [0, 0, 0, 0];
    for (const row of rows) {
      const there = this.isReached(row);
      const thousandths = this.people[row.place];
      if (there) reached += 1;
      if (Number.isNaN(thousandths)) unknown += 1;
      else {
        people += thousandths;
        if (there) peopleReached += thousandths;
      }
    }
    return { places: rows.length, reached, unknown, people: people / 1000, peopleReached: peopleReached / 1000 };
  }

  // What is reached in each governorate.
  countGovernorates() {
    return this.groups.map(({ name, places, unknown, thousandths }, group) => ({
      name, places, unknown, people: thousandths / 1000, reached: this.reached[group],
      peopleReached: this.peopleReached[group] / 1000 }));
  }

  // What is reached in all.
  countAll() {
    const sum = (numbers) => numbers.reduce((total, one) => total + one, 0);
    return {
      places: this.communities.length,
      unknown: sum(this.groups.map(({ unknown }) => unknown)),
      people: sum(this.groups.map(({ thousandths }) => thousandths)) / 1000,
      reached: sum(this.reached),
      peopleReached: sum(this.peopleReached) / 1000,
    };
  }

  // People and places reached at the threshold with 0, 1 … boxes; counted once a threshold.
  curve(one = this.case) {
    if (one.curve?.limit !== this.limit) one.curve = { limit: this.limit, ...this.drawCurve(one) };
    return one.curve;
  }

  drawCurve(one) {
    const people = new Float64Array(one.proposals.length + 1);
    const places = new Float64Array(people.length);
    const { start, rank, units } = one;
    for (let place = 0; place < this.people.length; place += 1) {
      const weight = Number.isNaN(this.people[place]) ? 0 : this.people[place];
      let before = 0;
      for (let at = start[place]; at < start[place + 1]; at += 1) {
        const there = units[at] >= 0 && units[at] <= this.limit ? 1 : 0;
        people[rank[at]] += (there - before) * weight;
        places[rank[at]] += there - before;
        before = there;
      }
    }
    for (let at = 1; at < people.length; at += 1) {
      people[at] += people[at - 1];
      places[at] += places[at - 1];
    }
    return { people: people.map((sum) => sum / 1000), places };
  }

  // The rows of the summary at the threshold, without their total: none if it has no such block.
  // They were counted on what stands, and say nothing of a plan.
  summaryRows() {
    return this.followed ? [] : this.summary.filter((row) => row.minutes === this.threshold && !row.total);
  }

  // What the summary says at the threshold of a governorate, or of all of them.
  summaryOf(name) {
    return this.summary.find((row) => row.minutes === this.threshold
      && (name == null ? row.total : !row.total && row.name === name));
  }
}
