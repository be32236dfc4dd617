/** Buying: the picker's model over the live or the polled map. */
export { openPicker, type Device } from './open.js';
export { clockText, passedMark, remaining, SPOKEN_AT_MS, untilNextSecond, URGENT_MS } from './countdown.js';
export type { Clock } from './ports.js';
export type { Presence } from './presence.js';
export { GuestSession, pageStorage, type Keep } from './session.js';
