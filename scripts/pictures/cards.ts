import type { Entity } from "./entities.js";
import { label, rect } from "./svg.js";

export type Card = Readonly<Record<string, unknown>>;
/** A point of the speed's history: seconds since the start, and km/h. */
export type Series = readonly (readonly [at: number, value: number])[];

export interface Scene {
  readonly entities: ReadonlyMap<string, Entity>;
  readonly speed: Series;
}

/** A card drawn from its upper left corner, with its height; null: it is not shown. */
type Drawing = { readonly height: number; readonly draw: (x: number, y: number) => string } | null;

const INK = "#1c1c1c";
const FAINT = "#6b6b6b";
const BLUE = "#0b86c8";
const PAPER = ' stroke="#dcdcdc"';
const GAP = 8;
const small = `font-size="12" fill="${FAINT}"`;

const paper = (x: number, y: number, width: number, height: number): string =>
  rect({ x, y, width, height }, "#ffffff", 12, PAPER);

const shown = ({ state, unit, component }: Entity): string => {
  if (state === "unavailable" || state === "unknown") return state;
  const digits = component["suggested_display_precision"];
  if (typeof digits === "number") return Number(state).toFixed(digits) + unit;
  const words: Readonly<Record<string, string>> = { ON: "On", OFF: "Off" };
  return (words[state] ?? state) + unit;
};

const text = (value: unknown): string => (typeof value === "string" ? value : "");

const entityOf = ({ entities }: Scene, card: Card): Entity => {
  const found = entities.get(text(card["entity"]));
  if (!found) throw new Error(`no entity ${text(card["entity"])}`);
  return found;
};

const tile = (card: Card, scene: Scene, width: number): Drawing => {
  const entity = entityOf(scene, card);
  const on = entity.state === "ON" ? BLUE : "#9aa0a6";
  const slider = Array.isArray(card["features"]);
  const height = slider ? 96 : 56;
  const target = slider ? Number(entity.state) / Number(entity.component["max"]) : 0;
  const share = Number.isFinite(target) ? target : 0;
  return {
    height,
    draw: (x, y) =>
      [
        paper(x, y, width, height),
        `<circle cx="${x + 28}" cy="${y + 28}" r="14" fill="${on}" fill-opacity="0.25"/>`,
        label(x + 52, y + 25, text(card["name"]) || entity.name, `fill="${INK}" font-weight="500"`),
        label(x + 52, y + 43, shown(entity), small),
        ...(slider
          ? [
              rect({ x: x + 12, y: y + 62, width: width - 24, height: 22 }, "#d6e9f5", 8),
              rect({ x: x + 12, y: y + 62, width: Math.round((width - 24) * share), height: 22 }, BLUE, 8),
            ]
          : []),
      ].join(""),
  };
};

const markdown = (card: Card, _: Scene, width: number): Drawing => {
  const [title = "", body = ""] = text(card["content"]).split("\n");
  const lines = body.match(/.{1,42}(\s|$)/g) ?? [];
  const height = 46 + lines.length * 19;
  return {
    height,
    draw: (x, y) =>
      [
        rect({ x, y, width, height }, "#fff4d6", 12, ' stroke="#e0b341"'),
        label(x + 14, y + 30, title.replace("## ", ""), `font-size="18" font-weight="bold" fill="${INK}"`),
        ...lines.map((line, index) => label(x + 14, y + 54 + index * 19, line.trim(), `fill="${INK}"`)),
      ].join(""),
  };
};

const conditional = (card: Card, scene: Scene, width: number): Drawing => {
  const holds = (condition: Card): boolean => {
    const { state } = entityOf(scene, condition);
    const words: Readonly<Record<string, string>> = { ON: "on", OFF: "off" };
    const now = words[state] ?? state;
    return "state" in condition ? now === condition["state"] : now !== condition["state_not"];
  };
  if (!(card["conditions"] as readonly Card[]).every(holds)) return null;
  return drawing(card["card"] as Card, scene, width);
};

const button = (card: Card, scene: Scene, width: number): Drawing => {
  const usable = entityOf(scene, card).state !== "unavailable";
  return {
    height: 64,
    draw: (x, y) =>
      paper(x, y, width, 64) +
      `<circle cx="${x + width / 2}" cy="${y + 24}" r="13" fill="${usable ? "#d33a2c" : "#9aa0a6"}"/>` +
      rect({ x: x + width / 2 - 5, y: y + 19, width: 10, height: 10 }, "#ffffff", 1) +
      label(x + width / 2, y + 55, text(card["name"]), `text-anchor="middle" fill="${INK}"`),
  };
};

const list = (card: Card, scene: Scene, width: number): Drawing => {
  const title = text(card["title"]);
  const rows = (card["entities"] as readonly Card[]).map((row) => entityOf(scene, row));
  const top = title === "" ? 8 : 40;
  const height = top + rows.length * 32 + 8;
  return {
    height,
    draw: (x, y) =>
      [
        paper(x, y, width, height),
        ...(title === "" ? [] : [label(x + 14, y + 28, title, `font-size="18" fill="${INK}"`)]),
        ...rows.flatMap((entity, index) => [
          label(x + 14, y + top + 21 + index * 32, entity.name, `fill="${INK}"`),
          label(
            x + width - 14,
            y + top + 21 + index * 32,
            entity.component["p"] === "button" && entity.state === "unknown" ? "Press" : shown(entity),
            `text-anchor="end" fill="${FAINT}"`,
          ),
        ]),
      ].join(""),
  };
};

const gauge = (card: Card, scene: Scene, width: number): Drawing => {
  const entity = entityOf(scene, card);
  const value = Number(entity.state);
  const share = Number.isFinite(value) ? Math.min(1, value / Number(card["max"])) : 0;
  const radius = 62;
  const at = (part: number): string => {
    const angle = Math.PI * (1 - part);
    return `${(radius * Math.cos(angle)).toFixed(1)} ${(-radius * Math.sin(angle)).toFixed(1)}`;
  };
  const arc = (part: number, color: string): string =>
    `<path d="M ${at(0)} A ${radius} ${radius} 0 0 1 ${at(part)}" fill="none" stroke="${color}" stroke-width="14"/>`;
  return {
    height: 136,
    draw: (x, y) =>
      paper(x, y, width, 136) +
      `<g transform="translate(${x + width / 2} ${y + 86})">${arc(1, "#e3e3e3")}${share > 0 ? arc(share, BLUE) : ""}` +
      label(0, -4, shown(entity), `text-anchor="middle" font-size="18" fill="${INK}"`) +
      `${label(0, 32, text(card["name"]), `text-anchor="middle" fill="${INK}"`)}</g>`,
  };
};

const heading = (card: Card): Drawing => ({
  height: 28,
  draw: (x, y) =>
    label(x + 2, y + 21, text(card["heading"]), `font-size="16" fill="${INK}" font-weight="500"`),
});

/** The real history of the speed; a graph of days is empty on its first. */
const graph = (card: Card, { speed }: Scene, width: number): Drawing => {
  const isHistory = card["type"] === "history-graph";
  const title = isHistory ? "Speed, km/h" : text(card["title"]);
  const end = speed.at(-1)?.[0] ?? 1;
  const points = speed.map(
    ([at, value]) => `${(14 + (at / end) * (width - 28)).toFixed(1)},${(110 - value * 12).toFixed(1)}`,
  );
  return {
    height: 124,
    draw: (x, y) =>
      paper(x, y, width, 124) +
      label(x + 14, y + 24, title, `fill="${INK}"`) +
      `<line x1="${x + 14}" y1="${y + 110}" x2="${x + width - 14}" y2="${y + 110}" stroke="#dcdcdc"/>` +
      (isHistory
        ? `<polyline transform="translate(${x} ${y})" points="${points.join(" ")}" fill="none" stroke="${BLUE}" stroke-width="2"/>`
        : label(x + width / 2, y + 72, "a bar for each day", `text-anchor="middle" ${small}`)),
  };
};

const DRAWN: Readonly<Record<string, (card: Card, scene: Scene, width: number) => Drawing>> = {
  ...{ tile, markdown, conditional, button, entities: list, gauge, heading },
  "history-graph": graph,
  "statistics-graph": graph,
};

const drawing = (card: Card, scene: Scene, width: number): Drawing => {
  const draw = DRAWN[text(card["type"])];
  if (!draw) throw new Error(`a card of type ${text(card["type"])} cannot be drawn`);
  return draw(card, scene, width);
};

const isHalf = (card: Card): boolean => card["type"] === "tile" && !Array.isArray(card["features"]);

/** The cards of a section below each other, tiles two in a row, as Home Assistant does; with the height of all. */
export const column = (
  cards: readonly Card[],
  scene: Scene,
  [x, width]: readonly [x: number, width: number],
  top: number,
): { readonly parts: readonly string[]; readonly bottom: number } => {
  const parts: string[] = [];
  const half = (width - GAP) / 2;
  let y = top;
  let beside: { readonly height: number } | null = null;
  for (const card of cards) {
    const narrow = isHalf(card);
    const drawn = drawing(card, scene, narrow ? half : width);
    if (!drawn) continue;
    if (narrow && beside) {
      parts.push(drawn.draw(x + half + GAP, y));
      y += Math.max(beside.height, drawn.height) + GAP;
      beside = null;
      continue;
    }
    if (beside) y += beside.height + GAP;
    parts.push(drawn.draw(x, y));
    beside = narrow ? drawn : null;
    if (!narrow) y += drawn.height + GAP;
  }
  return { parts, bottom: beside ? y + beside.height + GAP : y };
};
