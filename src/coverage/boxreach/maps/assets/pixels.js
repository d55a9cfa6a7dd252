// Pixels that symbols are copied into, many thousands of them: much sooner done than by a pen.

const OPAQUE = 0xff000000;

class Pixels {
  // Transparent, and of so many pixels.
  clear(pen, width, height) {
    if (this.image?.width !== width || this.image.height !== height) {
      this.image = pen.createImageData(width, height);
      this.words = new Uint32Array(this.image.data.buffer); // 0xAABBGGRR
    } else this.words.fill(0);
  }

  // Copy a sprite around a whole pixel, over what is there.
  stamp({ half, words: from }, x, y) {
    const { image, words: to } = this;
    const { width, height } = image;
    const side = 2 * half;
    const [left, top] = [x - half, y - half];
    const [first, last] = [Math.max(0, -left), Math.min(side, width - left)];
    const end = Math.min(side, height - top);
    for (let row = Math.max(0, -top); row < end; row += 1) {
      const into = (top + row) * width + left;
      for (let column = first; column < last; column += 1) {
        const word = from[row * side + column];
        const alpha = word >>> 24;
        if (alpha === 0) continue;
        const at = into + column;
        to[at] = alpha === 255 || to[at] === 0 ? word : blend(word, alpha, to[at]);
      }
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
    return { half, words: new Uint32Array(pen.getImageData(0, 0, 2 * half, 2 * half).data.buffer) };
  }
}

// One colour over another, neither of them multiplied by its alpha.
function blend(over, alpha, under) {
  const rest = (under >>> 24) * (255 - alpha) / 255;
  const sum = alpha + rest;
  const mix = (shift) => (((over >>> shift & 255) * alpha + (under >>> shift & 255) * rest) / sum + 0.5) << shift;
  const colour = (mix(0) & 0xff) | (mix(8) & 0xff00) | (mix(16) & 0xff0000);
  return (sum > 254.5 ? colour | OPAQUE : colour | Math.round(sum) << 24) >>> 0;
}
