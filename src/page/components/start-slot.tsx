import { canStart, isAtRest, isPaused } from "../model/belt.js";
import type { PadModel, State } from "../model/state.js";
import type { Actions } from "../net/actions.js";
import { TEXT } from "../text.js";
import { Button, RefusalNotes } from "./controls.js";
import { Icon } from "./icons.js";
import { stopId } from "./stop-bar.js";

interface Props {
  readonly state: State;
  readonly pad: PadModel;
  readonly actions: Actions;
}

/**
 * The only control that starts a belt. While the belt moves nothing in it can be pressed, so that a late tap meets no
 * Start; after a press by key the focus moves to STOP, so that the next Space or Enter stops. After a press by touch or
 * mouse no control has the focus, so that Space stops, and later resumes.
 */
export const StartSlot = ({ state, pad, actions }: Props) => (
  <div class="start-slot">
    <StartButtons state={state} pad={pad} actions={actions} />
    <RefusalNotes pad={pad.about.id} refused={pad.refused} controls={["start"]} actions={actions} />
  </div>
);

const WalkingNote = () => (
  <p class="start-note">
    {TEXT.start.walking}
    <span class="keys-note">{TEXT.start.keys}</span>
  </p>
);

const StartButtons = ({ state, pad, actions }: Props) => {
  if (pad.asked.start || pad.state?.belt === "starting")
    return <p class="start-note pending">{TEXT.start.pending}</p>;
  if (!isAtRest(pad)) return pad.online && pad.state?.belt === "running" ? <WalkingNote /> : null;
  const { id } = pad.about;
  const paused = isPaused(pad);
  const allowed = state.info?.config.safety.allow_start !== false;
  const off = !canStart(state, pad);
  const start = ({ detail }: MouseEvent): void => {
    // Pressed by a key: there are no clicks to count.
    if (actions.start(id) && detail === 0)
      document.getElementById(stopId(id))?.focus({ preventScroll: true });
  };
  return (
    <div class="start-buttons">
      <Button kind="primary" off={off} onPress={start}>
        <Icon name="play" />
        {paused ? TEXT.start.resume : TEXT.start.start}
      </Button>
      {paused && (
        <Button kind="quiet" off={off} onPress={() => actions.endWalk(id)}>
          {TEXT.start.end}
        </Button>
      )}
      <p class="start-note">{allowed ? TEXT.start.hint : TEXT.start.notAllowed}</p>
    </div>
  );
};
