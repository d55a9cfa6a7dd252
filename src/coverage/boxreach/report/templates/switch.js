"use strict";
(() => {
  const bar = document.querySelector(".languages");
  if (!bar) return;
  const show = (language) => {
    for (const article of document.querySelectorAll("article")) {
      article.hidden = article.id !== language;
      if (article.hidden) continue;
      document.documentElement.lang = article.lang;
      document.documentElement.dir = article.dir;
      document.title = article.querySelector("h1").textContent;
    }
    for (const button of bar.children) {
      button.setAttribute("aria-pressed", String(button.dataset.language === language));
    }
  };
  const follow = () => {
    const target = document.getElementById(location.hash.slice(1));
    const article = target && target.closest("article");
    if (!article) return;
    show(article.id);
    target.scrollIntoView();
  };
  bar.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button) show(button.dataset.language);
  });
  window.addEventListener("hashchange", follow);
  bar.hidden = false;
  follow();
})();
