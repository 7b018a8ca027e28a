// npm run bench, the page: what open pages cost the bridge, how long a stop takes beside them, and how large the page is.
import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { type ClientRequest, request } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { freePort } from "../../test/support/mosquitto.js";
import { Program, ROOT } from "../../test/support/program.js";
import { storeWalks } from "../page/stored-walks.js";
import { type Summary, summary } from "./cases.js";
import { cpuShare, residentMb, WARM_MS } from "./sides.js";

const START_MS = 30_000;
const PADS = ["57:4c:4e:00:00:01", "57:4c:4e:00:00:02"].map((address, index) => ({
  id: `p${index}`,
  address,
}));
const SECONDS = 20;
const RUNS = 20;

/** A stream that is read: calls with each part that comes. */
const openStream = (port: number, onText: (text: string) => void = () => undefined): ClientRequest => {
  const sent = request({ port, host: "127.0.0.1", path: "/api/events", agent: false }, (response) => {
    response
      .setEncoding("utf8")
      .on("data", onText)
      .on("error", () => undefined);
  });
  sent.on("error", () => undefined).end();
  return sent;
};

/** Milliseconds from the request to the first text that matches. */
const untilText = (port: number, pattern: RegExp): Promise<number> =>
  new Promise((resolve) => {
    const from = performance.now();
    let text = "";
    const stream = openStream(port, (part) => {
      text += part;
      if (!pattern.test(text)) return;
      stream.destroy();
      resolve(performance.now() - from);
    });
  });

/** As the page does: an unanswered request is sent again after 0.7 s. */
const AGAIN_MS = 700;

const set = async (port: number, body: object): Promise<void> => {
  const init = {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  };
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/api/pads/p0/set`, init);
    await answer.arrayBuffer();
    if (answer.ok) return;
  } catch {
    // A server that is full has hung up.
  }
  await sleep(AGAIN_MS);
  await set(port, body);
};

/** Milliseconds from the press of STOP on a running belt to the event that says `stopping`; `disturb` begins before it. */
const stopOnce = async (port: number, disturb: () => () => void): Promise<number> => {
  await set(port, { belt: "ON" });
  return new Promise((resolve) => {
    let [text, from, done] = ["", 0, Promise.resolve()];
    let calm: () => void = () => undefined;
    const stream = openStream(port, (part) => {
      text += part;
      if (from === 0 && text.includes('"pad":"p0","belt":"running"')) {
        text = "";
        calm = disturb();
        from = performance.now();
        done = set(port, { belt: "OFF" });
      } else if (from > 0 && text.includes('"pad":"p0","belt":"stopping"')) {
        const took = performance.now() - from;
        calm();
        void done.then(() => {
          stream.destroy();
          resolve(took);
        });
      }
    });
  });
};

const stops = async (
  port: number,
  times: number,
  disturb: () => () => void = () => () => undefined,
): Promise<Summary> => {
  const took: number[] = [];
  while (took.length < times) took.push(await stopOnce(port, disturb));
  return summary(took);
};

/** 200 connections at a time whose requests are refused; each is opened again when it ends. */
const flood = (port: number): (() => void) => {
  let over = false;
  const sockets = new Set<ReturnType<typeof connect>>();
  const open = (): void => {
    const socket = connect(port, "127.0.0.1", () =>
      socket.write("GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n"),
    );
    sockets.add(socket);
    socket.on("error", () => undefined).resume();
    socket.on("close", () => {
      sockets.delete(socket);
      if (!over) setTimeout(open, 50);
    });
  };
  for (let count = 0; count < 200; count += 1) open();
  return () => {
    over = true;
    for (const socket of sockets) socket.destroy();
  };
};

const sizes = (): { readonly plain: number; readonly gzipped: number } => {
  const folder = join(ROOT, "dist", "page");
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
  const contents = files.map(({ parentPath, name }) => readFileSync(join(parentPath, name)));
  const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);
  return {
    plain: sum(contents.map(({ length }) => length)),
    gzipped: sum(contents.map((content) => gzipSync(content, { level: 9 }).length)),
  };
};

/** Rows of a table: what, and how much. */
export const measurePage = async (doing: (what: string) => void): Promise<readonly string[]> => {
  const folder = await mkdtemp(join(tmpdir(), "w2m-bench-page-"));
  const port = await freePort();
  doing("the page: two years of walks");
  await storeWalks(join(folder, "data"), "p0", 730);
  const program = await Program.start({
    folder,
    config: {
      mqtt: { url: "mqtt://127.0.0.1:1" },
      web: { port },
      bluetooth: { radio: "simulator" },
      pads: PADS,
      simulator: { pads: PADS.map(({ address }) => ({ address })) },
    },
  });
  const streams: ClientRequest[] = [];
  const closeStreams = (): void => streams.splice(0).forEach((stream) => void stream.destroy());
  try {
    await program.untilLine(`Open http://127.0.0.1:${port}`, START_MS);
    await untilText(port, /"pad":"p0","state":"online"[\s\S]*"pad":"p1","state":"online"/);
    const timed = async (path: string): Promise<number> => {
      const from = performance.now();
      await (await fetch(`http://127.0.0.1:${port}/${path}`)).arrayBuffer();
      return performance.now() - from;
    };
    const took: Record<"picture" | "days", number[]> = { picture: [], days: [] };
    for (let run = 0; run < RUNS; run += 1) {
      took.picture.push(await untilText(port, /event: state/));
      took.days.push(await timed("api/days?since=2020-01-01"));
    }
    doing("the page: the load of three tabs");
    await set(port, { belt: "ON" });
    await sleep(WARM_MS);
    const idle = { cpu: await cpuShare(program.pid, SECONDS), mb: residentMb(program.pid) };
    for (let count = 0; count < 3; count += 1) streams.push(openStream(port));
    const three = { cpu: await cpuShare(program.pid, SECONDS), mb: residentMb(program.pid) };
    closeStreams();
    await set(port, { belt: "OFF" });
    doing("the page: stops");
    const alone = await stops(port, 5);
    for (let count = 0; count < 31; count += 1) streams.push(openStream(port));
    await sleep(1_000);
    const full = await stops(port, 5);
    closeStreams();
    const flooded = await stops(port, 5, () => flood(port));
    const { plain, gzipped } = sizes();
    const ms = ({ median, runs }: Summary, worst: number): string =>
      `${median.toFixed(1)} ms, at most ${worst.toFixed(1)} ms (${runs} runs)`;
    const row = (what: string, value: string): string => `| ${what} | ${value} |`;
    return [
      row("the page: size, gzipped", `${plain} bytes, ${gzipped} bytes`),
      row("opened → first picture", ms(summary(took.picture), Math.max(...took.picture))),
      row("two years of walks → days", ms(summary(took.days), Math.max(...took.days))),
      row(
        "three tabs, one of two pads walking: CPU of one core",
        `${idle.cpu.toFixed(1)} % → ${three.cpu.toFixed(1)} %`,
      ),
      row("the same: resident memory", `${Math.round(idle.mb)} MB → ${Math.round(three.mb)} MB`),
      row("STOP → `stopping` on the page, alone", ms(alone, alone.p99)),
      row("the same with 32 streams open", ms(full, full.p99)),
      row("the same under 200 refused connections at a time", ms(flooded, flooded.p99)),
    ];
  } finally {
    closeStreams();
    await program.dispose();
    await rm(folder, { recursive: true, force: true });
  }
};
