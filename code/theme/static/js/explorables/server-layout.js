// Where things stand in a server's picture, in its own units: in a column of its own, or two beside each other on a phone.

export const LAYOUTS = {
  wide: {
    width: 360, height: 304, dot: 4.2,
    floors: { queue: [4, 4, 352, 62], threads: [4, 70, 288, 84], core: [296, 70, 60, 84], waiting: [4, 158, 248, 72], disk: [256, 158, 100, 72], served: [4, 234, 352, 62] },
    label: [7, 14],
    rows: { queue: [16, 27, 25, 11.5], waiting: [15, 182, 22, 10.6], disk: [267, 183, 8, 11], served: [16, 256, 25, 11.5] },
    threads: { x: 22, y: 98, columns: 15, most: 24, span: 272, size: 14, row: 16, alone: [22, 110, 34] },
    core: [326, 116, 1],
  },
  crowd: {
    width: 360, height: 304, dot: 2.1,
    floors: { queue: [4, 4, 352, 62], threads: [4, 70, 288, 84], core: [296, 70, 60, 84], waiting: [4, 158, 248, 72], disk: [256, 158, 100, 72], served: [4, 234, 352, 62] },
    label: [7, 14],
    rows: { queue: [12, 24, 66, 5.2], waiting: [12, 178, 45, 5.2], disk: [264, 178, 16, 5.2], served: [12, 254, 66, 5.2] },
    threads: { x: 22, y: 98, columns: 15, most: 24, span: 272, size: 14, row: 16, alone: [22, 110, 34] },
    core: [326, 116, 1],
  },
  narrow: {
    width: 176, height: 246, dot: 3.2,
    floors: { queue: [2, 2, 172, 58], threads: [2, 63, 126, 62], core: [131, 63, 43, 62], waiting: [2, 128, 126, 58], disk: [131, 128, 43, 58], served: [2, 189, 172, 55] },
    label: [5, 12],
    rows: { queue: [9, 22, 20, 8.2], waiting: [9, 149, 14, 8.2], disk: [138, 149, 4, 8.2], served: [9, 208, 20, 8.2] },
    threads: { x: 10, y: 83, columns: 12, most: 10, span: 112, size: 7.5, row: 9.2, alone: [16, 92, 22] },
    core: [152, 102, 0.62],
  },
};
