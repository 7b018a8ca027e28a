import type { DayPayload, FoundPad, PageEvents, SamplePayload, SessionPayload } from "../../api/page.js";
import type { Control, Dialog, Loaded, Metric, Preferences, Range, State } from "./state.js";

/** One server-sent event as an action: its name, and its data. */
export type StreamAction = {
  readonly [Name in keyof PageEvents]: { readonly type: Name; readonly data: PageEvents[Name] };
}[keyof PageEvents];

/** `pad` null: every pad. */
export type Action =
  | StreamAction
  | { readonly type: "lost"; readonly refusal: string | null }
  | { readonly type: "select"; readonly pad: string }
  | { readonly type: "view"; readonly view: State["view"] }
  | {
      readonly type: "asked";
      readonly pad: string | null;
      readonly control: Control;
      readonly id: number;
      readonly value: number | null;
    }
  | {
      readonly type: "undelivered";
      readonly pad: string | null;
      readonly control: Control;
      readonly id: number;
    }
  | {
      readonly type: "answered";
      readonly pad: string | null;
      readonly control: Control;
      readonly id: number;
      readonly refusal: string | null;
    }
  | { readonly type: "dismiss"; readonly pad: string | null; readonly control: Control }
  | { readonly type: "recorded"; readonly pad: string; readonly samples: readonly SamplePayload[] }
  | { readonly type: "range"; readonly range: Range }
  | { readonly type: "metric"; readonly metric: Metric }
  | { readonly type: "days"; readonly days: Loaded<readonly DayPayload[]> }
  | { readonly type: "day"; readonly day: string | null }
  | { readonly type: "walks"; readonly walks: Loaded<readonly SessionPayload[]> }
  | { readonly type: "walk"; readonly walk: SessionPayload | null }
  | { readonly type: "samples"; readonly id: string; readonly samples: Loaded<readonly SamplePayload[]> }
  | { readonly type: "scan"; readonly scan: Loaded<readonly FoundPad[]> }
  | { readonly type: "added"; readonly added: Loaded<string> }
  | { readonly type: "dialog"; readonly dialog: Dialog | null }
  | { readonly type: "notice"; readonly notice: string | null }
  | { readonly type: "preferences"; readonly preferences: Preferences }
  | { readonly type: "systemDark"; readonly dark: boolean };
