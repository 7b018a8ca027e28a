import { document, escaped, MONO, rect } from "./svg.js";

const ROW = 19;
const COLUMN = 8.43;
const MARGIN = 14;
const COLORS: Readonly<Record<string, string>> = { "32": "#4ec27a", "33": "#e5c07b", "90": "#8b949e" };

/** What stands on each row in the end: a row may be erased from its beginning, and written anew. */
const rows = (screen: string): readonly string[] =>
  screen.split("\n").map((row) => row.replace(/\r$/, "").split("\r\u001b[K").at(-1) ?? "");

/** One row with the colours that the program has asked for (ECMA-48, SGR). */
const spans = (row: string): string => {
  let style = "";
  return row
    .split(/(\u001b\[\d+m)/)
    .map((part) => {
      const [, code] = /^\u001b\[(\d+)m$/.exec(part) ?? [];
      if (code === undefined) return part === "" ? "" : `<tspan${style}>${escaped(part)}</tspan>`;
      const color = code === "7" ? "#ffb454" : COLORS[code];
      style = color === undefined ? "" : ` fill="${color}"${code === "7" ? ' font-weight="bold"' : ""}`;
      return "";
    })
    .join("");
};

/** A terminal's screen as the program has written it, `columns` wide; its last rows where `most` is less than all. */
export const terminalPicture = (screen: string, columns: number, most: number): string => {
  const shown = rows(screen)
    .filter((row) => row !== "")
    .slice(-most);
  const width = Math.ceil(columns * COLUMN) + 2 * MARGIN;
  const height = shown.length * ROW + 2 * MARGIN;
  return document(width, height, MONO, [
    rect({ x: 0, y: 0, width, height }, "#0d1117", 8),
    ...shown.map(
      (row, index) =>
        `<text x="${MARGIN}" y="${MARGIN + 14 + index * ROW}" fill="#e6edf3" xml:space="preserve">${spans(row)}</text>`,
    ),
  ]);
};
