import type { Belt, LinkStateName, Problem } from "../domain/state.js";
import type { Metric, Range, Theme, Units } from "./model/state.js";

// All texts of the page.

const BELT: Readonly<Record<Belt, string>> = {
  standby: "Standby",
  idle: "At rest",
  starting: "Starting",
  running: "Running",
  stopping: "Stopping",
  paused: "Paused",
  unknown: "Unknown",
};

const LINK: Readonly<Record<LinkStateName, string>> = {
  off: "Bluetooth disconnected",
  scanning: "Waiting for the pad",
  connecting: "Connecting to the pad",
  ready: "Connected",
  lost: "Bluetooth connection lost",
  stopping: "Disconnecting",
};

const PROBLEM: Readonly<Partial<Record<Problem, string>>> = {
  "stop-unconfirmed":
    "The stop is not confirmed; the belt may still be moving. The bridge keeps trying. Use the pad's remote or its mains switch.",
  "link-lost":
    "The Bluetooth connection was lost while the belt moved; it may still be moving. Press STOP, and use the pad's remote.",
  "no-telemetry":
    "The pad's data does not show its belt, which may be moving. A stop is sent and cannot be confirmed. Use the pad's remote.",
  "commands-blocked":
    "The broker refuses the bridge's subscription: OFF over MQTT does not arrive. Use this page or the pad's remote.",
  fault: "The pad reports a fault. Look at its display, and switch it off and on.",
  "safety-key": "The pad's safety key is missing. The belt does not start without it.",
  "unknown-variant":
    "The pad has no control that the bridge supports. The bridge writes nothing to the belt, not even a stop. Use the pad's remote.",
  "control-lost": "The pad refuses control. Another app may be using it: close that app.",
  "radio-off": "Bluetooth is off on the bridge's computer. Switch it on; until then use the pad's remote.",
  "ambiguous-name":
    "Two pads in range have this name, so the bridge connects to neither. Set the pad's address in the configuration.",
  "not-a-pad": "The device at this address is not a walking pad. Check the address in the configuration.",
  "imperial-units": "The pad counts in miles. Its speed is limited as if its numbers were miles per hour.",
};

const REMOTE = "Use the pad's remote or its mains switch.";

export const TEXT = {
  title: "Walking pad",
  views: { label: "View", walk: "Walk", history: "History" },
  pads: "Pads",
  banner: {
    connecting: "Connecting to the bridge …",
    stopping: "The bridge is stopping. The belt is brought to rest first.",
    stoppingRest: "The bridge is stopping. The belt is at rest.",
    ended: "The bridge has ended. The belt is at rest. You may close this window.",
    endedFalling: (pads: string) =>
      `The bridge has ended. ${pads}: the belt was still slowing down. Wait until it is at rest before you step on or off. ${REMOTE}`,
    endedMoving: (pads: string) =>
      `The bridge has ended. ${pads}: the belt is not confirmed stopped; it may still be moving. ${REMOTE}`,
    lost: "The connection to the bridge is lost. This page can neither show nor stop the belt. Use the pad's remote.",
    refused: (why: string) =>
      `The bridge refuses the connection: ${why} This page can neither show nor stop the belt. Use the pad's remote.`,
    radio: (advice: string) => `Bluetooth: ${advice}`,
    store: (advice: string) => `History: ${advice}`,
  },
  belt: BELT,
  link: LINK,
  problem: (problem: string): string =>
    PROBLEM[problem as Problem] ?? `The pad reports a problem: ${problem}.`,
  beltLabel: "Belt",
  away: "Not connected",
  lastSeen: (speed: string) => `Last seen at ${speed}`,
  speed: {
    label: "Speed",
    target: (speed: string) => `Target ${speed}`,
    pending: (speed: string) => `Changing to ${speed} …`,
    noTarget: "Target –",
    slower: "Slower",
    faster: "Faster",
    presets: "Preset speeds",
    preset: (speed: string) => `Change to ${speed}`,
    atRest: "Speeds can be set while the belt runs.",
  },
  start: {
    start: "Start",
    resume: "Resume",
    pending: "Starting …",
    end: "End walk",
    walking: "STOP pauses the walk. Resume or end it then.",
    keys: " Space stops, too.",
    notAllowed: "Starting from this page is disabled (safety.allow_start).",
    hint: "Stand beside the belt, or on the frame, when it starts.",
  },
  stop: {
    stop: "STOP",
    /** After the word STOP the first part may be left out. */
    pending: ["Stop", "sent"],
    all: "every pad",
    undelivered: "The stop has not reached the bridge. Trying again. Use the pad's remote.",
  },
  watchOnly: "This pad can only be watched: it has no control that the bridge supports. Use its remote.",
  incline: { label: "Incline", up: "Incline up", down: "Incline down" },
  numbers: {
    label: "This walk",
    lastWalk: "Last walk",
    time: "Time",
    distance: "Distance",
    steps: "Steps",
    calories: "Calories",
    heartRate: "Heart rate",
    incline: "Incline",
    average: "Average",
    step: "step",
    stepsUnit: "steps",
    estimate: "Calories are an estimate.",
    none: "No walk yet. It begins when the belt moves.",
  },
  goals: {
    label: "Today",
    names: { distance: "Distance", steps: "Steps", duration: "Time", calories: "Calories" } satisfies Record<
      Metric,
      string
    >,
    of: (target: string) => `of ${target}`,
    eta: (time: string) => `${time} to go`,
    reached: "Reached",
    ring: (name: string, percent: number) => `${name}: ${percent} %`,
    sessions: (count: number) => (count === 1 ? "1 walk" : `${count} walks`),
  },
  live: {
    label: "Last ten minutes",
    speed: "Speed",
    target: "Target",
    empty: "The chart begins when the belt moves.",
    chart: (speed: string) => `Chart of the speed in the last ten minutes. Now ${speed}.`,
  },
  details: {
    label: "About this pad",
    model: "Model",
    protocol: "Protocol",
    signal: "Signal",
    range: "Speeds",
    lastStatus: "Last status",
    unknown: "unknown",
  },
  history: {
    label: "History",
    ranges: { week: "Week", month: "Month", year: "Year" } satisfies Record<Range, string>,
    range: "Period",
    metrics: {
      distance: "Distance",
      steps: "Steps",
      duration: "Time",
      calories: "Calories",
    } satisfies Record<Metric, string>,
    metric: "Shown",
    goal: (value: string) => `Goal ${value}`,
    total: (value: string) => `${value} in total`,
    best: (value: string, day: string) => `Best day ${value}, ${day}`,
    bars: "Days. The left and right arrow keys select a day.",
    bar: (day: string, value: string) => `${day}: ${value}`,
    noWalks: "No walks on this day.",
    nothing: (days: number, shortest: number | null) =>
      `No walks in the last ${days} days. Walks ${shortest === null ? "" : `of at least ${shortest} seconds `}are kept and shown here.`,
    loading: "Loading …",
    walks: "Walks",
    walk: (time: string) => `Walk at ${time}`,
    under: "under way",
    from: (pad: string) => `on ${pad}`,
    back: "Back to the walks",
    samples: "There is no chart of this walk: only the pad recorded it.",
    pauses: (count: number) => (count === 0 ? "No pauses" : count === 1 ? "1 pause" : `${count} pauses`),
    download: "Download",
    downloads: { csv: "CSV", tcx: "TCX", fit: "FIT" },
    downloadAll: (range: string) => `All walks of the ${range}`,
    chart: (name: string) => `Chart: ${name}`,
    series: {
      speed: "Speed",
      heartRate: "Heart rate",
      incline: "Incline",
      steps: "Steps",
    },
    pauseNote: "Shaded: pauses.",
  },
  first: {
    title: "No pad is configured yet",
    lead: "Switch your pad on, close its phone app, then look for it here.",
    scan: "Look for pads",
    scanning: "Looking for pads …",
    none: "No pad found. Switch it on, close its phone app, and move it closer to the bridge.",
    use: "Use this pad",
    used: "Configured",
    unsupported: "Not supported yet",
    unnamed: "Pad without a name",
    signal: (dbm: number | null) =>
      dbm === null
        ? "Signal unknown"
        : `${dbm >= -60 ? "Strong" : dbm >= -75 ? "Fair" : "Weak"}, \u2212${-dbm}\u00a0dBm`,
    added: (file: string) => `Written to ${file}. Restart the bridge to use the pad.`,
    restart: "Restart the bridge now",
  },
  settings: {
    label: "Settings",
    units: "Units",
    unitNames: { km: "km", miles: "miles" } satisfies Record<Units, string>,
    theme: "Appearance",
    themes: { system: "System", light: "Light", dark: "Dark" } satisfies Record<Theme, string>,
    keys: "Arrow keys, + and − change the speed",
    spaceAlways: "Space always stops a moving belt.",
    bridge: "Bridge",
    restart: "Restart …",
    shutdown: "Shut down …",
    version: (version: string) => `walkingpad2mqtt ${version}`,
  },
  end: {
    restart: {
      title: "Restart the bridge?",
      text: "A moving belt is stopped and brought to rest first.",
      confirm: "Restart",
      after: (terminal: boolean) =>
        terminal
          ? "The bridge ends. It was started on a terminal: start it again there."
          : "The bridge restarts. This page reconnects by itself.",
    },
    shutdown: {
      title: "Shut down the bridge?",
      text: "A moving belt is stopped and brought to rest first. Then the bridge ends. Where it runs as a service (systemd, Docker, Home Assistant), that service starts it again.",
      confirm: "Shut down",
      after: (terminal: boolean) =>
        terminal
          ? "The bridge ends."
          : "The bridge ends. If it runs as a service, the service starts it again unless configured otherwise.",
    },
    cancel: "Cancel",
  },
  keys: {
    pausedAgain: "The belt has just come to rest. Press Space again to resume the walk.",
  },
  errors: {
    notDelivered: "The request did not reach the bridge. Nothing was changed.",
    status: (status: number) => `The bridge answered with error ${status}.`,
  },
  dismiss: "Dismiss",
} as const;
