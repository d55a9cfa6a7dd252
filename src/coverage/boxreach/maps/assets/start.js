// The data of the page: JSON as it stands, or packed by gzip and written in base64.

async function readData() {
  const block = find("data");
  if (block.type === "application/json") return JSON.parse(block.textContent);
  const letters = atob(block.textContent);
  const bytes = new Uint8Array(letters.length);
  for (let at = 0; at < bytes.length; at += 1) bytes[at] = letters.charCodeAt(at);
  const unpacked = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(unpacked).json();
}
