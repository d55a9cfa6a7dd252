// The table view: boxes, gaps, communities and posts as lists that follow the sliders.

class Table {
  constructor(app) {
    this.app = app;
    this.model = app.model;
    this.speech = app.speech;
    this.section = find("table");
    this.sorting = new Map();
    this.folded = new WeakMap();
    this.wanted = { governorate: "", text: "" };
    this.button = makeElement("button", { type: "button", id: "table-button", "aria-controls": "table",
      "aria-expanded": "false", onclick: () => (this.isOpen ? this.close() : this.open()) });
    find("search-box").after(this.button);
    this.section.addEventListener("keydown", (event) => event.key === "Escape" && this.dismiss() && event.stopPropagation());
  }

  get isOpen() { return !this.section.hidden; }

  update({ language, case: turned, threshold, shown, view }) {
    if (language) {
      this.button.textContent = this.speech.say("table");
      this.section.setAttribute("aria-label", this.speech.say("table"));
    }
    if (language || turned || view) this.lists = null;
    if (!this.isOpen) return;
    if (!this.lists) this.build();
    else if (threshold || shown) this.waits ??= requestAnimationFrame(() => this.follow());
  }

  // The sliders moved, perhaps more than once since the last frame.
  follow() {
    this.waits = null;
    if (this.isOpen) this.refresh();
  }

  open() {
    this.show(true);
    if (!this.lists) this.build();
    else this.refresh();
    this.section.querySelector("[role=tab][tabindex='0']").focus();
  }

  close() {
    this.show(false);
    this.button.focus();
  }

  show(isOpen) {
    this.section.hidden = !isOpen;
    this.button.setAttribute("aria-expanded", isOpen);
    find("stage").toggleAttribute("data-table", isOpen);
  }

  // Escape closes the table, unless a card lies over it: whether it did.
  dismiss() {
    if (!this.isOpen || !find("details").hidden) return false;
    this.close();
    return true;
  }

  // ---- what is in the panel ------------------------------------------------------------------

  build() {
    this.source = new Lists(this.app);
    this.lists = this.source.all();
    this.list = this.lists.find(({ key }) => key === this.list?.key) ?? this.lists[0];
    this.orders = new Map();
    this.scroller = makeElement("div", { class: "rows", tabindex: "-1" }, this.grid());
    this.status = makeElement("span", { role: "status", class: "small" });
    this.section.replaceChildren(this.head(), this.filters(), this.scroller);
    this.rows = new RowsInView(this.scroller, this.scroller.querySelector("tbody"), {
      make: () => this.makeRow(), fill: (line, at) => this.fillRow(line, at) });
    this.refresh();
  }

  head() {
    const tabs = this.lists.map(({ key, word }) => makeElement("button", {
      type: "button", role: "tab", "data-list": key, "aria-selected": String(key === this.list.key),
      "aria-controls": "listed", tabindex: key === this.list.key ? 0 : -1, onclick: () => this.turnTo(key),
    }, this.speech.say(word)));
    const step = (event) => {
      const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key] * (this.speech.rtl ? -1 : 1);
      const at = tabs.indexOf(event.target) + by;
      if (at in tabs) this.turnTo(tabs[at].dataset.list);
    };
    return makeElement("header", {},
      makeElement("div", { role: "tablist", "aria-label": this.speech.say("table"), onkeydown: step }, ...tabs),
      makeElement("button", { type: "button", class: "close", "aria-label": this.speech.say("close"),
        onclick: () => this.close() }, "×"));
  }

  turnTo(key) {
    this.list = this.lists.find((list) => list.key === key);
    this.build();
    this.section.querySelector(`[data-list=${key}]`).focus();
  }

  filters() {
    const { speech, wanted } = this;
    const change = (key) => ({ target }) => {
      wanted[key] = target.value;
      this.refresh();
    };
    const named = this.governorates();
    if (!named.some(([name]) => name === wanted.governorate)) wanted.governorate = "";
    const option = ([name, text]) => makeElement("option", { value: name, selected: name === wanted.governorate }, text);
    return makeElement("div", { class: "filters" },
      named.length > 1 && makeElement("select", { "aria-label": speech.say("governorate"), onchange: change("governorate") },
        ...[["", speech.say("all_governorates")], ...named].map(option)),
      makeElement("input", { type: "search", value: wanted.text, placeholder: speech.say("filter_names"),
        "aria-label": speech.say("filter_names"), autocomplete: "off", oninput: change("text") }),
      this.status,
      makeElement("button", { type: "button", class: "save", onclick: () => this.save() }, speech.say("save_csv")));
  }

  governorates() {
    const names = [...new Set(this.list.rows.map((row) => row.governorate))].filter(Boolean);
    const { compare } = new Intl.Collator(this.speech.language);
    return names.map((name) => [name, this.app.governorates.name(name).textContent])
      .sort((a, b) => compare(a[1], b[1]));
  }

  grid() {
    const { columns, key } = this.list;
    const { word: sorted, isDescending } = this.sortingOf(this.list);
    const heading = (column) => makeElement("th", {
      scope: "col", class: this.classOf(column), "data-column": column.word,
      "aria-sort": column.word !== sorted ? "none" : isDescending ? "descending" : "ascending",
    }, makeElement("button", { type: "button", onclick: () => this.sortBy(column) }, this.speech.say(column.word)));
    return makeElement("table", { id: "listed", "data-list": key },
      makeElement("colgroup", {}, ...columns.map((column) => makeElement("col", { class: this.classOf(column) }))),
      makeElement("thead", {}, makeElement("tr", { "aria-rowindex": 1 }, ...columns.map(heading))),
      makeElement("tbody", { onclick: ({ target }) => this.pick(target) }));
  }

  classOf({ isName, isNumber, word }) {
    return isName ? "name" : isNumber ? "number" : `text ${word}`;
  }

  makeRow() {
    return makeElement("tr", {}, ...this.list.columns.map((column) => (column.isName
      ? makeElement("th", { scope: "row", class: "name" }, makeElement("button", { type: "button", class: "link" }, makeName("")))
      : makeElement("td", { class: this.classOf(column) }, makeName("")))));
  }

  fillRow(line, at) {
    const row = this.list.rows[this.order[at]];
    this.list.columns.forEach((column, place) => {
      const text = column.tell(column.value(row));
      const cell = line.children[place].querySelector("bdi");
      if (cell.textContent !== text) cell.textContent = text;
    });
  }

  // ---- which rows, in which order ------------------------------------------------------------

  refresh() {
    const { list } = this;
    if (list.key === "boxes") this.source.count();
    this.order = this.sort(list);
    this.rows.show(this.order.length);
    this.scroller.firstChild.setAttribute("aria-rowcount", this.order.length + 1);
    this.status.textContent = this.speech.say("of", { n: inPeople(this.order.length), total: inPeople(list.rows.length) });
  }

  sortingOf({ key, sorted, columns }) {
    const known = this.sorting.get(key);
    if (columns.some(({ word }) => word === known?.word)) return known;
    const first = columns.find(({ word }) => word === sorted) ?? columns.find(({ isName }) => isName);
    return { word: first.word, isDescending: Boolean(first.startsDescending) };
  }

  sortBy({ word, startsDescending }) {
    const now = this.sortingOf(this.list);
    const isDescending = now.word === word ? !now.isDescending : Boolean(startsDescending);
    this.sorting.set(this.list.key, { word, isDescending });
    this.scroller.scrollTop = 0;
    for (const heading of this.scroller.querySelectorAll("thead th")) {
      heading.setAttribute("aria-sort", heading.dataset.column !== word ? "none"
        : isDescending ? "descending" : "ascending");
    }
    this.refresh();
  }

  // An order that no slider changes is made once, and then only sifted.
  sort(list) {
    const { word, isDescending } = this.sortingOf(list);
    const column = list.columns.find((one) => one.word === word);
    const { rows } = list;
    const keep = this.sieve(list);
    if (column.fixed) {
      const name = `${list.key} ${word} ${isDescending}`;
      if (!this.orders.has(name)) this.orders.set(name, this.orderBy(column, rows, isDescending));
      return this.orders.get(name).filter((at) => keep(rows[at]));
    }
    const kept = Uint32Array.from(rows.keys()).filter((at) => keep(rows[at]));
    const order = this.orderBy(column, Array.from(kept, (at) => rows[at]), isDescending);
    return order.map((at) => kept[at]);
  }

  orderBy(column, rows, isDescending) {
    return sortKeys(keysOf(rows.map((row) => column.value(row)), this.speech.language), isDescending);
  }

  sieve({ keeps }) {
    const { governorate } = this.wanted;
    const text = foldText(this.wanted.text, this.model.data.folds);
    return (row) => keeps(row) && (!governorate || row.governorate === governorate)
      && (!text || this.foldRow(row).includes(text));
  }

  foldRow(row) {
    if (!this.folded.has(row)) {
      const names = [...NAME_KEYS.map((key) => row[key]), row.governorate, row.id].filter(Boolean);
      this.folded.set(row, foldText(names.join(" | "), this.model.data.folds));
    }
    return this.folded.get(row);
  }

  // ---- what a reader does with them ----------------------------------------------------------

  pick(target) {
    const line = target.closest("tr");
    if (this.rows.lines.includes(line)) this.select(this.list.rows[this.order[this.rows.at(line)]]);
  }

  // On a phone the table covers the map and makes room for it; else the map is moved out of it.
  select(row) {
    const covers = this.section.offsetHeight >= find("stage").offsetHeight;
    if (covers) this.close();
    this.app.select(row);
    if (!covers && row.at) this.app.map.panBy([0, this.section.offsetHeight / 2], { animate: false });
  }

  save() {
    const { list, order, speech, model } = this;
    const columns = [{ word: "site_id", value: ({ id }) => id }, ...list.columns, ...this.source.placeInFile()];
    const cells = Array.from(order, (at) => columns.map(({ value }) => value(list.rows[at])));
    const header = columns.map(({ word }) => speech.say(word));
    saveCsv(`boxreach-${list.file ?? `${list.key}-${model.threshold}min-${model.shown}new`}.csv`, [header, ...cells]);
  }
}
