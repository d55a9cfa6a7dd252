// The keyboard's ways through the page: the links at its top, and Escape.

class Keys {
  constructor(app) {
    this.app = app;
    find("skip").addEventListener("click", (event) => this.skip(event));
    document.addEventListener("keydown", (event) => this.press(event), true);
  }

  update() {
    find("skip-table").hidden = !this.app.table;
  }

  // A link would put its target into the page's address, and a map is no target of one.
  skip(event) {
    const target = event.target.closest("a")?.dataset.skip;
    if (!target) return;
    event.preventDefault();
    if (target === "map") this.app.map.getContainer().focus();
    else if (target === "table") this.app.table.open();
    else find(target).focus();
  }

  // Escape closes one thing, the topmost; a part says by its dismiss() whether it had one.
  press(event) {
    const isInResults = !find("results").hidden && find("search-box").contains(event.target);
    if (event.key !== "Escape" || isInResults) return; // the search closes its own list
    if (!this.closeTopmost()) return;
    event.preventDefault();
    event.stopPropagation();
  }

  closeTopmost() {
    if (this.app.parts.some((part) => part.dismiss?.())) return true;
    if (find("details").hidden) return false;
    this.app.card.close();
    return true;
  }
}
