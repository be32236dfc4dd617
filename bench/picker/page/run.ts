import type { Chart } from '@aisle/client/protocol';
import type { MakePeer, Peer } from './peer.js';

/** Changes come as the server sends them: a frame each 50 ms. */
const TICK_MS = 50;
/** What a seat's letter becomes: it is held, and then sold or let go again; the others come back on sale. */
const NEXT: Readonly<Record<string, string>> = { a: 'hh', h: 'as', r: 'ss', s: 'aa', b: 'aa' };

declare global {
  /** What the harness calls. */
  var bench: {
    load(seats: number): Promise<void>;
    /** `show`: seats to open on; none: the whole chart. */
    start(changesASecond: number, show: readonly number[]): { parseMs: number; makeMs: number };
    /** Until two frames have gone by without delay. */
    rest(): Promise<void>;
    show(seatNos: readonly number[]): void;
    stop(): number;
  };
}

/** Offers one kind of map to the harness: the data first, then the map, then changes. */
export function run(make: MakePeer): void {
  let data = { chart: '', letters: '' };
  let peer: Peer | undefined;
  let ticking: ReturnType<typeof setInterval> | undefined;
  let changed = 0;

  const change = (letters: Uint8Array, aSecond: number): void => {
    const began = performance.now();
    ticking = setInterval(() => {
      const due = ((performance.now() - began) / 1000) * aSecond - changed;
      // A map that has stood still for long gets what a client would: the places that changed, each once.
      const seatNos = Array.from({ length: Math.min(Math.floor(due), letters.length) }, (_, i) => {
        const seatNo = ((changed + i) * 7919) % letters.length;
        letters[seatNo] = (NEXT[String.fromCharCode(letters[seatNo] ?? 0)] ?? 'aa').charCodeAt(i % 2);
        return seatNo;
      });
      changed += Math.floor(due);
      peer?.setSeats(seatNos, letters);
    }, TICK_MS);
  };

  globalThis.bench = {
    async load(seats) {
      const text = async (file: string): Promise<string> => (await fetch(`/data/${seats}/${file}`)).text();
      data = { chart: await text('chart.json'), letters: await text('letters.txt') };
    },
    start(changesASecond, show) {
      const stage = document.getElementById('stage');
      if (stage === null) throw new Error('no stage');
      performance.mark('bench:data');
      const began = performance.now();
      const chart = JSON.parse(data.chart) as Chart;
      const letters = new TextEncoder().encode(data.letters);
      const parsed = performance.now();
      data = { chart: '', letters: '' };
      if (changesASecond > 0) change(letters, changesASecond);
      peer = make(stage, chart, letters);
      if (show.length > 0) peer.showSeats(show);
      return { parseMs: parsed - began, makeMs: performance.now() - parsed };
    },
    rest: () =>
      new Promise((resolve) => {
        requestAnimationFrame(() => requestAnimationFrame(() => resolve()));
      }),
    show: (seatNos) => peer?.showSeats(seatNos),
    stop() {
      clearInterval(ticking);
      return changed;
    },
  };
}
