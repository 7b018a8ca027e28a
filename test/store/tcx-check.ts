// The part of Garmin's TrainingCenterDatabasev2.xsd and ActivityExtensionv2.xsd that a walk needs, as tables: which
// children an element has, in which order, and what their text looks like.

interface Element {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly Element[];
  readonly text: string;
}

/** Reads XML without comments, CDATA and processing instructions but the first. Throws for what is not well-formed. */
export const parseXml = (xml: string): Element => {
  const body = xml.replace(/^<\?xml version="1\.0" encoding="UTF-8"\?>\n/, "");
  if (body === xml) throw new Error("no XML declaration");
  type Open = { name: string; attributes: Map<string, string>; children: Element[]; text: string };
  const root: Open = { name: "", attributes: new Map(), children: [], text: "" };
  const stack: Open[] = [root];
  for (const [, text = "", tag = ""] of body.matchAll(/([^<]*)<([^>]*)>/g)) {
    const top = stack.at(-1)!;
    top.text += text;
    if (tag.startsWith("/")) {
      if (stack.length < 2 || top.name !== tag.slice(1))
        throw new Error(`</${tag.slice(1)}> closes ${top.name}`);
      stack.pop();
      continue;
    }
    const [, name = "", rest = ""] = /^([A-Za-z0-9]+)((?: [A-Za-z:]+="[^"]*")*)\/?$/.exec(tag) ?? [];
    if (name === "") throw new Error(`not a tag: <${tag}>`);
    const attributes = new Map(
      [...rest.matchAll(/ ([A-Za-z:]+)="([^"]*)"/g)].map(([, key = "", value = ""]) => [key, value]),
    );
    const element: Open = { name, attributes, children: [], text: "" };
    top.children.push(element);
    if (!tag.endsWith("/")) stack.push(element);
  }
  if (stack.length !== 1 || root.children.length !== 1) throw new Error("not one closed root");
  return root.children[0]!;
};

/** The text of every element of a name, with that of its children, in order. */
export const textOf = (element: Element, name: string): string[] => [
  ...(element.name === name ? [allText(element)] : []),
  ...element.children.flatMap((child) => textOf(child, name)),
];
const allText = ({ text, children }: Element): string => text.trim() + children.map(allText).join("");

const dateTime = (text: string): boolean =>
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(text) && !Number.isNaN(Date.parse(text));
const double = (text: string): boolean => /^-?\d+(\.\d+)?$/.test(text);
const integer =
  (from: number, to: number) =>
  (text: string): boolean =>
    /^\d+$/.test(text) && Number(text) >= from && Number(text) <= to;
const unsignedShort = integer(0, 65_535);
const positiveByte = integer(1, 255);
const oneOf =
  (...words: readonly string[]) =>
  (text: string): boolean =>
    words.includes(text);

type Many = "1" | "?" | "*" | "+";
type Child = readonly [name: string, many: Many, type: string | ((text: string) => boolean)];
interface Complex {
  readonly attributes?: Readonly<Record<string, (text: string) => boolean>>;
  readonly children: readonly Child[];
}
const DATABASE = "http://www.garmin.com/xmlschemas/TrainingCenterDatabase/v2";
const EXTENSION = "http://www.garmin.com/xmlschemas/ActivityExtension/v2";
const any = (): boolean => true;

const TYPES: Readonly<Record<string, Complex>> = {
  TrainingCenterDatabase_t: {
    attributes: { xmlns: oneOf(DATABASE) },
    children: [
      ["Folders", "?", "nothing"],
      ["Activities", "?", "ActivityList_t"],
      ["Workouts", "?", "nothing"],
      ["Courses", "?", "nothing"],
      ["Author", "?", "nothing"],
      ["Extensions", "?", "nothing"],
    ],
  },
  nothing: { children: [] },
  ActivityList_t: { children: [["Activity", "*", "Activity_t"]] },
  Activity_t: {
    attributes: { Sport: oneOf("Running", "Biking", "Other") },
    children: [
      ["Id", "1", dateTime],
      ["Lap", "+", "ActivityLap_t"],
      ["Notes", "?", any],
      ["Training", "?", "nothing"],
      ["Creator", "?", "nothing"],
      ["Extensions", "?", "nothing"],
    ],
  },
  ActivityLap_t: {
    attributes: { StartTime: dateTime },
    children: [
      ["TotalTimeSeconds", "1", double],
      ["DistanceMeters", "1", double],
      ["MaximumSpeed", "?", double],
      ["Calories", "1", unsignedShort],
      ["AverageHeartRateBpm", "?", "HeartRateInBeatsPerMinute_t"],
      ["MaximumHeartRateBpm", "?", "HeartRateInBeatsPerMinute_t"],
      ["Intensity", "1", oneOf("Active", "Resting")],
      ["Cadence", "?", integer(0, 254)],
      ["TriggerMethod", "1", oneOf("Manual", "Distance", "Location", "Time", "HeartRate")],
      ["Track", "*", "Track_t"],
      ["Notes", "?", any],
      ["Extensions", "?", "LapExtensions"],
    ],
  },
  HeartRateInBeatsPerMinute_t: { children: [["Value", "1", positiveByte]] },
  Track_t: { children: [["Trackpoint", "+", "Trackpoint_t"]] },
  Trackpoint_t: {
    children: [
      ["Time", "1", dateTime],
      ["Position", "?", "nothing"],
      ["AltitudeMeters", "?", double],
      ["DistanceMeters", "?", double],
      ["HeartRateBpm", "?", "HeartRateInBeatsPerMinute_t"],
      ["Cadence", "?", integer(0, 254)],
      ["SensorState", "?", oneOf("Present", "Absent")],
      ["Extensions", "?", "TrackpointExtensions"],
    ],
  },
  TrackpointExtensions: { children: [["TPX", "*", "ActivityTrackpointExtension_t"]] },
  LapExtensions: { children: [["LX", "*", "ActivityLapExtension_t"]] },
  ActivityTrackpointExtension_t: {
    attributes: { xmlns: oneOf(EXTENSION) },
    children: [
      ["Speed", "?", double],
      ["RunCadence", "?", integer(0, 254)],
      ["Watts", "?", unsignedShort],
    ],
  },
  ActivityLapExtension_t: {
    attributes: { xmlns: oneOf(EXTENSION) },
    children: [
      ["AvgSpeed", "?", double],
      ["MaxBikeCadence", "?", integer(0, 254)],
      ["AvgRunCadence", "?", integer(0, 254)],
      ["MaxRunCadence", "?", integer(0, 254)],
      ["Steps", "?", unsignedShort],
      ["AvgWatts", "?", unsignedShort],
      ["MaxWatts", "?", unsignedShort],
    ],
  },
};

const check = (element: Element, type: string | ((text: string) => boolean), path: string): string[] => {
  if (typeof type !== "string") {
    const fits = element.children.length === 0 && type(element.text);
    return fits ? [] : [`${path}: ${JSON.stringify(element.text)}`];
  }
  const { attributes = {}, children } = TYPES[type]!;
  const wrong = element.text.trim() === "" ? [] : [`${path}: text ${JSON.stringify(element.text.trim())}`];
  for (const [name, fits] of Object.entries(attributes))
    if (!fits(element.attributes.get(name) ?? "")) wrong.push(`${path}: attribute ${name}`);
  for (const name of element.attributes.keys())
    if (!(name in attributes)) wrong.push(`${path}: attribute ${name}`);
  let rest = element.children;
  for (const [name, many, childType] of children) {
    const others = rest.findIndex((child) => child.name !== name);
    const found = others === -1 ? rest : rest.slice(0, others);
    rest = rest.slice(found.length);
    if (found.length === 0 && (many === "1" || many === "+")) wrong.push(`${path}: no ${name}`);
    if (found.length > 1 && (many === "1" || many === "?"))
      wrong.push(`${path}: ${found.length} times ${name}`);
    for (const child of found) wrong.push(...check(child, childType, `${path}/${name}`));
  }
  if (rest.length > 0) wrong.push(`${path}: ${rest[0]!.name} is not expected here`);
  return wrong;
};

/** What is wrong with a TCX document; nothing, where it is valid. */
export const checkTcx = (xml: string): string[] => {
  const root = parseXml(xml);
  if (root.name !== "TrainingCenterDatabase") return [`the root is ${root.name}`];
  // ActivityIdMustBeUnique.
  const ids = textOf(root, "Id");
  const twice = ids.filter((id, index) => ids.indexOf(id) !== index).map((id) => `Id ${id} twice`);
  return [...check(root, "TrainingCenterDatabase_t", "TrainingCenterDatabase"), ...twice];
};
