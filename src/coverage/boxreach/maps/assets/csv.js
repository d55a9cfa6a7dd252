// Tables as files of comma-separated values, which spreadsheets open and run nothing of.

// The same rule as boxreach.text.quote_formula, with what Python takes for white space.
const FORMULA = /^[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]*[=+\-@]/;

function quoteFormula(text) {
  return FORMULA.test(text) ? `'${text}` : text;
}

// A cell by RFC 4180: numbers as they are, unknown ones blank.
function writeCell(value) {
  if (value == null || Number.isNaN(value)) return "";
  if (typeof value === "number") return String(value);
  const text = quoteFormula(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

// Rows of cells, the header first.
function writeCsv(rows) {
  return rows.map((row) => `${row.map(writeCell).join(",")}\r\n`).join("");
}

// Hand the reader a file: from memory, for the page asks nobody for anything.
function saveCsv(name, rows) {
  const url = URL.createObjectURL(new Blob(["\ufeff", writeCsv(rows)], { type: "text/csv;charset=utf-8" }));
  const link = makeElement("a", { href: url, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 60000);
}
