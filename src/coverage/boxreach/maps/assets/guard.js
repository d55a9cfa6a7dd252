// Runs before all else, in words that old browsers know: says on the page why it does not start.
(function () {
  var box = document.getElementById("failure");
  function show(kind, cause) {
    if (!box.hidden) return; // what went wrong first is why the rest did
    box.hidden = false;
    box.className = kind;
    box.querySelector("code").textContent = cause || "";
  }
  function listen(event) {
    var cause = event.reason || event.error || event.message;
    if (!box.hasAttribute("data-started")) show("broken", String(cause));
  }
  window.addEventListener("error", listen);
  window.addEventListener("unhandledrejection", listen);
  if (box.hasAttribute("data-packed") && typeof DecompressionStream === "undefined") show("old");
})();
