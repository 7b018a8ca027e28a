import { monotonic } from "./clock.js";
import { type KeyPress, keyAction } from "./model/keys.js";
import type { Actions } from "./net/actions.js";
import type { Store } from "./store.js";
import { TEXT } from "./text.js";

const focusOf = (target: EventTarget | null): KeyPress["focus"] => {
  if (!(target instanceof Element)) return "page";
  if (target.closest("input[type=text], textarea, [contenteditable]")) return "text";
  // Arrow keys select radio buttons and the days of the history.
  if (target.closest("input, select, [data-arrows]")) return "arrows";
  return target.closest("button, a, summary") ? "control" : "page";
};

const pressOf = (event: KeyboardEvent): KeyPress => ({
  key: event.key,
  repeat: event.repeat,
  modified: event.ctrlKey || event.altKey || event.metaKey || event.isComposing,
  focus: focusOf(event.target),
  inDialog: document.querySelector("dialog[open]") !== null,
});

/** Listens before any control does: a Space that stops the belt must not press a button. */
export const listenToKeys = (store: Store, actions: Actions): void => {
  let lastSpace: number | null = null;
  /** A button is pressed on key-up: a Space that was handled here on key-down must not press one. */
  let ours = false;

  const onDown = (event: KeyboardEvent): void => {
    const press = pressOf(event);
    // A held Enter would press a button repeatedly.
    if (event.key === "Enter" && event.repeat) return event.preventDefault();
    const now = monotonic();
    const action = keyAction(store.state, press, now, lastSpace);
    if (press.key === " " && !press.repeat) {
      lastSpace = now;
      ours = action !== null;
    }
    if (action !== null || (press.key === " " && ours)) event.preventDefault();
    if (action === null) return;
    event.stopPropagation();
    switch (action.type) {
      case "stop":
        if (!press.repeat) for (const pad of action.pads) actions.stop(pad);
        return;
      case "resume":
        actions.start(action.pad);
        return;
      case "wait":
        return actions.notice(TEXT.keys.pausedAgain);
      case "faster":
      case "slower":
        return actions.step(action.pad, action.type);
    }
  };

  const onUp = (event: KeyboardEvent): void => {
    if (event.key !== " " || !ours) return;
    ours = false;
    event.preventDefault();
    event.stopPropagation();
  };

  addEventListener("keydown", onDown, { capture: true });
  addEventListener("keyup", onUp, { capture: true });
};
