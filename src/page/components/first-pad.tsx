import type { FoundPad } from "../../api/page.js";
import type { State } from "../model/state.js";
import type { Actions } from "../net/actions.js";
import { TEXT } from "../text.js";
import { Button } from "./controls.js";
import { Icon } from "./icons.js";

interface Props {
  readonly state: State;
  readonly actions: Actions;
}

/** Bars as on a phone; the text beside them has the same meaning. */
const Signal = ({ rssi }: { readonly rssi: number | null }) => {
  const level = rssi === null ? 0 : rssi >= -60 ? 3 : rssi >= -75 ? 2 : 1;
  return (
    <svg class="signal" viewBox="0 0 18 16" aria-hidden="true">
      {[1, 2, 3].map((bar) => (
        <rect
          key={bar}
          class={bar <= level ? "on" : ""}
          x={bar * 6 - 6}
          y={16 - bar * 5}
          width="4"
          height={bar * 5}
          rx="1"
        />
      ))}
    </svg>
  );
};

const Found = ({ found, actions }: { readonly found: FoundPad; readonly actions: Actions }) => {
  const { proposal } = found;
  return (
    <li class="found">
      <Signal rssi={found.rssi} />
      <div class="found-text">
        <bdi class="found-name">{found.name ?? TEXT.first.unnamed}</bdi>
        <span class="found-facts">
          {[found.model, TEXT.first.signal(found.rssi)].filter((word) => word !== null).join(" · ")}
        </span>
      </div>
      {proposal !== null ? (
        <Button kind="primary" onPress={() => void actions.addPad(proposal)}>
          {TEXT.first.use}
        </Button>
      ) : (
        <span class="found-facts">
          {found.configured === null ? TEXT.first.unsupported : TEXT.first.used}
        </span>
      )}
    </li>
  );
};

/** Shown while no pad is configured: the pads in range, the strongest first. */
export const FirstPad = ({ state, actions }: Props) => {
  const { scan, added } = state;
  return (
    <section class="panel first-pad" aria-labelledby="first-title">
      <h2 id="first-title">{TEXT.first.title}</h2>
      <p>{TEXT.first.lead}</p>
      <Button kind="primary" off={scan.status === "loading"} onPress={() => void actions.scan()}>
        {scan.status === "loading" ? TEXT.first.scanning : TEXT.first.scan}
      </Button>
      <div role="status">
        {scan.status === "failed" && (
          <p class="refusal">
            <Icon name="warning" /> <span>{scan.message}</span>
          </p>
        )}
        {scan.status === "ready" && scan.value.length === 0 && <p>{TEXT.first.none}</p>}
        {added.status === "failed" && (
          <p class="refusal">
            <Icon name="warning" /> <span>{added.message}</span>
          </p>
        )}
        {added.status === "ready" && <p class="success">{TEXT.first.added(added.value)}</p>}
      </div>
      {added.status === "ready" && (
        <Button kind="primary" onPress={() => void actions.end("restart")}>
          {TEXT.first.restart}
        </Button>
      )}
      {scan.status === "ready" && added.status !== "ready" && (
        <ul class="found-list">
          {scan.value.map((found) => (
            <Found key={found.address} found={found} actions={actions} />
          ))}
        </ul>
      )}
    </section>
  );
};
