import type { HttpBindings } from "@hono/node-server";
import type { Context } from "hono";
import { parseJson } from "../api/payloads.js";
import { type Download, HttpError } from "./ports.js";

export type WebContext = Context<{ Bindings: HttpBindings }>;

/** As on MQTT: every valid message is far smaller. */
const LARGEST_BODY = 64 * 1024;

const tooLarge = (): HttpError => new HttpError(413, "too-large", "The body may have at most 64 KiB.");

/** The body of a JSON request. Its time is limited by the server's `requestTimeout`. */
export const readBody = async ({ req }: WebContext): Promise<Uint8Array> => {
  const type = req.header("content-type") ?? "";
  if (!/^application\/json *(;|$)/i.test(type))
    throw new HttpError(415, "wrong-type", "Send JSON, with the header content-type: application/json.");
  if (Number(req.header("content-length") ?? 0) > LARGEST_BODY) throw tooLarge();
  const chunks: Uint8Array[] = [];
  let size = 0;
  const body: ReadableStream<Uint8Array> | null = req.raw.body;
  for await (const chunk of body ?? []) {
    size += chunk.length;
    if (size > LARGEST_BODY) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
};

/** The body as JSON; an empty one counts as `{}`. */
export const readJson = async (context: WebContext): Promise<unknown> => {
  const text = new TextDecoder().decode(await readBody(context));
  const value = text.trim() === "" ? {} : parseJson(text);
  if (value === undefined) throw new HttpError(400, "invalid-payload", "The body must be JSON.");
  return value;
};

/** A file to save, produced as fast as the client reads it. */
export const sendFile = (context: WebContext, { name, type, parts }: Download): Response => {
  const iterator: AsyncIterator<string | Uint8Array, unknown> = parts[Symbol.asyncIterator]();
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const part = await iterator.next();
      if (part.done === true) controller.close();
      else controller.enqueue(typeof part.value === "string" ? encoder.encode(part.value) : part.value);
    },
    async cancel() {
      await iterator.return?.();
    },
  });
  return context.body(body, 200, {
    "content-type": type,
    "content-disposition": `attachment; filename="${name}"`,
  });
};
