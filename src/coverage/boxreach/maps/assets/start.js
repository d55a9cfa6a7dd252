// The data of the page: JSON as it stands, or packed by gzip and written in base64.

async function readData() {
  const block = find("data");
  if (block.type === "application/json") return JSON.parse(block.textContent);
  return unpack("data");
}
