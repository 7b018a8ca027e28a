import { canSetSpeed, canStart, isPaused, mayMove, selectedPad } from "./belt.js";
import type { State } from "./state.js";

/** The relevant parts of a key press. */
export interface KeyPress {
  readonly key: string;
  /** Held down: the browser repeats it. */
  readonly repeat: boolean;
  readonly modified: boolean;
  /** Where the focus is: `text` takes letters, `control` uses the key itself (a button, a link). */
  readonly focus: "page" | "control" | "arrows" | "text";
  readonly inDialog: boolean;
}

export type KeyAction =
  /** `null`: every pad, while the page has not received the pads. */
  | { readonly type: "stop"; readonly pads: readonly (string | null)[] }
  | { readonly type: "resume" | "faster" | "slower"; readonly pad: string }
  /** Space was pressed too soon to be meant as a resume. */
  | { readonly type: "wait" };

/** A user who presses Space repeatedly until the belt rests must not start it again with the last press. */
const CALM_MS = 2_000;

const STEP: Readonly<Record<string, "faster" | "slower">> = {
  ArrowUp: "faster",
  "+": "faster",
  ArrowDown: "slower",
  "-": "slower",
};

const onSpace = (state: State, press: KeyPress, now: number, lastSpace: number | null): KeyAction | null => {
  if (state.pads === null) return { type: "stop", pads: [null] };
  const moving = state.pads.filter(mayMove);
  const selected = selectedPad(state);
  if (moving.length > 0) {
    const mine = moving.find(({ about }) => about.id === selected?.about.id);
    return { type: "stop", pads: (mine ? [mine] : moving).map(({ about }) => about.id) };
  }
  // At rest a focused control uses Space itself; a held key and an open dialog have no effect.
  if (press.repeat || press.inDialog || press.focus !== "page") return null;
  if (selected === null || !isPaused(selected) || !canStart(state, selected)) return null;
  const calm = (since: number | null): boolean => since === null || now - since >= CALM_MS;
  const rested = selected.restSince !== null && calm(selected.restSince);
  return rested && calm(lastSpace) ? { type: "resume", pad: selected.about.id } : { type: "wait" };
};

/**
 * The action of a key. Space stops any moving belt, wherever the focus is except in a text; on a paused session it
 * resumes. No key starts a session that is not paused. `lastSpace`: when Space was last pressed (monotonic
 * milliseconds).
 */
export const keyAction = (
  state: State,
  press: KeyPress,
  now: number,
  lastSpace: number | null,
): KeyAction | null => {
  if (press.modified || press.focus === "text") return null;
  if (press.key === " ") return onSpace(state, press, now, lastSpace);
  const step = STEP[press.key];
  if (
    step === undefined ||
    press.repeat ||
    press.inDialog ||
    press.focus === "arrows" ||
    !state.preferences.keys
  )
    return null;
  const pad = selectedPad(state);
  return pad !== null && canSetSpeed(state, pad) ? { type: step, pad: pad.about.id } : null;
};
