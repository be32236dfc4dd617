import { decodeMapInto, type Reload, type SeatsFrame, type SubscribeAck } from '@aisle/client/protocol';
import type { Beacon } from '@aisle/client/protocol';

/** A client's map, kept as SPEC F8 says and nothing else. `resubscribe` is called when it has to subscribe again. */
export class MapViewer {
  letters: Uint8Array;
  areas: number[] = [];
  epoch = -1;
  seq = -1;
  /** Frames that came in before any answer: there must be none (SPEC F3). */
  early = 0;
  /** Times a frame began above where this map stood. */
  gaps = 0;
  #state: 'new' | 'subscribing' | 'current' = 'new';
  #buffer: SeatsFrame[] = [];

  constructor(
    seatCount: number,
    private readonly resubscribe: (position: { epoch: number; seq: number } | undefined) => void,
  ) {
    this.letters = new Uint8Array(seatCount);
  }

  get position(): { epoch: number; seq: number } | undefined {
    return this.epoch < 0 ? undefined : { epoch: this.epoch, seq: this.seq };
  }
  get text(): string {
    return Buffer.from(this.letters).toString('latin1');
  }

  subscribe(fresh = false): void {
    this.#state = 'subscribing';
    this.resubscribe(fresh ? undefined : this.position);
  }
  /** A subscribe failed: the caller tries again later. */
  failed(): void {
    this.#state = 'new';
  }
  get waiting(): boolean {
    return this.#state !== 'current';
  }

  onAck(ack: SubscribeAck): void {
    if (ack.map !== undefined) decodeMapInto(ack.map, this.letters);
    if (ack.changes !== undefined) this.#apply(ack.changes);
    this.areas = ack.areas.map(([, available]) => available);
    this.epoch = ack.epoch;
    this.seq = ack.seq;
    this.#state = 'current';
    for (const frame of this.#buffer.splice(0)) this.onSeats(frame);
  }

  onSeats(frame: SeatsFrame): void {
    if (this.epoch < 0) this.early++;
    if (this.#state !== 'current') {
      this.#buffer.push(frame);
      return;
    }
    if (frame.epoch < this.epoch) return;
    if (frame.epoch > this.epoch) return this.subscribe(true);
    if (frame.to <= this.seq) return;
    if (frame.from > this.seq) {
      this.gaps++;
      return this.subscribe();
    }
    this.#apply(frame.changes);
    for (let i = 0; i + 1 < (frame.areas?.length ?? 0); i += 2)
      this.areas[frame.areas?.[i] ?? 0] = frame.areas?.[i + 1] ?? 0;
    this.seq = frame.to;
  }

  onBeacon(beacon: Beacon): void {
    if (this.#state !== 'current' || beacon.epoch < this.epoch) return;
    if (beacon.epoch > this.epoch) this.subscribe(true);
    else if (beacon.seq > this.seq) this.subscribe();
  }

  onReload(_reload: Reload): void {
    this.subscribe(true);
  }

  #apply(changes: readonly (number | string)[]): void {
    for (let i = 0; i + 1 < changes.length; i += 2)
      this.letters[Number(changes[i])] = String(changes[i + 1]).charCodeAt(0);
  }
}
