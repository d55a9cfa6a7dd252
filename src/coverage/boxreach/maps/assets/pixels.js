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
    const { half, words, solid } = sprite;
    if (x < half || y < half || x + half > width || y + half > height) {
      this.stampEdge(sprite, x, y);
      return;
    }
    if (sprite.width !== width) Object.assign(sprite, { width, offsets: findOffsets(sprite, width) });
    const { offsets } = sprite;
    const middle = y * width + x;
    for (let at = 0; at < solid; at += 1) to[middle + offsets[at]] = words[at];
    for (let at = solid; at < words.length; at += 1) {
      const spot = middle + offsets[at];
      to[spot] = blend(words[at], to[spot]);
    }
  }

  // The same where a part of it lies beyond the edge.
  stampEdge({ columns, rows, words }, x, y) {
    const { image: { width, height }, words: to } = this;
    for (let at = 0; at < words.length; at += 1) {
      const [left, top] = [x + columns[at], y + rows[at]];
      if (left < 0 || top < 0 || left >= width || top >= height) continue;
      to[top * width + left] = blend(words[at], to[top * width + left]);
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
    columns: Int32Array.from(order, (at) => at % (2 * half) - half),
    rows: Int32Array.from(order, (at) => Math.floor(at / (2 * half)) - half),
    words: Uint32Array.from(order, (at) => square[at]),
    solid: order.reduce((sum, at) => sum + isSolid(at), 0),
  };
}

// How far each of its pixels is from its middle, in an image of such a width.
function findOffsets({ columns, rows }, width) {
  return Int32Array.from(columns, (column, at) => rows[at] * width + column);
}

// One colour over another, neither of them multiplied by its alpha. Over what is opaque, as most
// is, red and blue are mixed in one step, to within a 256th.
function blend(over, under) {
  if (under === 0) return over;
  const alpha = over >>> 24;
  if (under >>> 24 !== 255) return blendThin(over, under);
  const share = alpha + (alpha >>> 7);
  const rest = 256 - share;
  const outer = (Math.imul(over & 0xff00ff, share) + Math.imul(under & 0xff00ff, rest) >>> 8) & 0xff00ff;
  const inner = (Math.imul(over & 0xff00, share) + Math.imul(under & 0xff00, rest) >>> 8) & 0xff00;
  return (0xff000000 | outer | inner) >>> 0;
}

function blendThin(over, under) {
  const alpha = over >>> 24;
  const rest = (under >>> 24) * (255 - alpha) / 255;
  const sum = alpha + rest;
  const mix = (shift) => ((over >>> shift & 255) * alpha + (under >>> shift & 255) * rest) / sum + 0.5 & 255;
  return (Math.min(sum + 0.5, 255) << 24 | mix(16) << 16 | mix(8) << 8 | mix(0)) >>> 0;
}
