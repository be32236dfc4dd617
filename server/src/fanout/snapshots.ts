import type { StoreSnapshot, SeatStore } from '../domain/ports/seat-store.js';
import type { Metrics } from '../platform/metrics.js';
import { SharedRead } from './shared-read.js';

/** REST callers of an event that nobody watches on this node share one snapshot for this long. */
export const SHARED_SNAPSHOT_MS = 250;
const KEEP_MS = 5000;

export type SnapshotReason = 'start' | 'gap' | 'behind' | 'ahead' | 'resubscribed' | 'epoch' | 'view' | 'fresh';

interface Reader {
  readonly shared: SharedRead<StoreSnapshot>;
  reason: SnapshotReason;
  last: { readonly atMs: number; readonly snapshot: StoreSnapshot } | null;
  /** A read for views under way: whoever asks meanwhile has it too. */
  viewing: Promise<StoreSnapshot> | null;
  underWay: number;
}

/** Snapshots of Redis, shared between those who ask at the same time (SPEC F1). Time is monotonic (performance.now). */
export class Snapshots {
  readonly #readers = new Map<string, Reader>();

  constructor(
    private readonly deps: { readonly store: Pick<SeatStore, 'snapshot' | 'positions'>; readonly metrics: Metrics },
  ) {}

  /** A read that begins after this call. */
  fresh(eventId: string, reason: SnapshotReason): Promise<StoreSnapshot> {
    const reader = this.#reader(eventId);
    reader.reason = reason;
    return reader.shared.read();
  }

  /** At most SHARED_SNAPSHOT_MS old. */
  async recent(eventId: string): Promise<StoreSnapshot> {
    const reader = this.#reader(eventId);
    if (reader.last !== null && performance.now() - reader.last.atMs < SHARED_SNAPSHOT_MS) return reader.last.snapshot;
    reader.viewing ??= this.fresh(eventId, 'view').finally(() => {
      reader.viewing = null;
    });
    return reader.viewing;
  }

  /** Lets go of what nobody asks for any more. */
  sweep(): void {
    const now = performance.now();
    for (const [eventId, reader] of this.#readers) {
      const old = reader.last === null || now - reader.last.atMs > KEEP_MS;
      if (old && reader.underWay === 0) this.#readers.delete(eventId);
    }
  }

  #reader(eventId: string): Reader {
    const known = this.#readers.get(eventId);
    if (known !== undefined) return known;
    const reader: Reader = {
      reason: 'view',
      last: null,
      viewing: null,
      underWay: 0,
      shared: new SharedRead(() => this.#read(eventId, reader)),
    };
    this.#readers.set(eventId, reader);
    return reader;
  }

  async #read(eventId: string, reader: Reader): Promise<StoreSnapshot> {
    const began = performance.now();
    this.deps.metrics.snapshots.inc({ reason: reader.reason });
    reader.underWay++;
    try {
      const snapshot = await this.deps.store.snapshot(eventId);
      reader.last = { atMs: began, snapshot };
      return snapshot;
    } finally {
      reader.underWay--;
      this.deps.metrics.snapshotSeconds.observe((performance.now() - began) / 1000);
    }
  }
}
