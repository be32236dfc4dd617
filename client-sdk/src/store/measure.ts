import { SEAT_LETTERS } from '../protocol/map-codec.js';

/** Seats in a run-length text, all of it checked: decoding it afterwards cannot fail half-way. null: nonsense, or over `max`. */
export function countSeats(encoded: string, max: number): number | null {
  let seats = 0;
  let count = 0;
  let digits = 0;
  for (let i = 0; i < encoded.length; i++) {
    const code = encoded.charCodeAt(i);
    if (code >= 48 && code <= 57) {
      count = count * 10 + (code - 48);
      digits++;
      continue;
    }
    seats += count;
    if (digits === 0 || seats > max || !SEAT_LETTERS.includes(encoded.charAt(i))) return null;
    count = 0;
    digits = 0;
  }
  return digits === 0 ? seats : null;
}
