import type { ComponentChildren } from "preact";
import {
  aboutText,
  distanceText,
  distanceUnit,
  durationText,
  metricText,
  tenthsText,
  wholeText,
} from "../format.js";
import type { Metric, PadModel, Preferences } from "../model/state.js";
import { TEXT } from "../text.js";
import { Icon } from "./icons.js";

interface Props {
  readonly pad: PadModel;
  readonly preferences: Preferences;
}

const Figure = ({ label, unit, children }: { label: string; unit?: string; children: ComponentChildren }) => (
  <div class="figure">
    <dt>{label}</dt>
    <dd>
      {children}
      {unit !== undefined && <span class="unit"> {unit}</span>}
    </dd>
  </div>
);

/** The open session, or the last one. */
export const WalkNumbers = ({ pad, preferences: { units } }: Props) => {
  const { state, stats } = pad;
  const walk = stats?.session;
  const { capabilities } = pad.about;
  const { heart_rate: heartRate = null, incline = null } = state ?? {};
  return (
    <section class="panel" aria-labelledby="numbers-title">
      <h2 id="numbers-title">{walk?.state === "ended" ? TEXT.numbers.lastWalk : TEXT.numbers.label}</h2>
      {walk?.id ? (
        <dl class="figures">
          <Figure label={TEXT.numbers.time}>{durationText(walk.duration)}</Figure>
          <Figure label={TEXT.numbers.distance} unit={distanceUnit(units)}>
            {distanceText(walk.distance, units)}
          </Figure>
          {capabilities?.steps !== false && (
            <Figure label={TEXT.numbers.steps}>{wholeText(walk.steps)}</Figure>
          )}
          <Figure label={TEXT.numbers.calories} unit="kcal">
            {wholeText(walk.calories)}
          </Figure>
          {heartRate !== null && (
            <Figure label={TEXT.numbers.heartRate} unit="bpm">
              {wholeText(heartRate)}
            </Figure>
          )}
          {incline !== null && (
            <Figure label={TEXT.numbers.incline} unit="%">
              {tenthsText(incline)}
            </Figure>
          )}
        </dl>
      ) : (
        <p class="quiet-note">{TEXT.numbers.none}</p>
      )}
    </section>
  );
};

const METRICS: readonly Metric[] = ["distance", "steps", "duration", "calories"];

const Ring = ({ metric, pad, preferences }: Props & { readonly metric: Metric }) => {
  const goal = pad.stats?.goals[metric];
  if (!goal) return null;
  const name = TEXT.goals.names[metric];
  const percent = Math.floor(goal.progress * 100);
  const done = goal.progress >= 1;
  return (
    <li class={`goal ${done ? "done" : ""}`}>
      <div class="ring">
        <svg viewBox="0 0 64 64" role="img" aria-label={TEXT.goals.ring(name, percent)}>
          <circle class="ring-track" cx="32" cy="32" r="27" />
          <circle
            class="ring-value"
            cx="32"
            cy="32"
            r="27"
            pathLength={100}
            stroke-dasharray={`${Math.min(100, goal.progress * 100)} 100`}
          />
        </svg>
        <span class="ring-text" aria-hidden="true">
          {done ? <Icon name="check" /> : `${percent}%`}
        </span>
      </div>
      <p class="goal-name">{name}</p>
      <p class="goal-value">{metricText(metric, pad.stats.today[metric], preferences.units)}</p>
      <p class="goal-note">{TEXT.goals.of(metricText(metric, goal.target, preferences.units))}</p>
      <p class="goal-note">
        {done ? TEXT.goals.reached : goal.eta === null ? "" : TEXT.goals.eta(aboutText(goal.eta))}
      </p>
    </li>
  );
};

/** The day: rings where there are goals, else the plain numbers. */
export const Today = ({ pad, preferences }: Props) => {
  const { stats } = pad;
  if (stats === null) return null;
  const goals = METRICS.filter((metric) => stats.goals[metric] !== null);
  return (
    <section class="panel" aria-labelledby="today-title">
      <h2 id="today-title">
        {TEXT.goals.label} <span class="aside">{TEXT.goals.sessions(stats.today.sessions)}</span>
      </h2>
      {goals.length > 0 ? (
        <ul class="goals">
          {goals.map((metric) => (
            <Ring key={metric} metric={metric} pad={pad} preferences={preferences} />
          ))}
        </ul>
      ) : (
        <dl class="figures small">
          {METRICS.map((metric) => (
            <Figure key={metric} label={TEXT.goals.names[metric]}>
              {metricText(metric, stats.today[metric], preferences.units)}
            </Figure>
          ))}
        </dl>
      )}
    </section>
  );
};
