import type { SeatLetter } from '@aisle/client/protocol';

const A = 97;
const S = 115;

const LETTERS: readonly SeatLetter[] = ['a', 'h', 'r', 's', 'b'];
/** Char code → letter as the public sees it, for publicStates full and binary. */
const FULL: (SeatLetter | undefined)[] = [];
const BINARY: (SeatLetter | undefined)[] = [];
const CODE: Record<SeatLetter, number> = { a: 97, h: 104, r: 114, s: 115, b: 98 };
for (const letter of LETTERS) {
  FULL[CODE[letter]] = letter;
  BINARY[CODE[letter]] = letter === 'a' ? 'a' : 's';
}

export type PublicStates = 'full' | 'binary';

export const codeOf = (letter: SeatLetter): number => CODE[letter];

/** What a viewer is told of a seat: binary knows a and s alone. */
export function publicLetter(code: number, states: PublicStates): SeatLetter {
  return (states === 'full' ? FULL[code] : BINARY[code]) ?? 'b';
}

/** One char code a seat out of one letter a seat. */
export function toCodes(letters: string): Uint8Array {
  const bytes = Buffer.from(letters, 'latin1');
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}

/**
 * Run-length text of a map ("120a3h17s"), same as protocol's encodeMap but from char codes and without a string a run:
 * 50,000 seats at random take under 1 ms. A run of n costs at most 2n bytes, hence the buffer.
 */
export function encodeCodes(letters: Uint8Array, states: PublicStates): string {
  const binary = states === 'binary';
  const out = Buffer.allocUnsafe(letters.length * 2);
  let length = 0;
  let start = 0;
  while (start < letters.length) {
    const code = shown(letters[start], binary);
    let end = start + 1;
    while (end < letters.length && shown(letters[end], binary) === code) end++;
    length = writeCount(out, length, end - start);
    out[length++] = code;
    start = end;
  }
  return out.toString('latin1', 0, length);
}

const shown = (code: number | undefined, binary: boolean): number => (binary && code !== A ? S : (code ?? S));

function writeCount(out: Buffer, at: number, count: number): number {
  if (count < 10) {
    out[at] = 48 + count;
    return at + 1;
  }
  return at + out.write(String(count), at, 'latin1');
}
