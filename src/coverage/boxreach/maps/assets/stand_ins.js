// What folium's own objects need beside Leaflet, so that they work without a network.

// Popups and "keep in front" expect a `$` for two things. These are the two.
window.$ ??= (what) => {
  if (what === document) return { ready: (run) => addEventListener("DOMContentLoaded", run) };
  const holder = document.createElement("template");
  holder.innerHTML = what;
  return [holder.content.firstElementChild];
};

// Leaflet's pin looks for its images beside its style sheet; here they are data.
function prepareIcons(icons) {
  L.Icon.Default.imagePath = "";
  L.Icon.Default.mergeOptions(icons);
}
