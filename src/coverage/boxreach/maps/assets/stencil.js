// What is taken on a drawing: a coarse grid of bits, to ask in one step whether a spot is free.

class Stencil {
  constructor(cell) {
    this.cell = cell;
    this.cells = new Uint8Array(0);
  }

  // Empty, and as large as a drawing of so many pixels.
  clear(width, height) {
    this.columns = Math.ceil(width / this.cell);
    this.rows = Math.ceil(height / this.cell);
    const wanted = this.columns * this.rows;
    if (this.cells.length === wanted) this.cells.fill(0);
    else this.cells = new Uint8Array(wanted);
  }

  // The bits at a point, which must lie on the drawing.
  at(x, y) {
    return this.cells[Math.floor(y / this.cell) * this.columns + Math.floor(x / this.cell)];
  }

  // Mark the cells whose middles lie within a radius of a point, and the cell of the point.
  markDisc(x, y, radius, bits) {
    const { cell, columns, cells } = this;
    const [middle, centre, reach] = [x / cell - 0.5, y / cell - 0.5, radius / cell];
    const last = Math.min(this.rows - 1, Math.floor(centre + reach));
    for (let row = Math.max(0, Math.ceil(centre - reach)); row <= last; row += 1) {
      const half = Math.sqrt(reach * reach - (row - centre) * (row - centre));
      const end = Math.min(columns - 1, Math.floor(middle + half));
      for (let column = Math.max(0, Math.ceil(middle - half)); column <= end; column += 1) {
        cells[row * columns + column] |= bits;
      }
    }
    cells[Math.floor(y / cell) * columns + Math.floor(x / cell)] |= bits;
  }

  // The cells that a box [left, top, right, bottom] touches: [first column, row, last column, row].
  span([left, top, right, bottom]) {
    return [Math.max(0, Math.floor(left / this.cell)), Math.max(0, Math.floor(top / this.cell)),
      Math.min(this.columns - 1, Math.floor(right / this.cell)),
      Math.min(this.rows - 1, Math.floor(bottom / this.cell))];
  }

  markBox(box, bits = 1) {
    const [left, top, right, bottom] = this.span(box);
    if (right < left) return;
    for (let row = top; row <= bottom; row += 1) {
      for (let at = row * this.columns + left; at <= row * this.columns + right; at += 1) this.cells[at] |= bits;
    }
  }

  isFree(box) {
    const [left, top, right, bottom] = this.span(box);
    for (let row = top; row <= bottom; row += 1) {
      for (let at = row * this.columns + left; at <= row * this.columns + right; at += 1) {
        if (this.cells[at]) return false;
      }
    }
    return true;
  }
}
