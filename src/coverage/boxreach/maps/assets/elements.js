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
