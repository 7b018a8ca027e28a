/**
 * Characters that a terminal, a log viewer or an editor interprets or hides instead of showing them: control characters
 * (ESC, C1), bidi overrides and marks, line and paragraph separators, zero-width characters, the byte order mark, tags,
 * lone surrogates, and fillers that are letters by category but have no glyph.
 */
const HIDDEN = String.raw`[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\u034f\u115f\u1160\u3164\uffa0]`;
const ANYWHERE = new RegExp(HIDDEN, "gu");
/** Line ends and tabs structure a text and are kept. */
const BESIDE_LINES = new RegExp(String.raw`\r(?!\n)|(?![\t\n\r])${HIDDEN}`, "gu");

/** One `\uXXXX` for each UTF-16 unit: inside a JSON string the meaning stays the same. */
const escaped = (hidden: string): string =>
  hidden
    .split("")
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
    .join("");

/** A text from outside (an advertised name, a value, a topic, an argument) as one safe line: `\u202e` for U+202E. */
export const visible = (text: string): string => text.replaceAll(ANYWHERE, escaped);

/** The same for a whole text of the bridge: its line ends and tabs stay. */
export const visibleLines = (text: string): string => text.replaceAll(BESIDE_LINES, escaped);

/** Removes such characters, for a text that is stored and read again by strict parsers. */
export const withoutHidden = (text: string): string =>
  text.replaceAll(ANYWHERE, " ").replaceAll(/\s+/g, " ").trim();

export const hasHidden = (text: string): boolean => text.search(ANYWHERE) >= 0;
