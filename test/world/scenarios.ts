import type { SimulatedModel } from "../../src/domain/faults.js";
import { speedFromKmh } from "../../src/domain/units.js";
import type { PadOptions } from "../../src/sim/pad.js";
import type { Air } from "./air.js";
import { type Day, type DayPad, type Deed, type Safety, usualSafety } from "./day.js";

// The holes of issue 9, told in the world's own words: on the code of b3614e9 the oracle finds each of them. Those of 14
// were found by days with text pads, on 83c0f81.

const pad = (model: SimulatedModel, options: PadOptions = {}, air: Partial<Air> = {}): DayPad => ({
  model,
  options: { mode: "manual", ...options },
  air,
  maxSpeed: null,
  startSpeed: null,
});

const day = (
  one: DayPad,
  deeds: readonly Deed[],
  lasts: number,
  safety: Partial<Safety> = {},
  heals = false,
): Day => ({
  seed: 9,
  pads: [one],
  safety: { ...usualSafety, ...safety },
  deeds: [...deeds].sort((a, b) => a.at - b.at),
  lasts,
  heals,
});

const send = (at: number, payload: Readonly<Record<string, string | number>>): Deed => ({
  at,
  do: "send",
  pad: 0,
  payload,
});
const press = (at: number, key: "start-stop" | "+" | "-"): Deed => ({ at, do: "press", pad: 0, key });
const ON = { belt: "ON" } as const;
const OFF = { belt: "OFF" } as const;
const every = <T>(ms: number, from: number, count: number, make: (at: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(from + i * ms));
const exit = (at: number, down: number): Deed => ({ at, do: "signal", down });

const walking = send(2500, { speed: 4 });
const c2 = pad("c2", { gap: 690 });

/** A scenario of each item, by its number and words. */
export const SCENARIOS: readonly (readonly [item: string, day: Day])[] = [
  ...every(
    100,
    0,
    10,
    (phase) =>
      [
        `9.1: OFF every second, ${phase} ms into a poll`,
        day(c2, [walking, ...every(1000, 20_000 + phase, 25, (at) => send(at, OFF))], 50_000),
      ] as const,
  ),
  ...every(
    100,
    0,
    10,
    (phase) =>
      [
        `9.1: one OFF, ${phase} ms into a poll`,
        day(c2, [walking, send(20_000 + phase, OFF)], 36_000),
      ] as const,
  ),
  [
    "9.2: MC21 on a slow link, stopped before permission was asked",
    day(
      pad("mc21", {}, { transit: 350 }),
      [press(3000, "start-stop"), press(9000, "+"), send(16_000, OFF)],
      40_000,
    ),
  ],
  [
    "9.3: with the link OFF a creeping belt is kept",
    day(
      c2,
      [
        send(3000, { link: "OFF" }),
        { at: 3500, do: "faults", pad: 0, faults: { creep: speedFromKmh(0.5) } },
        press(4000, "start-stop"),
        send(12_000, OFF),
      ],
      100_000,
    ),
  ],
  [
    "9.4: a stop accepted without a link, and the end",
    day(
      c2,
      [
        { at: 5000, do: "range", pad: 0, out: true },
        { at: 9500, do: "unlink", pad: 0 },
        press(11_000, "start-stop"),
        send(18_000, OFF),
        { at: 19_000, do: "range", pad: 0, out: false },
        exit(19_010, 0),
      ],
      19_020,
    ),
  ],
  [
    "9.5: a stop into a spin-up of 15 s that loses it",
    day(pad("ftms", { countdown: 15_000, deafSpinUp: true }), [send(3000, ON), send(9000, OFF)], 40_000),
  ],
  [
    "9.6: zeros prove nothing",
    day(pad("ftms", { silentData: true }), [send(3000, ON), send(40_000, OFF)], 60_000),
  ],
  [
    "9.7: a stop that was let go is not confirmed by the next run",
    day(pad("r1pro", { gap: 690 }), [send(2500, { speed: 9 }), exit(45_000, 500)], 60_000, {
      shutdown_timeout: 5,
    }),
  ],
  [
    "9.8: a stall with a write in flight",
    day(
      pad("c2", { gap: 690 }, { transit: 400 }),
      [walking, ...every(7400, 20_000, 10, (at): Deed => ({ at, do: "stall", ms: 3200 }))],
      95_000,
    ),
  ],
  ...(["c2", "ftms", "mc21"] as const).map(
    (model) =>
      [
        `9.9: ${model}: a speed that was obeyed, and a person who slows the belt`,
        day(
          pad(model),
          [
            send(2500, { speed: 2 }),
            send(20_000, { speed: 5 }),
            ...every(50, 22_600, 6, (at) => press(at, "-")),
          ],
          45_000,
        ),
      ] as const,
  ),
  [
    "9.10: slower, when the remote has just slowed the belt",
    day(
      pad("c2", { gap: 690, ramp: 3 }),
      [
        send(2500, { speed: 5.5 }),
        ...every(50, 20_000, 7, (at) => press(at, "-")),
        send(23_400, { command: "slower" }),
      ],
      35_000,
    ),
  ],
  ...every(
    400,
    600,
    6,
    (late) =>
      [
        `9.11: a minus ${late} ms into the ramp of a machine that takes miles`,
        day(
          pad("tm11gy"),
          [send(2500, { speed: 1.6 }), send(15_000, { speed: 3.5 }), press(15_000 + late, "-")],
          35_000,
        ),
      ] as const,
  ),
  ...every(
    400,
    1200,
    5,
    (transit) =>
      [
        `9.12: a start of several frames that take ${transit} ms each`,
        day(pad("mc21"), [{ at: 4000, do: "air", pad: 0, air: { transit } }, send(6000, ON)], 25_000),
      ] as const,
  ),
  [
    "9.13: after a crash, the part without the speed comes first",
    day(
      pad("ftms", {}, { parts: { speed: 400, rest: 0 } }),
      [walking, { at: 20_000, do: "kill", down: 3000 }],
      45_000,
    ),
  ],
  [
    "9.13: a crash in the countdown",
    day(pad("ftms", { countdown: 8000 }), [send(5000, ON), { at: 6500, do: "kill", down: 500 }], 35_000),
  ],
  [
    "9: a start that waits for the parser, and a stop that is handled ahead of it",
    day(
      c2,
      [send(4000, { mode: "manual" }), { at: 6000, do: "flood", ms: 1000 }, send(6100, ON), send(6200, OFF)],
      20_000,
    ),
  ],
  [
    "9.17: broker_lost acts once",
    day(
      c2,
      [
        walking,
        { at: 20_000, do: "broker", up: false },
        press(45_000, "start-stop"),
        { at: 65_000, do: "broker", up: true },
      ],
      66_000,
      { broker_lost: { action: "stop", after: 5 } },
    ),
  ],
  [
    "9.17: a broker that was reached in time stops nothing",
    day(c2, [send(2500, ON)], 20_000, { broker_lost: { action: "stop", after: 5 } }),
  ],
  [
    "14: a stop accepted by a pad of an unknown variant, and the end",
    day(
      pad("x21", { secondPair: { a: "C", b: "2" } }),
      [press(3000, "start-stop"), send(15_000, OFF), exit(20_000, 0)],
      21_000,
    ),
  ],
  [
    "14: a speed of which the last piece is never written",
    day(
      pad("x21"),
      [send(2500, { speed: 2 }), { at: 9400, do: "air", pad: 0, air: { transit: 1000, jitter: 20 } }],
      26_000,
    ),
  ],
  [
    "14: a start while the belt slows after a stop at the pad",
    day(pad("x21"), [walking, press(25_000, "start-stop"), send(26_500, ON)], 45_000),
  ],
  [
    "a notification that comes after its link was given up as silent says nothing of the next link",
    {
      ...day(
        pad("x21", { table: { a: "9", b: "8" } }, { transit: 350, pieces: { size: 20, pause: 40 } }),
        [
          send(1936, { belt: "OFF", speed: 0 }),
          { at: 3079, do: "stall", ms: 1000 },
          press(16_459, "start-stop"),
          exit(17_882, 500),
          { at: 22_747, do: "faults", pad: 0, faults: { refuseConnect: { share: 1, seconds: 20 } } },
          { at: 32_413, do: "faults", pad: 0, faults: {} },
        ],
        25_878,
      ),
      seed: 104_383,
    },
  ],
  ...(["z1", "mc21", "ftms", "tm11gy"] as const).map(
    (model) =>
      [
        `9.5: ${model} tells of a start at its own button, loses the stop in its spin-up, and is said to rest`,
        day(
          pad(model, { deafSpinUp: true, countdown: 8000 }),
          [press(5000, "start-stop"), send(6000, OFF)],
          30_000,
        ),
      ] as const,
  ),
  [
    "9.5: a start at its own button that it has told of, and the end of the program",
    day(
      pad("ftms", { deafSpinUp: true, countdown: 8000 }),
      [press(5000, "start-stop"), exit(6000, 0)],
      30_000,
    ),
  ],
  ...every(
    40,
    20_010,
    5,
    (at) =>
      [
        `rule 8: a stop that comes ${at - 20_000} ms after the signal, while nothing is waited for any more`,
        day(
          c2,
          [
            { at: 18_500, do: "range", pad: 0, out: true },
            press(19_500, "start-stop"),
            exit(20_000, 5_000),
            send(at, OFF),
          ],
          40_000,
          {
            stop_on_exit: false,
            standby_on_exit: false,
          },
        ),
      ] as const,
  ),
  [
    "rule 1: a machine refuses control for a while, fails every stop meanwhile, and grants it again",
    day(
      pad("ftms", { failsWithoutPermission: true }),
      [
        walking,
        { at: 15_000, do: "control", pad: 0, what: "refused" },
        send(20_000, OFF),
        { at: 24_000, do: "control", pad: 0, what: "allowed" },
      ],
      40_000,
      {},
      true,
    ),
  ],
  [
    "rule 8: a belt is started at the pad again while another one still slows down",
    {
      ...day(
        c2,
        [
          send(2500, { speed: 1 }),
          { at: 2500, do: "send", pad: 1, payload: { speed: 6 } },
          exit(25_000, 0),
          press(36_000, "start-stop"),
        ],
        60_000,
      ),
      pads: [c2, pad("c2", { gap: 690, ramp: 0.3 })],
    },
  ],
];
