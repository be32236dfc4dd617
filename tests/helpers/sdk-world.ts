import type {
  Chart,
  Hold,
  HoldCommand,
  SeatLetter,
  SeatsFrame,
  Subscribe,
  SubscribeAck,
} from '../../client-sdk/src/protocol/index.js';
import { encodeMap } from '../../client-sdk/src/protocol/map-codec.js';

type Entry = readonly (readonly [seatNo: number, letter: SeatLetter])[];

/** One event as the smallest honest server would keep it: letters, one area, a seq per change, a ring to catch up from. */
export class World {
  readonly eventId: string;
  readonly letters: string[];
  readonly areas: [capacity: number, available: number][] = [[100, 100]];
  readonly holds = new Map<string, { subject: string; hold: Hold }>();
  status: SubscribeAck['status'] = 'on_sale';
  chartVersion = 1;
  epoch = 1;
  seq = 0;
  /** It cannot check its map. */
  doubted = false;
  /** How many changes back a client may be and still be caught up; frames know them all. */
  ringSize = 100;
  #log: Entry[] = [];
  #tokens = 0;

  constructor(eventId: string, seats: number) {
    this.eventId = eventId;
    this.letters = new Array<string>(seats).fill('a');
  }

  get text(): string {
    return this.letters.join('');
  }

  chart(): Chart {
    return {
      format: 'aisle-chart/1',
      name: 'Test',
      categories: [{ key: 'A', label: 'A' }],
      sections: [],
      seats: this.letters.map((_, seatNo) => ({ id: `S${seatNo}`, x: seatNo, y: 0, category: 'A' })),
      areas: [{ id: 'floor', label: 'Floor', category: 'A', capacity: 100, x: 0, y: 1, width: 1, height: 1 }],
      shapes: [],
    };
  }

  /** One change, one seq; answers the frame that tells of it. */
  change(entry: Entry): SeatsFrame {
    for (const [seatNo, letter] of entry) this.letters[seatNo] = letter;
    this.#log.push(entry);
    this.seq++;
    return this.frame(this.seq - 1, this.seq);
  }

  /** All touched in (from, to], last state each. */
  frame(from: number, to: number): SeatsFrame {
    return { eventId: this.eventId, epoch: this.epoch, from, to, changes: this.#touched(from, to) };
  }

  #touched(from: number, to: number): (number | string)[] {
    return [...new Map(this.#log.slice(from, to).flat())].flat();
  }

  /** Everything anew: another epoch, seq from 0, nothing to catch up from. */
  newEpoch(): void {
    this.epoch++;
    this.seq = 0;
    this.#log = [];
  }

  subscribe({ epoch, seq }: Subscribe): SubscribeAck {
    const { eventId, status, chartVersion, areas } = this;
    const doubt = this.doubted ? ({ stale: true } as const) : {};
    const answer = { eventId, status, epoch: this.epoch, seq: this.seq, chartVersion, areas, ...doubt };
    const known = epoch === this.epoch && seq !== undefined && seq <= this.seq && seq >= this.seq - this.ringSize;
    return known ? { ...answer, changes: this.#touched(seq, this.seq) } : { ...answer, map: encodeMap(this.text) };
  }

  /** null: a seat is taken. */
  hold(subject: string, command: HoldCommand): Hold | null {
    const seats = (command.seats ?? []).map((choice) => (typeof choice === 'string' ? choice : choice.id));
    if (seats.some((id) => this.letters[Number(id.slice(1))] !== 'a')) return null;
    const hold: Hold = {
      token: `${this.eventId}.${++this.#tokens}`,
      eventId: this.eventId,
      subject,
      state: 'held',
      seats,
      areas: [],
      items: [],
      expiresAt: new Date(Date.now() + 300_000).toISOString(),
      expiresInMs: 300_000,
      maxExpiresAt: new Date(Date.now() + 900_000).toISOString(),
    };
    this.holds.set(hold.token, { subject, hold });
    return hold;
  }
}
