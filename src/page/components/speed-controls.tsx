import { speedText, speedWithUnit } from "../format.js";
import { canSetSpeed } from "../model/belt.js";
import type { PadModel, State } from "../model/state.js";
import type { Actions } from "../net/actions.js";
import { TEXT } from "../text.js";
import { Button, RefusalNotes } from "./controls.js";
import { Icon } from "./icons.js";

interface Props {
  readonly state: State;
  readonly pad: PadModel;
  readonly actions: Actions;
}

/** ± half a km/h, and the presets. They change the speed of a running belt and never start one. */
export const SpeedControls = ({ state, pad, actions }: Props) => {
  const { id, presets } = pad.about;
  const { units } = state.preferences;
  const off = !canSetSpeed(state, pad);
  const target = pad.asked.speed?.value ?? pad.state?.target_speed ?? null;
  return (
    <div class="speed-controls">
      <div class="steps-row" role="group" aria-label={TEXT.speed.label}>
        <Button kind="round" off={off} label={TEXT.speed.slower} onPress={() => actions.step(id, "slower")}>
          <Icon name="minus" />
        </Button>
        <div class="presets" role="group" aria-label={TEXT.speed.presets}>
          {presets.map((preset) => (
            <Button
              key={preset}
              kind="chip"
              off={off}
              pressed={!off && target === preset}
              label={TEXT.speed.preset(speedWithUnit(preset, units))}
              onPress={() => actions.preset(id, preset)}
            >
              {speedText(preset, units)}
            </Button>
          ))}
        </div>
        <Button kind="round" off={off} label={TEXT.speed.faster} onPress={() => actions.step(id, "faster")}>
          <Icon name="plus" />
        </Button>
      </div>
      <RefusalNotes pad={pad.about.id} refused={pad.refused} controls={["speed"]} actions={actions} />
    </div>
  );
};

/** Incline, where the machine has one. */
export const InclineControls = ({ state, pad, actions }: Props) => {
  const range = pad.about.capabilities?.incline;
  if (!range) return null;
  const now = pad.asked.incline?.value ?? pad.state?.incline ?? 0;
  const off = !canSetSpeed(state, pad);
  const to = (value: number): void =>
    actions.incline(pad.about.id, Math.min(range.max, Math.max(range.min, Math.round(value * 10) / 10)));
  const step = Math.max(range.step, 0.5);
  return (
    <div class="incline">
      <div class="steps-row" role="group" aria-label={TEXT.incline.label}>
        <Button kind="round" off={off} label={TEXT.incline.down} onPress={() => to(now - step)}>
          <Icon name="minus" />
        </Button>
        <p class={`incline-value ${pad.asked.incline ? "pending" : ""}`}>
          <span class="label">{TEXT.incline.label}</span> <strong>{now.toFixed(1)} %</strong>
        </p>
        <Button kind="round" off={off} label={TEXT.incline.up} onPress={() => to(now + step)}>
          <Icon name="plus" />
        </Button>
      </div>
      <RefusalNotes pad={pad.about.id} refused={pad.refused} controls={["incline"]} actions={actions} />
    </div>
  );
};
