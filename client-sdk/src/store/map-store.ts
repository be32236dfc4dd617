import { decodeMapInto, SEAT_LETTERS, type SeatLetter } from '../protocol/map-codec.js';
import type { SeatsFrame } from '../protocol/down/seats.js';
import type { SubscribeAck } from '../protocol/up/subscribe.js';
import { countSeats } from './measure.js';

/** 1 to 200,000 places a chart (protocol's MAX_PLACES, written out: chart.ts would bring the schema library along). */
const MAX_SEATS = 200_000;

export interface Position {
  readonly epoch: number;
  readonly seq: number;
}
export interface AreaCount {
  readonly capacity: number;
  readonly available: number;
}
/** What a step did to the map. `all`: everything may differ. Otherwise each place touched in (from, to], last state each. */
export type MapChange =
  | { readonly all: true; readonly to: number }
  | {
      readonly all: false;
      readonly seats: readonly (readonly [seatNo: number, letter: SeatLetter])[];
      readonly areas: readonly (readonly [areaNo: number, available: number])[];
      readonly from: number;
      readonly to: number;
    };
/**
 * `gap`: something between is missing, ask from our position. `afresh`: ask for the whole map. `behind`: an answer
 * older than what we have.
 */
export type Verdict =
  { readonly kind: 'applied'; readonly change: MapChange } | { readonly kind: 'ignored' | 'gap' | 'afresh' | 'behind' };

const IGNORED: Verdict = { kind: 'ignored' };
const GAP: Verdict = { kind: 'gap' };
const AFRESH: Verdict = { kind: 'afresh' };
const BEHIND: Verdict = { kind: 'behind' };

type SeatChanges = [seatNo: number, letter: SeatLetter][];
type AreaChanges = [areaNo: number, available: number][];

/** The map and its rules (SPEC F8), without any clock or connection. All or nothing: a step that is not applied changed nothing. */
export class MapStore {
  /** One char code a seat, by seatNo; allocated once for a map of one size. */
  letters = new Uint8Array(0);
  areas: AreaCount[] = [];
  /** null: no map yet. */
  position: Position | null = null;

  /** A frame while no subscribe is in flight. */
  frame(frame: SeatsFrame): Verdict {
    const position = this.position;
    if (position === null || frame.epoch < position.epoch) return IGNORED;
    if (frame.epoch > position.epoch) return AFRESH;
    if (frame.to <= position.seq) return IGNORED;
    if (frame.from > position.seq) return GAP;
    const seats = this.#readSeats(frame.changes);
    const areas = this.#readAreas(frame.areas ?? []);
    // Not what this map's chart can have: this map is not the one the frame is about.
    if (seats === null || areas === null) return AFRESH;
    return this.#apply(seats, areas, frame.epoch, frame.to);
  }

  /** The answer to a subscribe that named `asked`; null: it asked for the whole map. */
  answer(ack: SubscribeAck, asked: Position | null, acceptOlder: boolean): Verdict {
    const position = this.position;
    const older =
      position !== null && (ack.epoch < position.epoch || (ack.epoch === position.epoch && ack.seq < position.seq));
    if (older && !acceptOlder) return BEHIND;
    if (ack.map !== undefined) return this.#replace(ack, ack.map);
    // Changes count from the position named, which must still be ours.
    if (
      asked === null ||
      position === null ||
      asked.epoch !== ack.epoch ||
      position.epoch !== ack.epoch ||
      position.seq !== asked.seq
    )
      return AFRESH;
    const seats = this.#readSeats(ack.changes ?? []);
    if (seats === null || older || ack.areas.length !== this.areas.length) return AFRESH;
    const areas = ack.areas.flatMap(([, available], areaNo): AreaChanges =>
      this.areas[areaNo]?.available === available ? [] : [[areaNo, available]],
    );
    return this.#apply(seats, areas, ack.epoch, ack.seq);
  }

  #replace(ack: SubscribeAck, map: string): Verdict {
    const seats = countSeats(map, MAX_SEATS);
    if (seats === null) return AFRESH;
    if (this.letters.length !== seats) this.letters = new Uint8Array(seats);
    decodeMapInto(map, this.letters);
    this.areas = ack.areas.map(([capacity, available]) => ({ capacity, available }));
    this.position = { epoch: ack.epoch, seq: ack.seq };
    return { kind: 'applied', change: { all: true, to: ack.seq } };
  }

  #apply(seats: SeatChanges, areas: AreaChanges, epoch: number, to: number): Verdict {
    const from = this.position?.seq ?? 0;
    for (const [seatNo, letter] of seats) this.letters[seatNo] = letter.charCodeAt(0);
    for (const [areaNo, available] of areas) {
      const area = this.areas[areaNo];
      if (area !== undefined) this.areas[areaNo] = { capacity: area.capacity, available };
    }
    this.position = { epoch, seq: to };
    return { kind: 'applied', change: { all: false, seats, areas, from, to } };
  }

  /** [seatNo, letter, …]; null where it is not that, or names a seat that is not there. */
  #readSeats(flat: readonly (number | string)[]): SeatChanges | null {
    if (flat.length % 2 !== 0) return null;
    const seats: SeatChanges = [];
    for (let i = 0; i < flat.length; i += 2) {
      const seatNo = flat[i];
      const letter = flat[i + 1];
      if (!isIndex(seatNo, this.letters.length) || !isLetter(letter)) return null;
      seats.push([seatNo, letter]);
    }
    return seats;
  }

  /** [areaNo, available, …] */
  #readAreas(flat: readonly number[]): AreaChanges | null {
    if (flat.length % 2 !== 0) return null;
    const areas: AreaChanges = [];
    for (let i = 0; i < flat.length; i += 2) {
      const areaNo = flat[i];
      const available = flat[i + 1];
      if (!isIndex(areaNo, this.areas.length) || typeof available !== 'number') return null;
      areas.push([areaNo, available]);
    }
    return areas;
  }
}

const isIndex = (value: unknown, length: number): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < length;
const isLetter = (value: unknown): value is SeatLetter =>
  typeof value === 'string' && value.length === 1 && SEAT_LETTERS.includes(value);
