import { AisleError, type EventStatus, type SeatLetter } from '@aisle/client/protocol';
import type { LiveEvent } from '../../server/src/domain/event.js';
import type { HolderNote, SeatChanges } from '../../server/src/domain/ports/seat-changes.js';
import type { SeatStore, StorePosition, StoreSnapshot } from '../../server/src/domain/ports/seat-store.js';

interface StoredEvent {
  live: LiveEvent;
  epoch: number;
  seq: number;
  status: EventStatus;
  version: number;
  loading: boolean;
  letters: SeatLetter[];
  areaAvailable: number[];
}
export interface Change {
  readonly seats?: readonly (readonly [number, SeatLetter])[];
  readonly areas?: readonly (readonly [number, number])[];
  readonly notes?: readonly HolderNote[];
  /** Splits the change over so many seqs, published as one message. */
  readonly seqs?: number;
}

/**
 * Redis as the fan-out sees it, in memory: states change by `change`, which publishes one message; reads answer in a later
 * turn. The commands of the port belong to memory-commands.ts, which writes here.
 */
export class MemorySeatStore implements Pick<SeatStore, 'snapshot' | 'positions'> {
  readonly #events = new Map<string, StoredEvent>();
  readonly #listeners: ((changes: SeatChanges) => void)[] = [];
  /** Reads fail with UNAVAILABLE while set. */
  away = false;
  reads = { snapshots: 0, positions: 0 };
  /** A read waits for this after it was taken: what is published meanwhile overtakes it. */
  replyDelay: () => Promise<void> = () => Promise.resolve();

  constructor(...events: LiveEvent[]) {
    for (const live of events) this.load(live, live.epoch);
  }

  onPublish(listener: (changes: SeatChanges) => void): void {
    this.#listeners.push(listener);
  }

  /** A new epoch: everything free, seq 0. */
  load(live: LiveEvent, epoch: number): void {
    this.#events.set(live.event.id, {
      live,
      epoch,
      seq: 0,
      status: live.event.status,
      version: live.event.version,
      loading: false,
      letters: Array.from({ length: live.chart.seatCount }, () => 'a'),
      areaAvailable: [...live.chart.areaCapacity],
    });
  }

  setLoading(eventId: string, loading: boolean): void {
    this.#event(eventId).loading = loading;
  }

  change(eventId: string, change: Change): { epoch: number; seq: number } {
    const event = this.#event(eventId);
    const from = event.seq;
    const seqs = change.seqs ?? 1;
    const seats = change.seats ?? [];
    const entries = Array.from({ length: seqs }, (_, i) => ({
      seq: from + i + 1,
      seats: seats.filter((_seat, no) => no % seqs === i),
      areas: i === 0 ? (change.areas ?? []) : [],
    }));
    for (const [seatNo, letter] of seats) event.letters[seatNo] = letter;
    for (const [areaNo, available] of change.areas ?? []) event.areaAvailable[areaNo] = available;
    event.seq += seqs;
    this.#publish(event, from, entries, change.notes ?? []);
    return { epoch: event.epoch, seq: event.seq };
  }

  setStatus(eventId: string, status: EventStatus): void {
    const event = this.#event(eventId);
    event.status = status;
    event.version++;
    this.#publish(event, event.seq, [], [], { status, version: event.version });
  }

  letter(eventId: string, seatNo: number): SeatLetter | undefined {
    return this.#event(eventId).letters[seatNo];
  }
  letters(eventId: string): string {
    return this.#event(eventId).letters.join('');
  }
  areas(eventId: string): number[] {
    return [...this.#event(eventId).areaAvailable];
  }
  position(eventId: string): StorePosition {
    const { epoch, seq, status, version, live } = this.#event(eventId);
    return { epoch, seq, status, version, chartVersion: live.event.chartVersion };
  }

  async snapshot(eventId: string): Promise<StoreSnapshot> {
    this.reads.snapshots++;
    const event = this.#event(eventId);
    const { epoch, seq, status, version, live, loading } = event;
    const refused = this.away || loading;
    const snapshot: StoreSnapshot = {
      epoch,
      seq,
      status,
      version,
      chartVersion: live.event.chartVersion,
      letters: event.letters.join(''),
      areaAvailable: [...event.areaAvailable],
      inventory: this.#inventory(event),
    };
    await this.replyDelay();
    if (refused) throw AisleError.of('UNAVAILABLE', { retryAfterMs: 100 });
    return snapshot;
  }

  async positions(eventIds: readonly string[]): Promise<(StorePosition | null)[]> {
    this.reads.positions++;
    const refused = this.away;
    const positions = eventIds.map((id) => (this.#event(id).loading ? null : this.position(id)));
    await this.replyDelay();
    if (refused) throw AisleError.of('UNAVAILABLE', { retryAfterMs: 100 });
    return positions;
  }

  #publish(
    event: StoredEvent,
    from: number,
    entries: SeatChanges['entries'],
    notes: readonly HolderNote[],
    status?: SeatChanges['status'],
  ): void {
    const inventory = this.#inventory(event).map(
      ({ total, sold, pending, available }, catNo): [number, number, number, number, number] => [
        catNo,
        total,
        sold,
        pending,
        available,
      ],
    );
    const changes: SeatChanges = {
      eventId: event.live.event.id,
      epoch: event.epoch,
      from,
      to: event.seq,
      entries,
      inventory,
      notes,
      ...(status === undefined ? {} : { status }),
    };
    for (const listener of this.#listeners) listener(changes);
  }

  #inventory(event: StoredEvent): StoreSnapshot['inventory'] {
    const { chart } = event.live;
    return chart.categoryKeys.map((_key, catNo) => {
      const counts = { total: 0, sold: 0, pending: 0, available: 0, version: event.seq };
      event.letters.forEach((letter, seatNo) => {
        if (chart.seatCategory[seatNo] !== catNo || letter === 'b') return;
        counts.total++;
        if (letter === 's') counts.sold++;
        else if (letter === 'a') counts.available++;
        else counts.pending++;
      });
      event.areaAvailable.forEach((available, areaNo) => {
        if (chart.areaCategory[areaNo] !== catNo) return;
        const capacity = chart.areaCapacity[areaNo] ?? 0;
        counts.total += capacity;
        counts.available += available;
        counts.pending += capacity - available;
      });
      return counts;
    });
  }

  #event(eventId: string): StoredEvent {
    const event = this.#events.get(eventId);
    if (event === undefined) throw AisleError.of('UNAVAILABLE', { message: 'not loaded' });
    return event;
  }
}
