import { expect, test } from "vitest";
import { NO_FAULTS } from "../domain/faults.js";
import type { Config } from "./config.js";
import { loadConfig } from "./load.js";
import {
  dailyGoals,
  padPresets,
  padSettings,
  safetySettings,
  simulatedPads,
  walkSettings,
} from "./settings.js";

const config = (overrides: Readonly<Record<string, unknown>> = {}): Config => {
  const result = loadConfig({ file: null, explicit: false, env: {}, overrides });
  if (!result.ok) throw new Error(JSON.stringify(result.errors));
  return result.config;
};

test("the defaults in the domain's units", () => {
  expect(padSettings(config())).toEqual([]);
  expect(simulatedPads(config())).toEqual([]);
  expect(safetySettings(config())).toEqual({
    allowStart: true,
    stopOnExit: true,
    standbyOnExit: true,
    stopAfterCrash: true,
    brokerLostStopAfter: null,
    walkedOff: { stop: false, after: 15_000 },
    maxSession: null,
  });
  expect(walkSettings(config())).toEqual({
    pauseTimeout: 900_000,
    minDuration: 30,
    body: { weight: 75, age: null, height: null, sex: null },
  });
  expect(dailyGoals(config())).toEqual({ distance: null, steps: null, duration: null, calories: null });
});

test("presets are for the page, not for the pad", () => {
  const pads = [
    { id: "office", advertised_name: "a", presets: [2, 3.5] },
    { id: "den", advertised_name: "b" },
  ];
  expect([...padPresets(config({ pads }))]).toEqual([
    ["office", [2, 3.5]],
    ["den", null],
  ]);
});

test("pads: those that are enabled, speeds in hundredths, addresses in lower case, and those of all others", () => {
  const pads = [
    {
      id: "office",
      name: "Office",
      address: "57:4C:4E:00:11:22",
      max_speed: 4.5,
      min_speed: 1,
      start_speed: 2.25,
    },
    { id: "den", advertised_name: "KS-BLC2", protocol: "wilink" },
    { id: "attic", address: "57:4C:4E:00:11:33", enabled: false },
  ];
  const none = { maxSpeed: null, minSpeed: null, startSpeed: null };
  expect(padSettings(config({ pads }))).toEqual([
    {
      id: "office",
      name: "Office",
      address: "57:4c:4e:00:11:22",
      advertisedName: null,
      taken: ["57:4c:4e:00:11:33"],
      protocol: "auto",
      maxSpeed: 450,
      minSpeed: 100,
      startSpeed: 225,
    },
    {
      id: "den",
      name: "den",
      address: null,
      advertisedName: "KS-BLC2",
      taken: ["57:4c:4e:00:11:22", "57:4c:4e:00:11:33"],
      protocol: "wilink",
      ...none,
    },
  ]);
});

test("safety, session and goals", () => {
  const given = config({
    "safety.allow_start": false,
    "safety.stop_on_exit": false,
    "safety.standby_on_exit": false,
    "safety.stop_after_crash": false,
    "safety.broker_lost.action": "stop",
    "safety.broker_lost.after": 2.5,
    "safety.walked_off.action": "stop",
    "safety.walked_off.after": 3,
    "safety.max_session": 0.01,
    "goals.distance": 5,
    "goals.steps": 8000,
    "goals.duration": 90,
    "goals.calories": 300,
  });
  expect(safetySettings(given)).toEqual({
    allowStart: false,
    stopOnExit: false,
    standbyOnExit: false,
    stopAfterCrash: false,
    brokerLostStopAfter: 2500,
    walkedOff: { stop: true, after: 3000 },
    maxSession: 1,
  });
  expect(dailyGoals(given)).toEqual({ distance: 5000, steps: 8000, duration: 5400, calories: 300 });
});

test("simulated pads with their faults", () => {
  const pads = [
    {
      address: "57-4C-4E-00-11-22",
      name: "KS-BLC2",
      model: "p1",
      faults: { creep: 0.3, drop: true, corrupt: null },
    },
    { address: "57:4c:4e:00:11:33" },
  ];
  expect(simulatedPads(config({ "simulator.pads": pads }))).toEqual([
    {
      address: "57:4c:4e:00:11:22",
      name: "KS-BLC2",
      model: "p1",
      faults: { ...NO_FAULTS, creep: 30, drop: 1 },
    },
    { address: "57:4c:4e:00:11:33", name: null, model: "c2", faults: NO_FAULTS },
  ]);
});
