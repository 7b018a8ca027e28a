// Draws the add-on's icon.png (128 × 128) and logo.png (250 × 100): somebody walking on a belt.
import { writeFileSync } from "node:fs";
import { deflateSync } from "node:zlib";

type Point = readonly [x: number, y: number];
type Color = readonly [red: number, green: number, blue: number];
/** A thick line with round ends; a dot where both ends are one. In units of the icon's height. */
interface Stroke {
  readonly from: Point;
  readonly to: Point;
  readonly width: number;
  readonly color: Color;
}

const GROUND: Color = [21, 101, 112];
const BELT: Color = [16, 52, 60];
const ROLLER: Color = [120, 190, 195];
const WALKER: Color = [255, 255, 255];

const line = (color: Color, width: number, from: Point, to: Point = from): Stroke => ({
  from,
  to,
  width,
  color,
});

const SCENE: readonly Stroke[] = [
  line(BELT, 0.15, [0.2, 0.82], [0.8, 0.82]),
  line(ROLLER, 0.07, [0.2, 0.82]),
  line(ROLLER, 0.07, [0.8, 0.82]),
  line(WALKER, 0.15, [0.54, 0.19]),
  line(WALKER, 0.1, [0.52, 0.34], [0.48, 0.52]),
  line(WALKER, 0.07, [0.52, 0.34], [0.63, 0.42]),
  line(WALKER, 0.07, [0.63, 0.42], [0.71, 0.4]),
  line(WALKER, 0.07, [0.52, 0.34], [0.38, 0.4]),
  line(WALKER, 0.07, [0.38, 0.4], [0.35, 0.49]),
  line(WALKER, 0.08, [0.48, 0.52], [0.58, 0.6]),
  line(WALKER, 0.08, [0.58, 0.6], [0.6, 0.71]),
  line(WALKER, 0.08, [0.48, 0.52], [0.42, 0.62]),
  line(WALKER, 0.08, [0.42, 0.62], [0.32, 0.68]),
];

const distance = ([x, y]: Point, { from, to }: Stroke): number => {
  const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
  const length = dx * dx + dy * dy;
  const along = length === 0 ? 0 : ((x - from[0]) * dx + (y - from[1]) * dy) / length;
  const at = Math.max(0, Math.min(1, along));
  return Math.hypot(x - from[0] - at * dx, y - from[1] - at * dy);
};

/** Over the picture, by how much of the pixel it covers. */
const over = (under: Color, color: Color, share: number): Color => {
  const mix = (index: 0 | 1 | 2): number => under[index] + (color[index] - under[index]) * share;
  return [mix(0), mix(1), mix(2)];
};

const covered = (outside: number, height: number): number => Math.max(0, Math.min(1, 0.5 - outside * height));

/** Red, green, blue and alpha of a pixel: the scene in the middle of a rounded rectangle. */
const pixel = (column: number, row: number, width: number, height: number): readonly number[] => {
  const [x, y, wide] = [(column + 0.5) / height, (row + 0.5) / height, width / height];
  const at: Point = [x - (wide - 1) / 2, y];
  const color = SCENE.reduce(
    (under, stroke) => over(under, stroke.color, covered(distance(at, stroke) - stroke.width / 2, height)),
    GROUND,
  );
  const corner = 0.18;
  const [dx, dy] = [Math.abs(x - wide / 2) - (wide / 2 - corner), Math.abs(y - 0.5) - (0.5 - corner)];
  const outside = Math.hypot(Math.max(dx, 0), Math.max(dy, 0)) + Math.min(Math.max(dx, dy), 0) - corner;
  return [...color, 255 * covered(outside, height)].map(Math.round);
};

const crc = (bytes: Uint8Array): number => {
  let sum = 0xffffffff;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit += 1) sum = sum & 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1;
  }
  return ~sum >>> 0;
};

const chunk = (name: string, data: Uint8Array): Uint8Array => {
  const body = Buffer.concat([Buffer.from(name, "latin1"), data]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(data.length, 0);
  frame.writeUInt32BE(crc(body), 4);
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
};

/** 8 bits a channel with alpha, no filter (PNG, 3rd edition, 11.2.1). */
const png = (width: number, height: number): Uint8Array => {
  const rows = Array.from({ length: height }, (_, row) => [
    0,
    ...Array.from({ length: width }, (__, column) => pixel(column, row, width, height)).flat(),
  ]);
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 6], 8);
  return Buffer.concat([
    Buffer.from("\x89PNG\r\n\x1a\n", "latin1"),
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(Buffer.from(rows.flat()), { level: 9 })),
    chunk("IEND", new Uint8Array()),
  ]);
};

if (process.argv[1]?.endsWith("icons.ts")) {
  writeFileSync("docker/addon/icon.png", png(128, 128));
  writeFileSync("docker/addon/logo.png", png(250, 100));
}
