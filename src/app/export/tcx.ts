import { averageSpeed } from "../../domain/stats.js";
import type { StoredSession, TimedSample } from "../../store/read.js";

// Garmin's Training Center database, version 2. Its schema requires the elements in this order, and Calories, Steps and
// heart rates in 16 and 8 bits. A walk is "Other": the schema has only running, biking and that.
const HEAD = `<?xml version="1.0" encoding="UTF-8"?>
<TrainingCenterDatabase xmlns="http://www.garmin.com/xmlschemas/TrainingCenterDatabase/v2">
 <Activities>
`;
const TAIL = ` </Activities>
</TrainingCenterDatabase>
`;
const EXTENSION = "http://www.garmin.com/xmlschemas/ActivityExtension/v2";

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
const time = (epochMs: number): string => new Date(epochMs).toISOString();
/** Hundredths of a km/h to m/s. */
const metresPerSecond = (speed: number): string => (speed / 360).toFixed(3);
const unsignedShort = (value: number): number => Math.min(0xffff, Math.max(0, Math.round(value)));

const heartRateOf = ({ heartRate }: TimedSample): number | null =>
  heartRate !== null && heartRate > 0 && heartRate <= 0xff ? Math.round(heartRate) : null;

const trackpoint = (sample: TimedSample): string => {
  const rate = heartRateOf(sample);
  const heart = rate === null ? "" : `<HeartRateBpm><Value>${rate}</Value></HeartRateBpm>`;
  const speed = `<Extensions><TPX xmlns="${EXTENSION}"><Speed>${metresPerSecond(sample.speed)}</Speed></TPX></Extensions>`;
  return (
    `     <Trackpoint><Time>${time(sample.at)}</Time>` +
    `<DistanceMeters>${sample.distance}</DistanceMeters>${heart}${speed}</Trackpoint>\n`
  );
};

const heartRates = (samples: readonly TimedSample[]): string => {
  const rates = samples.flatMap((sample) => heartRateOf(sample) ?? []);
  if (rates.length === 0) return "";
  const mean = Math.round(rates.reduce((sum, rate) => sum + rate, 0) / rates.length);
  const most = rates.reduce((a, b) => Math.max(a, b));
  return (
    `    <AverageHeartRateBpm><Value>${mean}</Value></AverageHeartRateBpm>\n` +
    `    <MaximumHeartRateBpm><Value>${most}</Value></MaximumHeartRateBpm>\n`
  );
};

const trackOf = (samples: readonly TimedSample[]): string =>
  // A session that only the pad recorded has no samples, and the schema allows no track without a point.
  samples.length === 0 ? "" : `    <Track>\n${samples.map(trackpoint).join("")}    </Track>\n`;

const activity = (session: StoredSession, samples: readonly TimedSample[], id: number): string => {
  const average = averageSpeed(session) ?? 0;
  return `  <Activity Sport="Other">
   <Id>${time(id)}</Id>
   <Lap StartTime="${time(session.startedAt)}">
    <TotalTimeSeconds>${session.duration}</TotalTimeSeconds>
    <DistanceMeters>${session.distance}</DistanceMeters>
    <MaximumSpeed>${metresPerSecond(session.maxSpeed)}</MaximumSpeed>
    <Calories>${unsignedShort(session.calories)}</Calories>
${heartRates(samples)}    <Intensity>Active</Intensity>
    <TriggerMethod>Manual</TriggerMethod>
${trackOf(samples)}    <Extensions><LX xmlns="${EXTENSION}"><AvgSpeed>${metresPerSecond(average)}</AvgSpeed><Steps>${unsignedShort(session.steps)}</Steps></LX></Extensions>
   </Lap>
   <Notes>${escaped(session.pad)}</Notes>
  </Activity>
`;
};

/** Two pads may start in the same millisecond; the schema requires unique Ids. */
function* withIds(sessions: readonly StoredSession[]): Generator<readonly [StoredSession, number]> {
  let lastId = -Infinity;
  for (const session of sessions) {
    lastId = Math.max(session.startedAt, lastId + 1);
    yield [session, lastId];
  }
}

/** The document in parts, one per session: a year of samples is too long for one string. */
export function* sessionsTcx(
  sessions: readonly StoredSession[],
  samplesOf: (session: StoredSession) => readonly TimedSample[],
): Generator<string> {
  yield HEAD;
  for (const [session, id] of withIds(sessions)) yield activity(session, samplesOf(session), id);
  yield TAIL;
}

/** The same where the samples come from another thread. */
export async function* readSessionsTcx(
  sessions: readonly StoredSession[],
  samplesOf: (session: StoredSession) => Promise<readonly TimedSample[]>,
): AsyncGenerator<string> {
  yield HEAD;
  for (const [session, id] of withIds(sessions)) yield activity(session, await samplesOf(session), id);
  yield TAIL;
}
