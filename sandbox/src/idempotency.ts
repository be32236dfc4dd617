import type { Journal, RememberedAnswer } from './journal.js';

export type KeyState =
  | { readonly kind: 'new' }
  | { readonly kind: 'replay'; readonly answer: RememberedAnswer }
  /** The first call under this key is still being worked on. */
  | { readonly kind: 'in_use' }
  | { readonly kind: 'mismatch' };

/** A key used twice has one effect. Answers of the 5xx kind are not remembered: nothing is known of those. */
export class IdempotencyKeys {
  readonly #keys = new Map<string, { readonly request: string; answer: RememberedAnswer | null }>();

  constructor(private readonly journal: Journal | null = null) {
    for (const entry of journal?.entries() ?? []) {
      if (entry.kind === 'key') this.#keys.set(entry.value.key, entry.value);
    }
  }

  take(key: string, request: string): KeyState {
    const known = this.#keys.get(key);
    if (known === undefined) {
      this.#keys.set(key, { request, answer: null });
      return { kind: 'new' };
    }
    if (known.request !== request) return { kind: 'mismatch' };
    return known.answer === null ? { kind: 'in_use' } : { kind: 'replay', answer: known.answer };
  }

  remember(key: string, answer: RememberedAnswer): void {
    const known = this.#keys.get(key);
    if (known === undefined) return;
    known.answer = answer;
    this.journal?.add({ kind: 'key', value: { key, request: known.request, answer } });
  }

  /** The call came to nothing: the next one under this key starts anew. */
  forget(key: string): void {
    this.#keys.delete(key);
  }
}
