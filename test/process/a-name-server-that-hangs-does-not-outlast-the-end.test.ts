import { expect, it, vi } from "vitest";
import { START_MS } from "./pad-on-broker.js";
import { preloaded } from "./preloaded.js";
import { configFor, newFolder, started } from "./scene.js";

vi.setConfig({ testTimeout: 60_000 });

it.skipIf(process.platform !== "linux").concurrent.for(["SIGTERM", "SIGINT"] as const)(
  "%s while the name of the broker is looked up: the belt rests, and the program ends in time",
  async (name, ctx) => {
    const preload = await preloaded(ctx, "hanging-names.c");
    const config = configFor("mqtt://broker.test", undefined, { safety: { shutdown_timeout: 8 } });
    const program = await started(ctx, {
      folder: await newFolder(ctx),
      config,
      env: { LD_PRELOAD: preload },
    });
    await program.untilLine("Connected to the pad", START_MS);
    program.signal(name);
    // A thread that waits for a name cannot be joined: where Node.js has no exec, the kernel's kill ends the process.
    const { code, signal } = await program.exit(30_000);
    expect([0, "SIGKILL"]).toContain(signal ?? code);
    expect(program.count("Belt at rest")).toBe(1);
    expect(program.count("still does not answer")).toBe(1);
  },
);
