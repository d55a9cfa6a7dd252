// The frame of the page: its language, its title, its notes and whose data it shows.

class Frame {
  constructor(app) {
    this.app = app;
    this.model = app.model;
    this.speech = app.speech;
    const { languages } = app.model.data;
    find("languages").replaceChildren(...languages.map(({ code, name }) => makeElement("button", {
      type: "button", lang: code, "data-code": code, onclick: () => app.speak(code),
    }, name)));
    find("posts").hidden = !app.model.data.posts;
    this.buildDigits();
  }

  // Which digits numbers are shown in; ids, grid references and degrees keep theirs.
  buildDigits() {
    const { data } = this.model;
    digits = data.digits ?? "latn";
    this.digits = makeElement("div", { id: "digits", role: "group", "data-label": "digits" },
      ...[["latn", "123"], ["arab", "١٢٣"]].map(([key, text]) => makeElement("button", {
        type: "button", "data-digits": key, "data-label": `digits_${key}`, onclick: () => this.count(key),
      }, text)));
    this.digits.hidden = digits === "latn" && !data.languages.some(({ rtl }) => rtl);
    find("languages").after(this.digits);
  }

  count(key) {
    digits = key;
    this.app.changed({ language: true });
  }

  update({ language }) {
    if (!language) return;
    const { speech } = this;
    Object.assign(document.documentElement, { lang: speech.language, dir: speech.rtl ? "rtl" : "ltr" });
    for (const element of document.querySelectorAll("[data-word]")) {
      element.textContent = speech.say(element.dataset.word);
    }
    for (const element of document.querySelectorAll("[data-label]")) {
      element.setAttribute("aria-label", speech.say(element.dataset.label));
    }
    for (const element of document.querySelectorAll("[data-number]")) {
      element.textContent = inDigits(element.dataset.number);
    }
    for (const button of find("languages").children) {
      button.setAttribute("aria-pressed", button.dataset.code === speech.language);
    }
    for (const button of this.digits.children) {
      button.setAttribute("aria-pressed", button.dataset.digits === digits);
    }
    this.updateTexts();
  }

  updateTexts() {
    const { data } = this.model;
    const { language } = this.speech;
    const title = data.title?.[language] ?? this.speech.say("page_title");
    document.title = title;
    find("title").textContent = title;
    find("notes").replaceChildren(...data.notes.map((note) => makeElement("li", {}, note[language])));
    // At the foot of the map; on a phone, where that has no room, in the legend.
    for (const line of document.querySelectorAll(".sources")) {
      line.replaceChildren(makeName(this.speech.say("sources")),
        ...data.sources.flatMap((text, at) => [at ? " · " : ": ", makeName(text)]));
      line.hidden = !data.sources.length;
    }
    document.body.style.setProperty("--foot", `${find("foot").offsetHeight}px`);
  }
}
