import { describe, expect, it } from "vitest";
import { NO_FAULTS } from "../../domain/faults.js";
import { modelFor } from "../../protocol/models.js";
import type { ProtocolSession, DecodedMessage, Protocol } from "../../protocol/session.js";
import type { Operation } from "../../protocol/protocol.js";
import { wilink } from "../../protocol/wilink/wilink.js";
import { parseCommand } from "../../protocol/wilink/server-frames.js";
import { simulatedRadio } from "../../sim/radio.js";
import { ManualClock } from "../../../test/support/clock.js";
import { openConnection } from "./connection.js";

const ADDRESS = "57:4c:4e:00:11:22";
const model = modelFor("wilink", "KS-BLC2");

/** Every operation is two frames: a preamble, as MC21 pads want it before each command, and itself. */
const wordy: Protocol = {
  ...wilink,
  openSession(peer) {
    const talk = wilink.openSession(peer, model);
    const self: ProtocolSession = {
      ...talk,
      frames: (operation, now) => [...talk.frames({ op: "record" }, now), ...talk.frames(operation, now)],
      onWritten: () => self,
    };
    return self;
  },
};

const connect = async (protocol: Protocol) => {
  const clock = new ManualClock();
  const pad = { address: ADDRESS, name: null, model: "c2", faults: NO_FAULTS, options: { gap: 0 } } as const;
  const radio = simulatedRadio([pad], { clock });
  const link = await clock.settled(radio.connect(ADDRESS, { signal: new AbortController().signal }));
  const { signal: gone } = new AbortController();
  const heard: { readonly message: DecodedMessage; readonly poll: number | null }[] = [];
  const onMessage = (message: DecodedMessage, poll: number | null): void =>
    void heard.push({ message, poll });
  const connection = openConnection(link, protocol, model, false, { clock, gone, onMessage });
  const written = (): (string | undefined)[] =>
    radio.wire.map(({ bytes }) => parseCommand(bytes)?.operation?.op);
  return { clock, radio, link, connection, heard, written };
};

const yes = (): boolean => true;
const POLL: Operation = { op: "poll" };
const SPEED: Operation = { op: "speed", speed: 300 as never };

describe("a connection", () => {
  it("receives nothing before it is subscribed, then the subscribed characteristics", async () => {
    const { clock, connection, heard } = await connect(wilink);
    await clock.settled(connection.write(POLL, yes));
    await clock.advance(100);
    expect(heard).toEqual([]);
    await clock.settled(connection.listen());
    await clock.advance(2_600);
    const asked = clock.now();
    await clock.settled(connection.write(POLL, yes));
    await clock.settled(connection.write({ op: "preferences" }, yes));
    await clock.advance(100);
    expect(heard.map(({ message }) => message.kind)).toEqual(["status", "preferences"]);
    expect(heard.map(({ poll }) => poll)).toEqual([asked, null]);
  });

  it("writes the frames of an operation in order", async () => {
    const { clock, connection, written } = await connect(wordy);
    await clock.settled(connection.write(SPEED, yes));
    expect(written()).toEqual(["record", "speed"]);
  });

  it("writes no more of an operation that is not due any more", async () => {
    const { clock, radio, connection, written } = await connect(wordy);
    radio.hangWrites(ADDRESS, true);
    let stopped = false;
    const speed = connection.write(SPEED, () => !stopped);
    await clock.advance(100);
    stopped = true;
    const stop = connection.write({ op: "stop" }, yes);
    await clock.advance(100);
    radio.hangWrites(ADDRESS, false);
    await clock.settled(Promise.all([speed, stop]));
    await clock.advance(1_000);
    expect(written()).toEqual(["record", "record", "stop"]);
  });

  it("ends a write or a subscription after 3 s, and at once when the link is lost", async () => {
    const { clock, radio, connection } = await connect(wilink);
    radio.hangWrites(ADDRESS, true);
    const since = clock.now();
    await expect(clock.settled(connection.write(POLL, yes))).rejects.toMatchObject({ code: "timeout" });
    expect(clock.now() - since).toBeLessThanOrEqual(3_010);
    await expect(clock.settled(connection.listen())).rejects.toMatchObject({ code: "timeout" });
    const last = connection.write(POLL, yes);
    const gone = expect(last).rejects.toMatchObject({ code: "link-lost" });
    radio.disconnect(ADDRESS);
    await gone;
    await expect(connection.write(POLL, yes)).rejects.toMatchObject({ code: "link-lost" });
  });
});
