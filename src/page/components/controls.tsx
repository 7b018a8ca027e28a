import type { ComponentChildren } from "preact";
import type { Control, Requests } from "../model/state.js";
import type { Actions } from "../net/actions.js";
import { TEXT } from "../text.js";
import { Icon } from "./icons.js";

interface ButtonProps {
  readonly kind: "primary" | "quiet" | "round" | "chip" | "danger";
  readonly onPress: (event: MouseEvent) => void;
  /** Shows and announces the control as disabled, and keeps the focus on it. */
  readonly off?: boolean;
  readonly label?: string;
  readonly pressed?: boolean;
  readonly children: ComponentChildren;
}

export const Button = ({ kind, onPress, off = false, label, pressed, children }: ButtonProps) => (
  <button
    type="button"
    class={`button ${kind}`}
    aria-disabled={off ? "true" : undefined}
    aria-label={label}
    aria-pressed={pressed}
    onClick={off ? undefined : onPress}
  >
    {children}
  </button>
);

interface SegmentedProps<T extends string> {
  readonly name: string;
  readonly legend: string;
  readonly hideLegend?: boolean;
  readonly choices: Readonly<Record<T, string>>;
  readonly value: T;
  readonly onChoose: (value: T) => void;
}

/** One of a few options, all visible: styled radio buttons. */
export const Segmented = <T extends string>({
  name,
  legend,
  hideLegend = false,
  choices,
  value,
  onChoose,
}: SegmentedProps<T>) => (
  <fieldset class="segmented">
    <legend class={hideLegend ? "hidden" : ""}>{legend}</legend>
    <div class="segments">
      {(Object.keys(choices) as T[]).map((choice) => (
        <label key={choice} class="segment">
          <input
            type="radio"
            name={name}
            value={choice}
            checked={choice === value}
            onChange={() => onChoose(choice)}
          />
          <span>{choices[choice]}</span>
        </label>
      ))}
    </div>
  </fieldset>
);

interface RefusalProps {
  /** `null`: every pad. */
  readonly pad: string | null;
  readonly refused: Requests["refused"];
  readonly controls: readonly Control[];
  readonly actions: Actions;
}

/**
 * Why the last request failed, beside its control; the element is always present, so that screen readers announce it.
 */
export const RefusalNotes = ({ pad, refused, controls, actions }: RefusalProps) => (
  <div role="status" class="refusals">
    {controls.map((control) => {
      const message = refused[control];
      return message === undefined ? null : (
        <p key={control} class="refusal">
          <Icon name="warning" />
          <span>{message}</span>
          <button
            type="button"
            class="dismiss"
            aria-label={TEXT.dismiss}
            onClick={() => actions.dismiss(pad, control)}
          >
            <Icon name="close" />
          </button>
        </p>
      );
    })}
  </div>
);
