import { selectedPad } from "../model/belt.js";
import type { State } from "../model/state.js";
import type { Actions } from "../net/actions.js";
import { TEXT } from "../text.js";
import { Banners } from "./banners.js";
import { FirstPad } from "./first-pad.js";
import { HistoryPanel } from "./history.js";
import { LiveChart } from "./live-chart.js";
import { Today, WalkNumbers } from "./numbers.js";
import { PadPanel, PadTabs } from "./pad-panel.js";
import { EndDialog, PadDetails, Settings } from "./settings.js";
import { StopBar } from "./stop-bar.js";

interface Props {
  readonly state: State;
  readonly actions: Actions;
}

const Header = ({ state }: { readonly state: State }) => (
  <header class="header">
    <h1>{TEXT.title}</h1>
    <nav aria-label={TEXT.views.label} class="views">
      <a href="#walk" aria-current={state.view === "walk" ? "page" : undefined}>
        {TEXT.views.walk}
      </a>
      <a href="#history" aria-current={state.view === "history" ? "page" : undefined}>
        {TEXT.views.history}
      </a>
    </nav>
  </header>
);

/** On the left, or first on a phone: the belt and STOP. On the right: walk, day and history. */
export const App = ({ state, actions }: Props) => {
  const pad = selectedPad(state);
  return (
    <div class="app" data-view={state.view}>
      <Header state={state} />
      <Banners state={state} actions={actions} />
      <main class="columns">
        {(pad !== null || state.pads === null) && (
          <div class="live">
            {pad !== null && (
              <div class="live-panel">
                <PadTabs state={state} actions={actions} />
                <PadPanel state={state} pad={pad} actions={actions} />
              </div>
            )}
            <StopBar state={state} actions={actions} />
          </div>
        )}
        <div class="rest">
          {pad === null && state.pads !== null && <FirstPad state={state} actions={actions} />}
          {state.view === "history" && <HistoryPanel state={state} actions={actions} />}
          {state.view === "walk" && pad !== null && (
            <>
              <WalkNumbers pad={pad} preferences={state.preferences} />
              <Today pad={pad} preferences={state.preferences} />
              <LiveChart state={state} pad={pad} />
              <PadDetails pad={pad} state={state} />
            </>
          )}
        </div>
      </main>
      <Settings state={state} actions={actions} />
      <EndDialog state={state} actions={actions} />
    </div>
  );
};
