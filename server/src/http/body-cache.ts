import type { EncodedBody } from './encoding.js';

interface Slot {
  readonly tag: string;
  readonly body: Promise<EncodedBody>;
  bytes: number;
}

/** Ready-made bodies by key, the least recently used dropped first. Each is made once however many ask at the same time. */
export class BodyCache {
  readonly #slots = new Map<string, Slot>();
  readonly #maxBytes: number;
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** `tag`: what the body must be of; another tag replaces what is kept. */
  get(key: string, make: () => Promise<EncodedBody>, tag = ''): Promise<EncodedBody> {
    const kept = this.#slots.get(key);
    if (kept?.tag === tag) {
      this.#slots.delete(key);
      this.#slots.set(key, kept);
      return kept.body;
    }
    this.#drop(key);
    const slot: Slot = { tag, body: make(), bytes: 0 };
    this.#slots.set(key, slot);
    slot.body.then(
      (body) => this.#measure(key, slot, body),
      () => this.#dropIfSame(key, slot),
    );
    return slot.body;
  }

  #measure(key: string, slot: Slot, body: EncodedBody): void {
    if (this.#slots.get(key) !== slot) return;
    // Plain, plus about a third for its compressed forms.
    slot.bytes = Math.ceil(body.byteLength * 1.33);
    this.#bytes += slot.bytes;
    for (const oldest of this.#slots.keys()) {
      if (this.#bytes <= this.#maxBytes || oldest === key) return;
      this.#drop(oldest);
    }
  }

  #dropIfSame(key: string, slot: Slot): void {
    if (this.#slots.get(key) === slot) this.#drop(key);
  }

  #drop(key: string): void {
    this.#bytes -= this.#slots.get(key)?.bytes ?? 0;
    this.#slots.delete(key);
  }
}
