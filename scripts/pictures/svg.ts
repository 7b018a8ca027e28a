// The little of SVG that the pictures of the docs need.

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export const SANS = "system-ui, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif";
export const MONO = "ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace";

export const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

export const rect = ({ x, y, width, height }: Box, fill: string, radius = 0, more = ""): string =>
  `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="${radius}" fill="${fill}"${more}/>`;

export const label = (x: number, y: number, text: string, style = ""): string =>
  `<text x="${x}" y="${y}" ${style}>${escaped(text)}</text>`;

export const document = (width: number, height: number, font: string, parts: readonly string[]): string =>
  [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="${font}" font-size="14">`,
    ...parts,
    "</svg>",
    "",
  ].join("\n");
