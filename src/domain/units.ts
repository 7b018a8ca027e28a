// Quantities as branded integers: the compiler keeps km/h, metres and seconds apart, and sums have no floating point
// errors. All conversions are here.

declare const unit: unique symbol;

/** Hundredths of a km/h, an integer: the resolution of FTMS; WiLink's tenths convert at its codec. */
export type Speed = number & { readonly [unit]: "0.01 km/h" };
/** Whole metres. */
export type Metres = number & { readonly [unit]: "m" };
/** Whole seconds. */
export type Seconds = number & { readonly [unit]: "s" };

export const AT_REST = 0 as Speed;

export const speedFromKmh = (kmh: number): Speed => Math.round(kmh * 100) as Speed;
export const speedFromHundredths = (hundredths: number): Speed => Math.round(hundredths) as Speed;
export const kmh = (speed: Speed): number => speed / 100;
export const metres = (value: number): Metres => Math.round(value) as Metres;
export const seconds = (value: number): Seconds => Math.round(value) as Seconds;
export const km = (distance: Metres): number => distance / 1000;

/** One international mile in kilometres, exactly. */
export const KM_PER_MILE = 1.609344;
