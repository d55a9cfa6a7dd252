// Rows in order: by numbers, or by texts as a language sorts them; what is unknown comes last.

// What rows are sorted by: their numbers, or the ranks of their texts; NaN where unknown.
function keysOf(values, language) {
  if (!values.some((value) => typeof value === "string")) return Float64Array.from(values, (value) => value ?? NaN);
  const { compare } = new Intl.Collator(language, { numeric: true });
  const ranks = new Map([...new Set(values)].filter(Boolean).sort(compare).map((text, rank) => [text, rank]));
  return Float64Array.from(values, (value) => ranks.get(value) ?? NaN);
}

// Positions of keys in their order; of equal ones the first stays first.
function sortKeys(keys, isDescending) {
  const ranks = keys.map((key) => (Number.isNaN(key) ? Infinity : isDescending ? -key : key));
  // Two that are unknown differ by NaN, which is no difference either.
  return Uint32Array.from(keys.keys()).sort((a, b) => ranks[a] - ranks[b] || a - b);
}
