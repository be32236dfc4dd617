import type { SeatChanges, SeatChangeSource } from '../../server/src/domain/ports/seat-changes.js';
import type { MemorySeatStore } from './memory-seat-store.js';

/** One node's subscriber connection, in memory: delivers at once, or by hand so that a test can drop and reorder in time. */
export class MemoryChangeSource implements SeatChangeSource {
  readonly #subscribed = new Set<string>();
  readonly #pending: SeatChanges[] = [];
  #changes: (changes: SeatChanges) => void = () => undefined;
  #resync: () => void = () => undefined;
  #connected = true;

  constructor(
    store: MemorySeatStore,
    readonly mode: 'at-once' | 'by-hand' = 'at-once',
  ) {
    store.onPublish((changes) => {
      if (!this.#connected || !this.#subscribed.has(changes.eventId)) return;
      if (this.mode === 'at-once') this.#changes(changes);
      else this.#pending.push(changes);
    });
  }

  async subscribe(eventId: string): Promise<void> {
    this.#subscribed.add(eventId);
  }
  async unsubscribe(eventId: string): Promise<void> {
    this.#subscribed.delete(eventId);
  }
  onChanges(listener: (changes: SeatChanges) => void): void {
    this.#changes = listener;
  }
  onResync(listener: () => void): void {
    this.#resync = listener;
  }
  async close(): Promise<void> {
    this.#subscribed.clear();
  }

  get subscribed(): readonly string[] {
    return [...this.#subscribed];
  }
  deliver(count = Infinity): void {
    for (const changes of this.#pending.splice(0, count)) this.#changes(changes);
  }
  /** Messages lost without anybody noticing. */
  drop(count = Infinity): void {
    this.#pending.splice(0, count);
  }
  /** The connection breaks: what was on its way is lost. */
  cut(): void {
    this.#connected = false;
    this.#pending.length = 0;
  }
  reconnect(): void {
    if (this.#connected) return;
    this.#connected = true;
    this.#resync();
  }
  get connected(): boolean {
    return this.#connected;
  }
}
