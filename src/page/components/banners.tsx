import { speedWithUnit } from "../format.js";
import { adviceBanners, type Banner, connectionBanner } from "../model/banner.js";
import type { State } from "../model/state.js";
import type { Actions } from "../net/actions.js";
import { TEXT } from "../text.js";
import { Icon } from "./icons.js";

const BannerBox = ({ banner, state }: { readonly banner: Banner; readonly state: State }) => (
  <div class={`banner ${banner.tone}`}>
    {banner.busy ? (
      <span class="busy" aria-hidden="true" />
    ) : (
      <Icon name={banner.tone === "info" ? "info" : "warning"} />
    )}
    <div class="banner-text">
      <p>{banner.text}</p>
      {banner.falling.length > 0 && (
        // Changes each second: hidden from screen readers, which get the sentence once.
        <p class="falling" aria-hidden="true">
          {banner.falling.map((pad) => (
            <span key={pad.about.id}>
              {(state.pads?.length ?? 0) > 1 && <bdi>{pad.about.name} </bdi>}
              <strong>{speedWithUnit(pad.state?.speed ?? null, state.preferences.units)}</strong>
            </span>
          ))}
        </p>
      )}
    </div>
  </div>
);

interface BannersProps {
  readonly state: State;
  readonly actions: Actions;
}

/** A connection problem is always shown at once, and announced by screen readers. */
export const Banners = ({ state, actions }: BannersProps) => {
  const main = connectionBanner(state);
  return (
    <div class="banners">
      <div role="alert">{main?.tone === "danger" && <BannerBox banner={main} state={state} />}</div>
      <div role="status">
        {main !== null && main.tone !== "danger" && <BannerBox banner={main} state={state} />}
        {adviceBanners(state).map((banner) => (
          <BannerBox key={banner.text} banner={banner} state={state} />
        ))}
        {state.notice !== null && (
          <div class="banner info">
            <Icon name="info" />
            <p class="banner-text">{state.notice}</p>
            <button
              type="button"
              class="dismiss"
              aria-label={TEXT.dismiss}
              onClick={() => actions.notice(null)}
            >
              <Icon name="close" />
            </button>
          </div>
        )}
      </div>
    </div>
  );
};
