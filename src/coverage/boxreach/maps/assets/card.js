// The card: what is known of one place, box, post, area or stretch of the line, and the way back
// to the cards it was opened from.

class Card {
  constructor(app) {
    this.app = app;
    this.speech = app.speech;
    this.trail = [];
    find("details").addEventListener("keydown", (event) => event.key === "Escape" && this.close());
  }

  update(change) {
    if (change.case) this.follow();
    if (this.opened) this.fill(this.opened);
  }

  // Of another plan, the card of the same site; of a site it does not have there is none.
  follow() {
    this.trail = [];
    const { opened } = this;
    if (opened?.kind !== "boxes" && opened?.kind !== "proposals") return;
    this.opened = this.app.model.case.sites.find(({ id, kind }) => id === opened.id && kind === opened.kind);
    if (!this.opened) this.close();
  }

  open(row, focus = true) {
    if (this.opened && this.opened !== row) this.trail.push(this.opened);
    this.opened = row;
    this.fill(row);
    const card = find("details");
    card.hidden = false;
    card.scrollTop = 0;
    if (focus) card.focus({ preventScroll: true });
  }

  // To the card before, which is then the last one again.
  back() {
    const row = this.trail.pop();
    this.opened = null;
    this.app.select(row);
  }

  close() {
    this.opened = null;
    this.trail = [];
    find("details").hidden = true;
    this.app.closeCard();
  }

  fill(row) {
    const { speech } = this;
    const others = [...new Set(NAME_KEYS.map((key) => row[key]))]
      .filter((name) => name && name !== nameOf(row, speech.language));
    const back = this.trail.length > 0 && makeElement("button", { type: "button", class: "back link",
      onclick: () => this.back() }, speech.say("back"));
    find("details").replaceChildren(
      makeElement("button", { type: "button", class: "close", "aria-label": speech.say("close"),
        onclick: () => this.close() }, "×"),
      makeElement("p", { class: "small" }, speech.kindOf(row), back && " · ", back),
      makeElement("h2", {}, speech.titleOf(row)),
      makeElement("p", { class: "names" }, ...others.map(makeName)),
      makeFigures(this.app.facts.of(row)),
      ...this.app.facts.listsOf(row).flatMap(([title, items]) => [
        makeElement("h3", {}, title), makeFigures(items)]));
  }
}
