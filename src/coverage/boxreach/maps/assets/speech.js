// What is said, and how: words, names and numbers in the language and the digits of the reader.

const SCRIPTS = {
  en: ["name", "name_kmr", "name_ar", "name_ckb"],
  kmr: ["name_kmr", "name", "name_ar", "name_ckb"],
  ar: ["name_ar", "name", "name_ckb", "name_kmr"],
  ckb: ["name_ckb", "name_ar", "name", "name_kmr"],
};

// What the rules of plural forms call a language, where that is not its code here.
const CLDR = { kmr: "ku" };

const NAME_KEYS = SCRIPTS.en;

// What a row is called in a language, or in the nearest one it has a name in.
function nameOf(row, language) {
  return SCRIPTS[language].map((key) => row[key]).find(Boolean) ?? row.id;
}

// Digits of the reader's choice; what is typed or copied keeps its own.
let digits = "latn"; // or "arab"
const ARABIC = { ",": "٬", ".": "٫", "%": "٪" };

function inDigits(text) {
  if (digits === "latn") return text;
  return text.replace(/\d|[.,](?=\d)|%/g, (one) => ARABIC[one] ?? String.fromCharCode(0x660 + Number(one)));
}

const NUMBER = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const TENTHS = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });

// A number keeps its sign and its unit on their own sides in a text that runs right to left.
const inOrder = (number) => `\u2066${number}\u2069`;
const inPeople = (people) => inDigits(NUMBER.format(people));
const inKm = (km) => inDigits(TENTHS.format(km));
const inShare = (part, whole) => (whole > 0 ? inOrder(inDigits(roundShare(part / whole))) : "–");
// Times are raised: none is ever shown better than it is.
const inMinutes = (minutes) => inDigits(TENTHS.format(Math.ceil(minutes * 10 - 1e-6) / 10));

// The rule of the report: tenths of a per cent, but all or nothing only where it is just that.
// Like Python, and unlike toFixed, it rounds a half to the even tenth.
function roundShare(share) {
  if (share === 0 || share === 1) return `${share * 100}%`;
  if (share < 0.0005) return "<0.1%";
  const percent = Math.min(share, 0.999) * 100;
  return `${(percent % 1 === 0.25 ? percent - 0.05 : percent).toFixed(1)}%`;
}


class Speech {
  constructor(data) {
    this.data = data;
    this.language = data.languages[0].code;
  }

  get rtl() {
    return this.data.languages.find(({ code }) => code === this.language).rtl;
  }

  say(word, values = {}) {
    // what a stranger calls a reason may be what every object has
    const words = this.data.words[this.language];
    const text = Object.hasOwn(words, word) ? words[word] : word;
    return inDigits(text).replace(/\{(\w+)\}/g, (whole, key) => (
      key in values ? inOrder(inDigits(String(values[key]))) : whole));
  }

  // A number of things, in the form that its language gives that number: Arabic has five.
  count(word, n, values = {}) {
    const { words } = this.data;
    const rule = new Intl.PluralRules([CLDR[this.language] ?? this.language, "en"]).select(n);
    const form = `${word}_${rule}`;
    return this.say(form in words[this.language] ? form : `${word}_other`, { n: TENTHS.format(n), ...values });
  }

  // A site that nobody named is called by its kind and its rank.
  name(row) {
    const named = !row.rank || NAME_KEYS.some((key) => row[key]);
    return makeName(named ? nameOf(row, this.language) : this.kindOf(row));
  }

  kindOf(row) {
    const rank = row.rank ? ` ${inDigits(String(row.rank))}` : "";
    return `${this.say(row.word ?? `kind_${row.kind}`)}${rank}`;
  }

  // What a card is headed with.
  titleOf(row) {
    if (row.kind !== "frontier") return this.name(row);
    return makeElement("span", {}, this.say(row.state ? `stretch_${row.state}` : "frontier"));
  }

  inTotal(part, total) {
    return this.say("of", { n: inPeople(part), total: inPeople(total) });
  }

  ofTotal(part, total) {
    return makeElement("span", {}, this.inTotal(part, total));
  }
}

function inDegrees(lat, lon) {
  const one = (value, positive, negative) => `${Math.abs(value).toFixed(4)}°${value < 0 ? negative : positive}`;
  return `${one(lat, "N", "S")}  ${one(lon, "E", "W")}`;
}

