import { expect, test } from "vitest";
import type { Link } from "../../src/ble/radio.js";
import { BridgeError } from "../../src/domain/errors.js";
import { neverAborted, type RadioRig, rigOn, rigOver, waitUntil } from "../ble/rig.js";
import { VirtualController } from "../virtual-controller/controller.js";
import { ACL, EVENT, FROM_HOST, nameOf, STATUS } from "../virtual-controller/hci.js";
import { EchoPeripheral } from "../virtual-controller/peripheral.js";
import { EmulatedPeripheral } from "./peripheral.js";
import { EmulatedHciSocket, newBus } from "./socket.js";

const PAD = "57:4c:4e:00:11:22";
const signal = neverAborted();

/** The real noble on a controller, with one device in reach. */
interface Air extends RadioRig {
  readonly device: EchoPeripheral;
  readonly ear: Ear;
  /** Whether the device can be connected to now. */
  readonly isOnAir: () => boolean;
  /** Ends the link from the device's side. */
  readonly drop: (reason: number) => void;
}

interface Words {
  readonly commands: string[];
  readonly events: string[];
  /** ATT, and what the controller has sent of it. */
  readonly asked: string[];
  readonly answered: string[];
}

/** What goes through the HCI socket; advertisements are left out, since nobody agrees on their number. */
class Ear {
  readonly words: Words = { commands: [], events: [], asked: [], answered: [] };
  onWord: (word: string) => void = () => undefined;

  hear(from: "host" | "controller", packet: Buffer): void {
    const word = wordOf(packet);
    if (word === "Advertisement") return;
    const { commands, events, asked, answered } = this.words;
    const isTraffic = packet[0] === ACL || word === "Completed Packets";
    if (from === "host") (isTraffic ? asked : commands).push(word);
    else (isTraffic ? answered : events).push(word);
    this.onWord(word);
  }
}

/** Handles differ from controller to controller, and are left out. */
const wordOf = (packet: Buffer): string => {
  const hex = (from: number, to?: number): string => packet.subarray(from, to).toString("hex");
  if (packet[0] === ACL) return `ATT ${hex(9)}`;
  // The opcode as it goes through the socket, and the status.
  if (packet[0] === EVENT && packet[1] === 0x0e) return `Complete ${hex(4, 6)} ${hex(6, 7)}`;
  if (packet[0] === EVENT && packet[1] === 0x0f) return `Status ${hex(5, 7)} ${hex(3, 4)}`;
  return nameOf(packet);
};

/** A raw socket receives both directions. */
const isFromController = (packet: Buffer): boolean =>
  packet[0] === EVENT || (packet[0] === ACL && packet.readUInt16LE(1) >> 12 !== FROM_HOST);

const virtual = (): Air => {
  const [device, ear] = [new EchoPeripheral(PAD), new Ear()];
  const controller = new VirtualController([device]);
  controller.wire.onPacket = ({ from, bytes }) => {
    if (from === "host") ear.hear(from, Buffer.from(bytes));
  };
  // What the controller says is heard when it arrives, as on the emulator's socket.
  controller.bind({
    receive: (packet) => {
      if (isFromController(packet)) ear.hear("controller", packet);
    },
    fail: () => undefined,
  });
  return {
    ...rigOver(controller),
    device,
    ear,
    isOnAir: () => device.advertising(),
    drop: (reason) => controller.drop(PAD, reason),
  };
};

const emulated = (): Air => {
  const [device, ear, bus] = [new EchoPeripheral(PAD), new Ear(), newBus()];
  const host = new EmulatedPeripheral(device);
  bus.onPacket = (from, packet) => ear.hear(from, packet);
  const rig = rigOn(() => new EmulatedHciSocket(bus));
  return {
    ...rig,
    device,
    ear,
    isOnAir: () => host.isOnAir,
    drop: (reason) => host.drop(reason),
    async [Symbol.asyncDispose]() {
      await rig[Symbol.asyncDispose]();
      host.end();
    },
  };
};

interface Story extends Words {
  readonly outcome: unknown;
}

const storyOn = async (makeAir: () => Air, play: (air: Air) => Promise<unknown>): Promise<Story> => {
  await using air = makeAir();
  await waitUntil("the device is on the air", air.isOnAir);
  const outcome = await play(air);
  await air.radio[Symbol.asyncDispose]();
  return { outcome, ...air.ear.words };
};

const codeOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => "resolved",
    (reason: unknown) => (reason instanceof BridgeError ? reason.code : reason),
  );

const backOnAir = (air: Air): Promise<void> => waitUntil("the device is back on the air", air.isOnAir);

const send = (link: Link, ...bytes: number[]): Promise<void> =>
  link.write("fe02", Uint8Array.from(bytes), { signal, response: false });

const STORIES: Readonly<Record<string, (air: Air) => Promise<unknown>>> = {
  "power on, scan, connect, list the services": async (air) => [...(await air.connect(PAD)).services],

  "subscribe, write, be answered, read, close": async (air) => {
    const { device } = air;
    const link = await air.connect(PAD);
    const heard: string[] = [];
    await link.subscribe("fe01", (bytes) => heard.push(Buffer.from(bytes).toString("hex")), { signal });
    await send(link, 1, 2, 3);
    await waitUntil("the answer", () => heard.length > 0);
    const name = Buffer.from(await link.read("2a00", { signal })).toString();
    await link[Symbol.asyncDispose]();
    return { heard, name, written: device.written };
  },

  "a read that the device refuses": async (air) => codeOf((await air.connect(PAD)).read("fe02", { signal })),

  "an indication, and its confirmation": async (air) => {
    const link = await air.connect(PAD);
    const heard: number[] = [];
    await link.subscribe("2ad9", (bytes) => heard.push(...bytes), { signal });
    await link.write("2ad9", Uint8Array.of(8, 1), { signal, response: true });
    await waitUntil("the confirmation", () => air.ear.words.asked.includes("ATT 1e"));
    return heard;
  },

  "twenty writes in a row, and the link closed with the last": async (air) => {
    const { device } = air;
    const link = await air.connect(PAD);
    const writes = Array.from({ length: 20 }, (_, i) => codeOf(send(link, i)));
    await link[Symbol.asyncDispose]();
    await Promise.all(writes);
    return device.written.map(({ bytes }) => bytes[0]);
  },

  "a connect aborted in the moment of its success, and the next": async (air) => {
    const give = new AbortController();
    air.ear.onWord = (word) => {
      if (word === "Connected") give.abort(new BridgeError("aborted", "enough"));
    };
    const first = await codeOf(air.connect(PAD, give.signal));
    air.ear.onWord = () => undefined;
    await backOnAir(air);
    return [first, await codeOf(air.connect(PAD))];
  },

  "a link that the device ends, and the next": async (air) => {
    const [link, reasons] = [await air.connect(PAD), [] as unknown[]];
    for (const [each, reason] of [
      [link, STATUS.connectionTimeout],
      [null, STATUS.remoteClosed],
    ] as const) {
      const lost = each ?? (await air.connect(PAD));
      air.drop(reason);
      await waitUntil("the loss", () => lost.lost.aborted);
      reasons.push(String(lost.lost.reason), await codeOf(send(lost, 1)));
      await backOnAir(air);
    }
    return [...reasons, await codeOf(air.connect(PAD))];
  },

  "an advertiser is heard again and again, and not while it is connected": async (air) => {
    const stop = new AbortController();
    const heard: string[] = [];
    const scan = air.radio.scan(({ name, services }) => heard.push(`${name} ${services.join()}`), {
      signal: stop.signal,
    });
    await waitUntil("it is heard", () => heard.length > 5);
    const last = heard.at(-1);
    await air.connect(PAD);
    await waitUntil(
      "the scan is back",
      () => air.ear.words.commands.filter((word) => word === "Scan On").length === 2,
    );
    stop.abort();
    await scan;
    return { last, connections: air.device.connections };
  },
};

test.each(Object.entries(STORIES))(
  "noble says and hears the same on BlueZ's controller: %s",
  async (_name, play) => {
    const [ours, theirs] = [await storyOn(virtual, play), await storyOn(emulated, play)];
    expect(ours).toEqual(theirs);
    expect(ours.commands.length).toBeGreaterThan(10);
  },
);
