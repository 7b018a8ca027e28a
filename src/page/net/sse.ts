/** One server-sent event: its name, and its data as text. */
export interface ServerSentEvent {
  readonly name: string;
  readonly data: string;
}

const field = (block: string, name: string): string =>
  block
    .split("\n")
    .filter((line) => line.startsWith(`${name}:`))
    .map((line) => line.slice(name.length + 1).replace(/^ /, ""))
    .join("\n");

/** The complete events at the beginning of `text`, and the rest of it (HTML, 9.2.6; lines end in LF or CRLF). */
export const parseEvents = (
  text: string,
): { readonly events: readonly ServerSentEvent[]; readonly rest: string } => {
  const blocks = text.replaceAll("\r\n", "\n").split("\n\n");
  const rest = blocks.pop() ?? "";
  const events = blocks
    .map((block) => ({ name: field(block, "event"), data: field(block, "data") }))
    .filter(({ data }) => data !== "");
  return { events, rest };
};
