// Tables as files of comma-separated values, which spreadsheets open and run nothing of.

// The same rule as boxreach.text.quote_formula: signs, also of full width, and what hides them.
const SIGN = "[=+\\-@＝＋－＠﹦﹢﹣﹫]";
const UNSEEN = " \\x00-\\x08\\x0b\\x0c\\x0e-\\x20\\x7f-\\xa0\\xad\\u061c\\u1680\\u180e\\u2000-\\u200f"
  + "\\u2028-\\u202f\\u205f-\\u206f\\u3000\\ufeff";
const FORMULA = new RegExp(
  `^(?=[${UNSEEN}\\t\\r\\n]*${SIGN})|(?<=[;\\t\\r\\n])(?=[${UNSEEN}]*${SIGN})`, "g");

function quoteFormula(text) {
  return text.replace(FORMULA, "'");
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
