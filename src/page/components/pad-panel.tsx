import { speedText, speedUnit, speedWithUnit } from "../format.js";
import { canControl, canStart, isLive, isRunning, mayMove } from "../model/belt.js";
import type { PadModel, State } from "../model/state.js";
import type { Actions } from "../net/actions.js";
import { TEXT } from "../text.js";
import { Icon } from "./icons.js";
import { InclineControls, SpeedControls } from "./speed-controls.js";
import { StartSlot } from "./start-slot.js";

interface Props {
  readonly state: State;
  readonly pad: PadModel;
  readonly actions: Actions;
}

/** Selects one of several pads; each tab shows its belt's state. */
export const PadTabs = ({ state, actions }: Omit<Props, "pad">) =>
  (state.pads?.length ?? 0) < 2 ? null : (
    <nav class="pad-tabs" aria-label={TEXT.pads}>
      {(state.pads ?? []).map((pad) => (
        <button
          key={pad.about.id}
          type="button"
          class="pad-tab"
          aria-current={pad.about.id === state.selected ? "true" : undefined}
          onClick={() => actions.select(pad.about.id)}
        >
          <bdi class="pad-tab-name">{pad.about.name}</bdi>
          <span class="pad-tab-belt">
            <span class={`dot ${toneOf(state, pad)}`} aria-hidden="true" />
            {shortBelt(state, pad)}
          </span>
        </button>
      ))}
    </nav>
  );

const known = (state: State, pad: PadModel): boolean =>
  state.connection === "open" && pad.online && pad.state !== null;

const shortBelt = (state: State, pad: PadModel): string => {
  if (!known(state, pad) || pad.state === null) return TEXT.away;
  return isRunning(pad) ? speedWithUnit(pad.state.speed, state.preferences.units) : TEXT.belt[pad.state.belt];
};

const toneOf = (state: State, pad: PadModel): string => {
  if (!known(state, pad)) return "away";
  return mayMove(pad) ? "moving" : "rest";
};

/** The belt's state, announced when it changes; and the state of the link. */
const BeltLine = ({ state, pad }: Omit<Props, "actions">) => {
  const belt = known(state, pad) ? (pad.state?.belt ?? "unknown") : "unknown";
  const link = state.connection === "open" && pad.state !== null ? TEXT.link[pad.state.link] : TEXT.away;
  return (
    <div class="belt-line">
      <p class={`belt-word ${toneOf(state, pad)}`} role="status">
        <span class={`dot ${toneOf(state, pad)}`} aria-hidden="true" />
        <span class="hidden">{TEXT.beltLabel}: </span>
        <span data-belt={belt}>{TEXT.belt[belt]}</span>
      </p>
      <p class="link-word">{link}</p>
    </div>
  );
};

const Speed = ({ state, pad }: Omit<Props, "actions">) => {
  const { units } = state.preferences;
  const speed = known(state, pad) ? (pad.state?.speed ?? null) : null;
  const asked = pad.asked.speed?.value ?? null;
  const target = pad.state?.target_speed ?? null;
  const note =
    speed === null && pad.lastSpeed !== null
      ? TEXT.lastSeen(speedWithUnit(pad.lastSpeed, units))
      : asked !== null
        ? TEXT.speed.pending(speedWithUnit(asked, units))
        : target !== null && isLive(state)
          ? TEXT.speed.target(speedWithUnit(target, units))
          : canStart(state, pad)
            ? TEXT.speed.atRest
            : null;
  return (
    <div class="speed">
      <p class={`speed-number ${speed === null ? "unknown" : ""}`}>
        <span class="hidden">{TEXT.speed.label}: </span>
        <span data-speed>{speedText(speed, units)}</span>
        <span class="speed-unit"> {speedUnit(units)}</span>
      </p>
      <p class={`speed-target ${asked === null ? "" : "pending"}`}>{note ?? TEXT.speed.noTarget}</p>
    </div>
  );
};

const Problem = ({ state, pad }: Omit<Props, "actions">) => (
  <div role="alert">
    {state.connection === "open" && pad.state?.problem && (
      <p class="problem">
        <Icon name="warning" />
        <span>{TEXT.problem(pad.state.problem)}</span>
      </p>
    )}
  </div>
);

/** One pad: its belt and all controls except STOP, which is beside it. */
export const PadPanel = ({ state, pad, actions }: Props) => (
  <section class="panel pad-panel" aria-labelledby="pad-name">
    <h2 id="pad-name" class={(state.pads?.length ?? 0) < 2 ? "" : "hidden"}>
      <bdi>{pad.about.name}</bdi>
    </h2>
    <BeltLine state={state} pad={pad} />
    <Speed state={state} pad={pad} />
    <Problem state={state} pad={pad} />
    {canControl(pad) ? (
      <>
        <SpeedControls state={state} pad={pad} actions={actions} />
        <InclineControls state={state} pad={pad} actions={actions} />
        <StartSlot state={state} pad={pad} actions={actions} />
      </>
    ) : (
      <p class="start-note">{TEXT.watchOnly}</p>
    )}
  </section>
);
