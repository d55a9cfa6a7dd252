// Elements of the page. Every text from the data becomes a text node.

function find(id) {
  return document.getElementById(id);
}

function makeElement(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child != null && child !== false));
  return element;
}

function makeName(text) {
  return makeElement("bdi", {}, text);
}


// Terms and what they come to.
function makeFigures(rows) {
  return makeElement("dl", {}, ...rows.flatMap(([term, value]) => [
    makeElement("dt", {}, term), makeElement("dd", {}, value)]));
}

// A bar of parts: [size, colour] each.
function makeBar(parts) {
  return makeElement("div", { class: "bar", "aria-hidden": "true" }, ...parts.map(([size, colour]) => {
    const part = makeElement("i");
    Object.assign(part.style, { flexGrow: String(size), background: colour });
    return part;
  }));
}

// Set a text where it differs, so that what stays is not laid out again.
function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

// Terms and figures whose elements stay while a slider moves: only texts are set.
class Figures {
  constructor() {
    this.list = makeElement("dl");
  }

  // Rows of term, text and, where tests or styles look for it, an id.
  show(rows) {
    const { list } = this;
    while (list.childElementCount > 2 * rows.length) list.lastChild.remove();
    while (list.childElementCount < 2 * rows.length) list.append(makeElement("dt"), makeElement("dd"));
    rows.forEach(([term, text, id = ""], at) => {
      setText(list.children[2 * at], term);
      setText(list.children[2 * at + 1], text);
      list.children[2 * at + 1].id = id;
    });
  }
}

// A bar of parts whose elements stay: [size, colour] each.
class Bar {
  constructor() {
    this.element = makeBar([]);
  }

  show(parts) {
    const { element } = this;
    while (element.childElementCount > parts.length) element.lastChild.remove();
    while (element.childElementCount < parts.length) element.append(makeElement("i"));
    parts.forEach(([size, colour], at) => {
      Object.assign(element.children[at].style, { flexGrow: String(size), background: colour });
    });
  }
}
