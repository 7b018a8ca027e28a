// Accessors that DataView lacks. Reads and writes past the end throw RangeError, as DataView's own do: check lengths
// first.

/** A view of exactly these bytes, also when they are part of a larger buffer. */
export const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Unsigned 24-bit, big-endian: WiLink's counters (wire-facts a.2). */
export const getU24 = (view: DataView, at: number): number =>
  (view.getUint16(at) << 8) | view.getUint8(at + 2);

export const setU24 = (view: DataView, at: number, value: number): void => {
  view.setUint16(at, value >>> 8);
  view.setUint8(at + 2, value);
};

/** Unsigned 24-bit, little-endian: FTMS distances (wire-facts b.1). */
export const getU24le = (view: DataView, at: number): number =>
  view.getUint16(at, true) | (view.getUint8(at + 2) << 16);

export const setU24le = (view: DataView, at: number, value: number): void => {
  view.setUint16(at, value, true);
  view.setUint8(at + 2, value >>> 16);
};

export const concat = (head: Uint8Array, tail: Uint8Array): Uint8Array => {
  const joined = new Uint8Array(head.length + tail.length);
  joined.set(head);
  joined.set(tail, head.length);
  return joined;
};

/** Lower case without separators, for logs: `f8a201`. */
export const toHex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
