import type { Address, Advertisement, Radio } from "../../ble/radio.js";
import type { Clock } from "../../clock.js";
import type { PadSettings } from "../../domain/pad.js";

/** Long enough to receive every pad in range: pads advertise about every 100 ms to 1 s. */
const LISTEN_MS = 3_000;
/** An advertiser that was not received in this much scanning no longer makes a name ambiguous. */
const FORGET_MS = 30_000;
/** A longer time between two advertisements was not all scanning: the scan pauses while others connect. */
const COUNTED_MS = 1_000;

export interface FinderDeps {
  readonly radio: Radio;
  readonly clock: Clock;
  /** The address that this pad's name was bound to before, or null. */
  readonly bound: () => Address | null;
  readonly bind: (address: Address) => void;
  readonly onAmbiguous: (addresses: readonly Address[]) => void;
  readonly onAdvertisement: (advertisement: Advertisement) => void;
}

/** Waits until the pad advertises. Resolves with its address, or null when the signal aborts; rejects as `scan` does. */
export const findPad = async (
  settings: PadSettings,
  deps: FinderDeps,
  signal: AbortSignal,
): Promise<Address | null> => {
  const known = settings.address ?? deps.bound();
  const address =
    known === null ? await listenForName(settings, deps, signal) : await listenFor(known, deps, signal);
  if (address !== null && known === null) deps.bind(address);
  return address;
};

const scanUntil = async (
  deps: FinderDeps,
  signal: AbortSignal,
  onAdvertisement: (advertisement: Advertisement, done: () => void) => void,
): Promise<void> => {
  const enough = new AbortController();
  const stop = (): void => enough.abort();
  signal.addEventListener("abort", stop, { once: true });
  try {
    if (!signal.aborted) await deps.radio.scan((ad) => onAdvertisement(ad, stop), { signal: enough.signal });
  } finally {
    signal.removeEventListener("abort", stop);
  }
};

const listenFor = async (
  address: Address,
  deps: FinderDeps,
  signal: AbortSignal,
): Promise<Address | null> => {
  let found: Address | null = null;
  await scanUntil(deps, signal, (ad, done) => {
    if (ad.address !== address) return;
    deps.onAdvertisement(ad);
    found = address;
    done();
  });
  return found;
};

/** Safety rule 11: the first address that matches, unless two match: one of them could be the neighbour's. */
const listenForName = async (
  settings: PadSettings,
  deps: FinderDeps,
  signal: AbortSignal,
): Promise<Address | null> => {
  const wanted = settings.advertisedName?.toLowerCase();
  /** Each advertiser, and the scan time at its last advertisement. */
  const lastSeen = new Map<Address, number>();
  let listened = 0;
  let last: number | null = null;
  let found: Address | null = null;
  await scanUntil(deps, signal, (ad, done) => {
    if (ad.name?.toLowerCase() !== wanted || settings.taken.includes(ad.address)) return;
    const now = deps.clock.now();
    listened += Math.min(now - (last ?? now), COUNTED_MS);
    last = now;
    lastSeen.set(ad.address, listened);
    for (const [address, at] of lastSeen) if (listened - at > FORGET_MS) lastSeen.delete(address);
    if (lastSeen.size > 1) deps.onAmbiguous([...lastSeen.keys()]);
    else if (listened >= LISTEN_MS) {
      deps.onAdvertisement(ad);
      found = ad.address;
      done();
    }
  });
  return found;
};
