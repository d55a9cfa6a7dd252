// Styles and scripts come out of their block in their order, folium's own between Leaflet and ours.
// They run because the policy of the page holds their hashes.
(async () => {
  const add = (tag, text) => {
    const element = document.createElement(tag);
    element.textContent = text;
    document.head.append(element);
  };
  const { style, leaflet, script } = await unpack("parts");
  add("style", style);
  add("script", leaflet);
  add("script", document.getElementById("folium").textContent);
  add("script", script);
})();
