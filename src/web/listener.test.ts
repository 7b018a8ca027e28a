import { EventEmitter, once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it, type TestContext } from "vitest";
import { loadedOnUse } from "./listener.js";

type Listener = Awaited<ReturnType<Parameters<typeof loadedOnUse>[0]>>;

/** A server whose listener is loaded when `loaded` or `failed` is called. */
const serve = async (ctx: TestContext) => {
  const loading = new EventEmitter<{ loaded: [Listener]; error: [Error] }>();
  const seen = { loads: 0, failures: [] as string[], asked: 0, answered: [] as (string | undefined)[] };
  const listener = loadedOnUse(
    async () => {
      seen.loads += 1;
      const [loaded] = (await once(loading, "loaded")) as [Listener];
      return loaded;
    },
    ({ message }) => seen.failures.push(message),
  );
  const server = createServer((request, response) => {
    seen.asked += 1;
    listener(request, response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  ctx.onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const get = (path: string): Promise<Response> => fetch(`http://127.0.0.1:${port}${path}`);
  const loaded = (): boolean =>
    loading.emit("loaded", (request, response) => {
      seen.answered.push(request.url);
      response.end("here");
      return Promise.resolve();
    });
  const failed = (error: Error): boolean => loading.emit("error", error);
  const asked = (count: number): Promise<void> => expect.poll(() => seen.asked).toBe(count);
  return { get, loaded, failed, seen, asked };
};

it("nothing is loaded before the first request; those that come meanwhile are answered in their order", async (ctx) => {
  const { get, loaded, seen, asked } = await serve(ctx);
  expect(seen.loads).toBe(0);
  const first = get("/1");
  await asked(1);
  const second = get("/2");
  await asked(2);
  expect([seen.loads, seen.answered]).toEqual([1, []]);
  loaded();
  expect(await (await first).text()).toBe("here");
  expect((await second).status).toBe(200);
  expect(seen.answered).toEqual(["/1", "/2"]);
  await get("/3");
  expect(seen.loads).toBe(1);
});

it("what cannot be loaded is reported once, and every request is answered", async (ctx) => {
  const { get, failed, seen, asked } = await serve(ctx);
  const first = get("/1");
  await asked(1);
  failed(new Error("no such file"));
  for (const response of [await first, await get("/2")]) {
    expect([response.status, response.headers.get("x-content-type-options")]).toEqual([500, "nosniff"]);
    expect(await response.json()).toMatchObject({ error: { code: "internal" } });
  }
  expect(seen.failures).toEqual(["no such file"]);
});
