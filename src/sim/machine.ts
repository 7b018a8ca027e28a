import type { Faults } from "../domain/faults.js";
import { KM_PER_MILE, kmh } from "../domain/units.js";
import { aimBelt, beltAtRest, moveBelt, startBelt, stopBelt } from "./belt.js";
import type { Belt } from "./belt.js";
import type { MachineModel } from "./machine-model.js";
import { roll } from "./random.js";

/** A treadmill without its radio: the belt, its controls, and the person. Every protocol state belongs to one. */
export interface Machine<Model extends MachineModel = MachineModel> {
  readonly model: Model;
  readonly belt: Belt;
  /** Milliseconds since power-on. */
  readonly at: number;
  /** Someone walks: steps are counted while the belt moves. */
  readonly walker: boolean;
  /** The safety key is in its place: without it the belt slows to rest and does not start. */
  readonly safetyKey: boolean;
  /** Kilometres per unit of the machine: 1, or those of a mile. */
  readonly unit: number;
  /** km/h, the start speed of the pad's preferences. */
  readonly startSpeed: number;
  readonly faults: Faults;
  readonly seed: number;
}

interface MachineOptions {
  readonly faults: Faults;
  /** The machine is set to miles. */
  readonly imperial: boolean;
  /** km/h; the model's own when null. */
  readonly startSpeed: number | null;
  readonly seed: number;
}

export const newMachine = <Model extends MachineModel>(
  model: Model,
  options: MachineOptions,
): Machine<Model> => {
  const startSpeed = options.startSpeed ?? model.startSpeed;
  return {
    model,
    belt: beltAtRest(startSpeed),
    at: 0,
    walker: true,
    safetyKey: true,
    unit: options.imperial ? KM_PER_MILE : 1,
    startSpeed,
    faults: options.faults,
    seed: options.seed,
  };
};

/** `ms` of time. */
export const runMachine = <Model extends MachineModel>(
  machine: Machine<Model>,
  ms: number,
): Machine<Model> => {
  const load = { creep: kmh(machine.faults.creep), walker: machine.walker };
  return { ...machine, at: machine.at + ms, belt: moveBelt(machine.belt, machine.model.belt, load, ms) };
};

/** The countdown begins, unless the start is refused. */
export const startMachine = <Model extends MachineModel>(machine: Machine<Model>): Machine<Model> => {
  const [dice, seed] = roll(machine.seed);
  if (dice < machine.faults.refuseStart || !machine.safetyKey) return { ...machine, seed };
  const speed = machine.model.startsAt === "last-used" ? machine.belt.lastUsed : machine.startSpeed;
  return { ...machine, seed, belt: startBelt(machine.belt, machine.model.belt, speed) };
};

/** `speed` in km/h; without effect at rest. */
export const aimMachine = <Model extends MachineModel>(
  machine: Machine<Model>,
  speed: number,
): Machine<Model> =>
  machine.safetyKey ? { ...machine, belt: aimBelt(machine.belt, machine.model.belt, speed) } : machine;

export const stopMachine = <Model extends MachineModel>(machine: Machine<Model>): Machine<Model> => ({
  ...machine,
  belt: stopBelt(machine.belt, machine.model.belt),
});

export const isResting = (machine: Machine): boolean => machine.belt.phase === "rest";
