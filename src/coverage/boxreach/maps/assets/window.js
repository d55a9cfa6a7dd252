// The rows in view of a list of any length: only they are in the page, between two spacers.

const MORE_ROWS = 6;

class RowsInView {
  // `make()` returns a new row; `fill(row, at)` writes what stands at a place of the list.
  constructor(scroller, body, { make, fill }) {
    Object.assign(this, { scroller, body, make, fill, lines: [], from: 0, count: 0, active: 0 });
    this.above = makeElement("tr", { "aria-hidden": "true" });
    this.below = makeElement("tr", { "aria-hidden": "true" });
    body.replaceChildren(this.above, this.below);
    scroller.addEventListener("scroll", () => this.move());
    body.addEventListener("keydown", (event) => this.step(event));
    body.addEventListener("focusin", ({ target }) => this.activate(this.at(target)));
    new ResizeObserver(() => scroller.isConnected && this.show(this.count)).observe(scroller);
  }

  // Show a list of so many rows anew, from where it was scrolled to.
  show(count) {
    this.count = count;
    this.active = Math.max(0, Math.min(this.active, count - 1));
    const wanted = Math.min(count, Math.ceil(this.scroller.clientHeight / this.height) + 2 * MORE_ROWS);
    while (this.lines.length < wanted) {
      this.lines.push(this.make());
      this.below.before(this.lines.at(-1));
    }
    while (this.lines.length > wanted) this.lines.pop().remove();
    this.from = this.first();
    this.lines.forEach((line, at) => this.write(line, this.from + at));
    this.space();
  }

  get height() {
    return parseFloat(getComputedStyle(this.scroller).getPropertyValue("--row")) || 30;
  }

  first() {
    const above = Math.floor(this.scroller.scrollTop / this.height) - MORE_ROWS;
    return Math.max(0, Math.min(above, this.count - this.lines.length));
  }

  // The view moves: rows that leave it at one end come in at the other.
  move() {
    const [from, { lines }] = [this.first(), this];
    const by = from - this.from;
    if (!by) return;
    const fresh = Math.min(Math.abs(by), lines.length);
    this.from = from;
    if (lines.some((line) => line.contains(document.activeElement)) && this.isGone(this.active)) {
      this.scroller.focus({ preventScroll: true });
    }
    if (by > 0) {
      const moved = lines.splice(0, fresh);
      this.below.before(...moved);
      lines.push(...moved);
      moved.forEach((line, at) => this.write(line, from + lines.length - fresh + at));
    } else {
      const moved = lines.splice(lines.length - fresh, fresh);
      this.above.after(...moved);
      lines.unshift(...moved);
      moved.forEach((line, at) => this.write(line, from + at));
    }
    this.space();
  }

  isGone(at) {
    return at < this.from || at >= this.from + this.lines.length;
  }

  write(line, at) {
    line.setAttribute("aria-rowindex", at + 2);
    this.fill(line, at);
  }

  space() {
    const pixels = (rows) => `${rows * this.height}px`;
    this.above.style.height = pixels(this.from);
    this.below.style.height = pixels(this.count - this.from - this.lines.length);
    this.activate(this.isGone(this.active) ? this.from + MORE_ROWS : this.active, false);
  }

  // ---- by keyboard: one row is in the order of the page, arrows move among the others -------

  at(element) {
    const line = this.lines.indexOf(element.closest("tr"));
    return line < 0 ? this.active : this.from + line;
  }

  activate(at, isChosen = true) {
    if (isChosen) this.active = at;
    this.lines.forEach((line, place) => { line.querySelector("button").tabIndex = this.from + place === at ? 0 : -1; });
  }

  step(event) {
    const page = Math.max(1, Math.floor(this.scroller.clientHeight / this.height) - 2);
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
    const step = steps[event.key];
    if (!step) return;
    event.preventDefault();
    this.focus(Math.max(0, Math.min(this.active + step, this.count - 1)));
  }

  // Bring a row into view, clear of the header, and give it the keyboard.
  focus(at) {
    const { scroller, height } = this;
    const header = scroller.querySelector("thead").offsetHeight;
    const [top, bottom] = [at * height, (at + 1) * height + header];
    this.active = at;
    if (scroller.scrollTop > top) scroller.scrollTop = top;
    else if (scroller.scrollTop + scroller.clientHeight < bottom) scroller.scrollTop = bottom - scroller.clientHeight;
    this.move();
    this.lines[at - this.from]?.querySelector("button").focus({ preventScroll: true });
  }
}
