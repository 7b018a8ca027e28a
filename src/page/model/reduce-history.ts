import type { Action } from "./action.js";
import type { History } from "./state.js";

type HistoryAction = Extract<
  Action,
  { type: "range" | "metric" | "days" | "day" | "walks" | "walk" | "samples" }
>;

/** The earlier walks and days after `action`. */
export const reduceHistory = (history: History, action: HistoryAction): History => {
  switch (action.type) {
    case "range":
      return { ...history, range: action.range, day: null, walks: { status: "idle" }, walk: null };
    case "metric":
      return { ...history, metric: action.metric };
    case "days":
      return { ...history, days: action.days };
    case "day":
      return { ...history, day: action.day, walks: { status: "idle" }, walk: null };
    case "walks":
      return { ...history, walks: action.walks };
    case "walk":
      return { ...history, walk: action.walk && { walk: action.walk, samples: { status: "loading" } } };
    case "samples":
      return history.walk?.walk.id === action.id
        ? { ...history, walk: { ...history.walk, samples: action.samples } }
        : history;
  }
};
