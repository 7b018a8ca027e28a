import { expect, it } from "vitest";
import { WalSync } from "./wal-sync.js";

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

it("one at a time, and once more for all that came meanwhile; a failure ends nothing", async () => {
  const calls: {
    readonly path: string;
    readonly resolve: () => void;
    readonly reject: (error: Error) => void;
  }[] = [];
  const log = new WalSync(
    "bridge.db-wal",
    (path) => new Promise((resolve, reject) => calls.push({ path, resolve, reject })),
  );
  log.request();
  log.request();
  log.request();
  expect(calls.map(({ path }) => path)).toEqual(["bridge.db-wal"]);
  calls[0]!.resolve();
  await turn();
  expect(calls).toHaveLength(2);
  calls[1]!.reject(new Error("no such file"));
  await turn();
  expect(calls).toHaveLength(2);
  log.request();
  expect(calls).toHaveLength(3);
});
