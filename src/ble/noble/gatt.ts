import type { Clock } from "../../clock.js";
import { attError } from "./errors.js";
import { awaitEvent } from "./event.js";
import type { NobleHci } from "./hci.js";
import type { AttributeRange, Characteristic, Peripheral, Service } from "./internals.js";
import { PROPERTIES, type Property, type Uuid } from "../radio.js";
import { deadlineSignal } from "../deadline.js";

/** A characteristic of noble with its handle; null where the operating system does not expose the handle. */
export interface Attribute {
  readonly characteristic: Characteristic;
  readonly range: AttributeRange | null;
}

export interface GattTable {
  readonly services: ReadonlyMap<Uuid, readonly Uuid[]>;
  readonly properties: ReadonlyMap<Uuid, readonly Property[]>;
  /** By UUID; where two services have a characteristic of the same UUID, the first. */
  readonly attributes: ReadonlyMap<Uuid, Attribute>;
}

const BASE = /^0000([0-9a-f]{4})00001000800000805f9b34fb$/;

/** noble writes 16-bit UUIDs without leading zeros, and long ones unchanged. */
export const normalUuid = (uuid: string): Uuid => {
  const plain = uuid.replaceAll("-", "").toLowerCase();
  if (plain.length <= 4) return plain.padStart(4, "0");
  return BASE.exec(plain)?.[1] ?? plain;
};

/** "Attribute not found": the normal end of every discovery (Core spec Vol 3 Part G 4.4, 4.6). */
const NOT_FOUND = 0x0a;
/** Read By Group Type and Read By Type, the requests of a discovery. */
const DISCOVERY: readonly number[] = [0x10, 0x08];

/** A pad has some 20 characteristics, read in 10 to 20 requests of one or two connection events each: well below 2 s. */
const DISCOVER_MS = 10_000;

/** Discovers all services. Rejects with a BridgeError; noble itself takes an error for the end of the list. */
export const discover = async (
  peripheral: Peripheral,
  hci: NobleHci | null,
  clock: Clock,
  signals: readonly AbortSignal[],
): Promise<GattTable> => {
  const broken = new AbortController();
  const connection = hci?.connectionOf(peripheral);
  const forget = hci?.onAttError((error) => {
    if (error.connection !== connection || error.status === NOT_FOUND || !DISCOVERY.includes(error.request))
      return;
    broken.abort(attError("connect-failed", "to list its services", error.status));
  });
  const scope = deadlineSignal({ clock, ms: DISCOVER_MS, what: "listing the pad's services" }, [
    ...signals,
    broken.signal,
  ]);
  try {
    return await readTable(peripheral, hci, scope.signal);
  } finally {
    scope.release();
    forget?.();
  }
};

const readTable = async (
  peripheral: Peripheral,
  hci: NobleHci | null,
  signal: AbortSignal,
): Promise<GattTable> => {
  const services = new Map<Uuid, Uuid[]>();
  const attributes = new Map<Uuid, Attribute>();
  const properties = new Map<Uuid, readonly Property[]>();
  const start = (): void => peripheral.discoverServices([]);
  const found = await awaitEvent(
    peripheral,
    "servicesDiscover",
    start,
    (list: readonly Service[]) => list,
    signal,
  );
  for (const service of found) {
    const list = await characteristicsOf(service, signal);
    services.set(
      normalUuid(service.uuid),
      list.map(({ uuid }) => normalUuid(uuid)),
    );
    for (const characteristic of list) {
      const uuid = normalUuid(characteristic.uuid);
      const range = hci?.attributeOf(peripheral, service.uuid, characteristic.uuid) ?? null;
      if (attributes.has(uuid)) continue;
      attributes.set(uuid, { characteristic, range });
      properties.set(uuid, propertiesOf(characteristic));
    }
  }
  return { services, properties, attributes };
};

/** noble writes `writeWithoutResponse`. */
const propertiesOf = ({ properties }: Characteristic): readonly Property[] =>
  PROPERTIES.filter((each) =>
    properties.includes(each === "write-without-response" ? "writeWithoutResponse" : each),
  );

const characteristicsOf = (service: Service, signal: AbortSignal): Promise<readonly Characteristic[]> => {
  const start = (): void => service.discoverCharacteristics([]);
  return awaitEvent(
    service,
    "characteristicsDiscover",
    start,
    (list: readonly Characteristic[]) => list,
    signal,
  );
};
