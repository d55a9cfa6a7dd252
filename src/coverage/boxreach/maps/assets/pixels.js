// Pixels that symbols are copied into, many thousands of them: much sooner done than by a pen.

class Pixels {
  // Transparent, and of so many pixels.
  clear(pen, width, height) {
    if (this.image?.width !== width || this.image.height !== height) {
      this.image = pen.createImageData(width, height);
      this.words = new Uint32Array(this.image.data.buffer); // 0xAABBGGRR
    } else this.words.fill(0);
  }

  // Copy a sprite around a whole pixel, over what is there: of the sprite only what can be seen.
  stamp(sprite, x, y) {
    const { image: { width, height }, words: to } = this;
    const { half, columns, rows, words, solid } = sprite;
    const isWhole = x >= half && y >= half && x + half <= width && y + half <= height;
    for (let at = 0; at < words.length; at += 1) {
      const left = x + columns[at];
      const top = y + rows[at];
      if (!isWhole && (left < 0 || top < 0 || left >= width || top >= height)) continue;
      const spot = top * width + left;
      const under = to[spot];
      to[spot] = at < solid || under === 0 ? words[at] : blend(words[at], under);
    }
  }

  put(pen) {
    pen.putImageData(this.image, 0, 0);
  }

  // A sprite from what a painter draws around (0, 0), at so many pixels of the screen for one.
  static draw(paint, reach, ratio) {
    const half = Math.ceil(reach * ratio);
    const canvas = makeElement("canvas", { width: 2 * half, height: 2 * half });
    const pen = canvas.getContext("2d", { willReadFrequently: true });
    pen.setTransform(ratio, 0, 0, ratio, half, half);
    paint(pen);
    return listPixels(half, new Uint32Array(pen.getImageData(0, 0, 2 * half, 2 * half).data.buffer));
  }
}

// A sprite's pixels from its middle, without those that are clear; the `solid` ones come first.
function listPixels(half, square) {
  const seen = Uint32Array.from(square.keys()).filter((at) => square[at] >>> 24);
  const isSolid = (at) => (square[at] >>> 24 === 255 ? 1 : 0);
  const order = seen.sort((a, b) => isSolid(b) - isSolid(a) || a - b);
  return {
    half,
    columns: Int16Array.from(order, (at) => at % (2 * half) - half),
    rows: Int16Array.from(order, (at) => Math.floor(at / (2 * half)) - half),
    words: Uint32Array.from(order, (at) => square[at]),
    solid: order.reduce((sum, at) => sum + isSolid(at), 0),
  };
}

// One colour over another, neither of them multiplied by its alpha.
function blend(over, under) {
  const alpha = over >>> 24;
  const rest = (under >>> 24) * (255 - alpha) / 255;
  const sum = alpha + rest;
  const part = alpha / sum;
  const red = under & 255;
  const green = under >>> 8 & 255;
  const blue = under >>> 16 & 255;
  return ((Math.min(sum + 0.5, 255) << 24)
    | (blue + ((over >>> 16 & 255) - blue) * part + 0.5) << 16
    | (green + ((over >>> 8 & 255) - green) * part + 0.5) << 8
    | (red + ((over & 255) - red) * part + 0.5)) >>> 0;
}
