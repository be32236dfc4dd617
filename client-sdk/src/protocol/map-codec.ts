/**
 * The run-length text of a seat map: a count, then a letter, in seatNo order ("120a3h17s"); a count of 1 is written.
 * Kept free of any library: it runs in the browser on 200,000 places.
 */

export const SEAT_LETTERS = 'ahrsb';
/** a available, h held, r reserved, s sold, b blocked. */
export type SeatLetter = 'a' | 'h' | 'r' | 's' | 'b';

/** `letters`: one letter a seat ("aaahs"). Returns "3a1h1s". */
export function encodeMap(letters: string): string {
  const parts: string[] = [];
  const length = letters.length;
  let start = 0;
  while (start < length) {
    const code = letters.charCodeAt(start);
    let end = start + 1;
    while (end < length && letters.charCodeAt(end) === code) end++;
    parts.push(String(end - start), letters.charAt(start));
    start = end;
  }
  return parts.join('');
}

/** Fills `into` (one char code a seat) from run-length text; returns the number of seats. Throws RangeError on nonsense. */
export function decodeMapInto(encoded: string, into: Uint8Array): number {
  let seat = 0;
  let count = 0;
  let digits = 0;
  for (let i = 0; i < encoded.length; i++) {
    const code = encoded.charCodeAt(i);
    if (code >= 48 && code <= 57) {
      count = count * 10 + (code - 48);
      digits++;
      continue;
    }
    if (digits === 0 || !SEAT_LETTERS.includes(encoded.charAt(i))) {
      throw new RangeError(`seat map: unexpected "${encoded.charAt(i)}" at ${i}`);
    }
    if (seat + count > into.length) throw new RangeError(`seat map: more than ${into.length} seats`);
    into.fill(code, seat, seat + count);
    seat += count;
    count = 0;
    digits = 0;
  }
  if (digits !== 0) throw new RangeError('seat map: ends in a count');
  return seat;
}
