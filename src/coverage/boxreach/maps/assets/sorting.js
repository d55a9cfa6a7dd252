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
  const sign = isDescending ? -1 : 1;
  return Uint32Array.from(keys.keys()).sort((a, b) => {
    const [one, other] = [keys[a], keys[b]];
    if (one === other) return a - b;
    if (Number.isNaN(one) || Number.isNaN(other)) return Number.isNaN(one) - Number.isNaN(other) || a - b;
    return sign * (one - other);
  });
}
