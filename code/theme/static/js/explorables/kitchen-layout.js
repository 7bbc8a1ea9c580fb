// Where things stand in a kitchen's picture, in its own units: in a column of its own, or two beside each other on a phone.

export const LAYOUTS = {
  wide: {
    width: 360, height: 300, size: 1,
    floors: [[4, 38], [46, 44], [94, 66], [164, 72], [240, 56]],
    labels: (counter) => [[11, 28, "phone"], [11, 71, counter], [11, 109, "cooks"], [11, 177, "warehouse"], [122, 177, "ovens"], [11, 255, "delivery"]],
    agents: { x: 72, y: 24, gap: 34 },
    calls: { x: 152, y: 25, step: 14.5, columns: 14, rows: 1, row: 0 },
    counter: { x: 74, y: 60, step: 15, columns: 17, rows: 2, row: 17 },
    cooks: { middle: 204, y: 118, gap: 56, span: 296, words: (cooks, n) => (cooks > 6 ? 31 + 9 * (n % 2) : 33) },
    stock: { x: 18, y: 194, step: 15, columns: 6, rows: 2, row: 15 },
    line: { x: 166, y: 173, step: 13, columns: 14, rows: 1, row: 0 },
    ovens: { from: 133, to: 345, y: 199, gap: 26, columns: (ovens) => (ovens > 10 ? Math.ceil(ovens / 2) : ovens), row: 24, up: 7 },
    road: { y: 272, from: 24, to: 308, house: 332 },
    more: { x: 350, phone: 28, counter: 79 },
  },
  narrow: {
    width: 176, height: 216, size: 0.8,
    floors: [[2, 30], [34, 46], [82, 48], [132, 60], [194, 20]],
    labels: (counter) => [[8, 21, "phone"], [8, 47, counter], [8, 145, "ovens"]],
    agents: { x: 60, y: 17, gap: 22 },
    calls: { x: 110, y: 18, step: 11, columns: 5, rows: 1, row: 0 },
    counter: { x: 13, y: 58, step: 12.4, columns: 13, rows: 2, row: 14 },
    cooks: { middle: 88, y: 100, gap: 45, span: 158, words: (cooks) => (cooks > 4 ? null : 33) },
    stock: { x: 56, y: 142, step: 11, columns: 5, rows: 1, row: 0 },
    line: { x: 116, y: 142, step: 11, columns: 5, rows: 1, row: 0 },
    ovens: { from: 15, to: 161, y: 161, gap: 21, columns: (ovens) => (ovens > 8 ? Math.ceil(ovens / 2) : ovens), row: 19, up: 0 },
    road: { y: 203, from: 14, to: 142, house: 159 },
    more: { x: 169, phone: 21, counter: 47 },
  },
};

// The place in a row of places: those that do not fit stand hidden on the last one.
export function place({ x, y, step, columns, rows, row }, n) {
  const last = Math.min(n, columns * rows - 1);
  return { x: x + step * (last % columns), y: y + row * Math.floor(last / columns), hidden: n > last };
}
export const room = ({ columns, rows }) => columns * rows;
