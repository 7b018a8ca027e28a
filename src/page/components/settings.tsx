import { useLayoutEffect, useRef } from "preact/hooks";
import type { PadModel, State } from "../model/state.js";
import { speedWithUnit } from "../format.js";
import type { Actions } from "../net/actions.js";
import { TEXT } from "../text.js";
import { Button, Segmented } from "./controls.js";

interface Props {
  readonly state: State;
  readonly actions: Actions;
}

/** The preferences of this browser, and restart and shutdown of the bridge. */
export const Settings = ({ state, actions }: Props) => {
  const { preferences, info, connection } = state;
  return (
    <footer class="settings" aria-label={TEXT.settings.label}>
      <Segmented
        name="units"
        legend={TEXT.settings.units}
        choices={TEXT.settings.unitNames}
        value={preferences.units}
        onChoose={(units) => actions.prefer({ units })}
      />
      <Segmented
        name="theme"
        legend={TEXT.settings.theme}
        choices={TEXT.settings.themes}
        value={preferences.theme}
        onChoose={(theme) => actions.prefer({ theme })}
      />
      <div class="keys-choice">
        <label class="check">
          <input
            type="checkbox"
            checked={preferences.keys}
            onChange={() => actions.prefer({ keys: !preferences.keys })}
          />
          <span>{TEXT.settings.keys}</span>
        </label>
        <p class="quiet-note">{TEXT.settings.spaceAlways}</p>
      </div>
      <div class="bridge-choice">
        <div class="bridge-buttons">
          <Button kind="quiet" off={connection !== "open"} onPress={() => actions.ask("restart")}>
            {TEXT.settings.restart}
          </Button>
          <Button kind="quiet" off={connection !== "open"} onPress={() => actions.ask("shutdown")}>
            {TEXT.settings.shutdown}
          </Button>
        </div>
        {info !== null && <p class="quiet-note">{TEXT.settings.version(info.version)}</p>}
      </div>
    </footer>
  );
};

/** The confirmation before the bridge ends. The focus begins on Cancel. */
export const EndDialog = ({ state, actions }: Props) => {
  const element = useRef<HTMLDialogElement>(null);
  const { dialog } = state;
  useLayoutEffect(() => {
    if (dialog !== null) element.current?.showModal();
    else element.current?.close();
  }, [dialog]);
  // The event "close" comes a task after Escape: it must not close a dialog that was opened again in between.
  const onClose = (): void => {
    if (!element.current?.open) actions.ask(null);
  };
  const text = TEXT.end[dialog ?? "restart"];
  return (
    <dialog ref={element} aria-labelledby="dialog-title" onCancel={() => actions.ask(null)} onClose={onClose}>
      <h2 id="dialog-title">{text.title}</h2>
      <p>{text.text}</p>
      <div class="dialog-buttons">
        <Button kind="quiet" onPress={() => actions.ask(null)}>
          {TEXT.end.cancel}
        </Button>
        <Button kind="danger" onPress={() => void (dialog && actions.end(dialog))}>
          {text.confirm}
        </Button>
      </div>
    </dialog>
  );
};

/** Technical details. */
export const PadDetails = ({ pad, state }: { readonly pad: PadModel; readonly state: State }) => {
  const { about } = pad;
  const { units } = state.preferences;
  const limits = about.capabilities;
  const rssi = pad.state?.rssi ?? null;
  const facts: readonly (readonly [string, string])[] = [
    [TEXT.details.model, pad.state?.model ?? about.model ?? TEXT.details.unknown],
    [TEXT.details.protocol, pad.state?.protocol ?? about.protocol ?? TEXT.details.unknown],
    [TEXT.details.signal, rssi === null ? TEXT.details.unknown : `${rssi} dBm`],
    ...(limits === null
      ? []
      : [
          [
            TEXT.details.range,
            `${speedWithUnit(limits.min_speed, units)} – ${speedWithUnit(limits.max_speed, units)}`,
          ] as const,
        ]),
  ];
  return (
    <details class="panel details">
      <summary>{TEXT.details.label}</summary>
      <dl>
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
};
