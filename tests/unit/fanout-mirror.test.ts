import v8 from 'node:v8';
import vm from 'node:vm';
import { encodeMap, type SeatLetter } from '@aisle/client/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SeatChangeEntry, SeatChanges } from '../../server/src/domain/ports/seat-changes.js';
import type { StoreSnapshot } from '../../server/src/domain/ports/seat-store.js';
import { encodeCodes, publicLetter, toCodes } from '../../server/src/fanout/letters.js';
import { EventMirror } from '../../server/src/fanout/mirror.js';
import { ChangeRing } from '../../server/src/fanout/ring.js';
import { Touched } from '../../server/src/fanout/touched.js';

const snapshot = (letters: string, seq = 0, epoch = 1): StoreSnapshot => ({
  epoch,
  seq,
  status: 'on_sale',
  version: 1,
  chartVersion: 1,
  letters,
  areaAvailable: [10],
  inventory: [{ total: letters.length, sold: 0, pending: 0, available: letters.length, version: 0 }],
});
const change = (from: number, ...entries: [number, SeatLetter][][]): SeatChanges => ({
  eventId: 'ev1',
  epoch: 1,
  from,
  to: from + entries.length,
  entries: entries.map((seats, i) => ({ seq: from + i + 1, seats, areas: [] })),
  inventory: [],
  notes: [],
});

describe('letters', () => {
  it('encodes a map as the protocol does, at any content', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('a', 'h', 'r', 's', 'b'), { maxLength: 400 }), (letters) => {
        const text = letters.join('');
        expect(encodeCodes(toCodes(text), 'full')).toBe(encodeMap(text));
        expect(encodeCodes(toCodes(text), 'binary')).toBe(encodeMap(text.replace(/[hrb]/g, 's')));
      }),
    );
  });

  it('encodes runs longer than nine and maps without two alike side by side', () => {
    expect(encodeCodes(toCodes('a'.repeat(200_000)), 'full')).toBe('200000a');
    const worst = 'ah'.repeat(100_000);
    expect(encodeCodes(toCodes(worst), 'full')).toBe(encodeMap(worst));
  });

  it('shows a binary public free seats and others, nothing between', () => {
    expect([...'ahrsb'].map((letter) => publicLetter(letter.charCodeAt(0), 'binary')).join('')).toBe('assss');
  });
});

describe('the ring', () => {
  it('F2 catches up from any position it still has, and says when it cannot', () => {
    const ring = new ChangeRing(10, { entries: 3, bytes: 1e9 });
    for (const seq of [11, 12, 13]) ring.push({ seq, seats: [[seq, 'h']], areas: [] });
    expect(ring.since(10)?.map(({ seq }) => seq)).toEqual([11, 12, 13]);
    expect(ring.since(12)?.map(({ seq }) => seq)).toEqual([13]);
    expect(ring.since(13)).toEqual([]);
    ring.push({ seq: 14, seats: [], areas: [] });
    expect(ring.since(10)).toBeNull();
    expect(ring.since(11)?.map(({ seq }) => seq)).toEqual([12, 13, 14]);
  });

  it('F2 is bounded by bytes too', () => {
    const ring = new ChangeRing(0, { entries: 1e6, bytes: 10_000 });
    for (let seq = 1; seq <= 5000; seq++) ring.push({ seq, seats: [[seq, 'h']], areas: [] });
    expect(ring.size).toBeLessThan(100);
    expect(ring.since(ring.floor)?.length).toBe(ring.size);
    expect(ring.since(ring.floor - 1)).toBeNull();
  });

  it('F2 lets go of the memory of what it has dropped', async () => {
    v8.setFlagsFromString('--expose-gc');
    const collectGarbage = vm.runInNewContext('gc') as () => void;
    const ring = new ChangeRing(0, { entries: 3, bytes: 1e9 });
    const pushed: WeakRef<SeatChangeEntry>[] = [];
    for (let seq = 1; seq <= 500; seq++) {
      const entry: SeatChangeEntry = { seq, seats: [[seq, 'h']], areas: [] };
      ring.push(entry);
      pushed.push(new WeakRef(entry));
    }
    // What a WeakRef has seen in this turn stays until the next one.
    await new Promise((resolve) => setImmediate(resolve));
    collectGarbage();
    const held = pushed.filter((entry) => entry.deref() !== undefined).length;
    expect(held).toBeGreaterThanOrEqual(3);
    expect(held).toBeLessThan(10);
    expect(ring.size).toBe(3);
  });
});

describe('the mirror', () => {
  it('F1 takes what is newer, drops what is known, overlaps seq by seq, and names a gap', () => {
    const mirror = new EventMirror(snapshot('aaaa', 5));
    const touched = new Touched();
    expect(mirror.apply(change(3, [[0, 'h']], [[0, 'a']]), touched)).toBe('stale');
    expect(mirror.apply(change(6, [[0, 'h']]), touched)).toBe('gap');
    // seqs 5 and 6: the first is in the snapshot already and must not be applied over it
    expect(mirror.apply(change(4, [[1, 's']], [[2, 'h']]), touched)).toBe('applied');
    expect(Buffer.from(mirror.letters).toString()).toBe('aaha');
    expect([...touched.seats]).toEqual([2]);
    expect(mirror.seq).toBe(6);
    expect(mirror.apply({ ...change(6, [[0, 'h']]), epoch: 2 }, touched)).toBe('epoch');
    expect(mirror.apply({ ...change(6, [[0, 'h']]), epoch: 0 }, touched)).toBe('stale');
  });

  it('a change that does not fit the chart is a gap, and nothing of it is applied', () => {
    const mirror = new EventMirror(snapshot('aa'));
    const touched = new Touched();
    expect(
      mirror.apply(
        change(0, [
          [0, 'h'],
          [2, 'h'],
        ]),
        touched,
      ),
    ).toBe('gap');
    expect(mirror.map('full')).toBe('2a');
    expect(touched.seats.size).toBe(0);
  });

  it('F2 a place that went a–h–a is named in changes though its letter is the old one', () => {
    const mirror = new EventMirror(snapshot('aaaa'));
    mirror.apply(change(0, [[1, 'h']], [[1, 'a']], [[3, 's']]), new Touched());
    expect(mirror.changesSince(0, 'full')).toEqual([1, 'a', 3, 's']);
    expect(mirror.changesSince(2, 'full')).toEqual([3, 's']);
    expect(mirror.changesSince(3, 'full')).toEqual([]);
    expect(mirror.changesSince(4, 'full')).toBeNull();
    expect(mirror.changesSince(0, 'binary')).toEqual([1, 'a', 3, 's']);
  });

  it('answers with the map where that is shorter than what changed', () => {
    const mirror = new EventMirror(snapshot('a'.repeat(5000)));
    const all = Array.from({ length: 5000 }, (_, no): [number, SeatLetter] => [no, 's']);
    mirror.apply(change(0, all), new Touched());
    expect(mirror.changesSince(0, 'full')).toBeNull();
    expect(mirror.map('full')).toBe('5000s');
  });

  it('F2 keeps few answers ready: callers who name every position there is do not fill the memory', () => {
    const mirror = new EventMirror(snapshot('a'.repeat(300)));
    for (let seq = 0; seq < 300; seq++) mirror.apply(change(seq, [[seq, 'h']]), new Touched());
    const first = mirror.changesSince(0, 'full');
    expect(mirror.changesSince(0, 'full')).toBe(first);
    for (let seq = 1; seq < 300; seq++) mirror.changesSince(seq, 'full');
    expect(mirror.changesSince(0, 'full')).not.toBe(first);
    expect(mirror.changesSince(0, 'full')).toEqual(first);
  });

  it('F4 a jump names every place that differs and voids the ring', () => {
    const mirror = new EventMirror(snapshot('aaaa'));
    mirror.apply(change(0, [[0, 'h']]), new Touched());
    const touched = new Touched();
    mirror.jump({ ...snapshot('ahas', 9), areaAvailable: [3] }, touched);
    expect([...touched.seats]).toEqual([0, 1, 3]);
    expect([...touched.areas]).toEqual([0]);
    expect(mirror.seq).toBe(9);
    expect(mirror.changesSince(1, 'full')).toBeNull();
    expect(mirror.changesSince(9, 'full')).toEqual([]);
  });
});
