// The banner over the page: how it is to be handled, in sight and on paper.

class Marking {
  constructor(app) {
    this.speech = app.speech;
    this.texts = app.model.data.marking;
  }

  update({ language }) {
    if (language && this.texts) find("marking").textContent = this.texts[this.speech.language];
  }
}
