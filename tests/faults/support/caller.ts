import { setTimeout as sleep } from 'node:timers/promises';
import type { WireError } from '@aisle/client/protocol';
import { pick } from '../../helpers/random.js';

/**
 * What a caller knows in the end. `unknown`: no answer, or a refusal after an attempt that nobody answered; it may have been
 * carried out, now or later.
 */
export type Answer<T> =
  | { readonly kind: 'ok'; readonly body: T }
  | { readonly kind: 'refused'; readonly error: WireError }
  | { readonly kind: 'unknown'; readonly error?: WireError };

const ANSWER_MS = 4000;

/** HTTP as a careful shop does it: sent again, to any server, under the same Idempotency-Key, until a definite answer or `patienceMs`. */
export class Caller {
  /** What was answered, by call and outcome: for the figures at the end. */
  readonly answers: Record<string, number> = {};

  constructor(
    private readonly urls: readonly string[],
    private readonly dice: () => number,
    private readonly patienceMs = 10_000,
  ) {}

  async post<T>(token: string, path: string, key: string, body: object): Promise<Answer<T>> {
    const until = performance.now() + this.patienceMs;
    let unknown = false;
    for (;;) {
      const answer = await this.#once<T>(token, path, key, body);
      this.#count(path, answer);
      if (answer.kind === 'ok') return answer;
      const { error } = answer;
      // RATE_LIMITED is said before anything is done; every other retryable error may follow a change.
      unknown ||= answer.kind === 'unknown' || (error?.retryable === true && error.code !== 'RATE_LIMITED');
      const waitMs = error?.retryAfterMs ?? 150;
      const definite = answer.kind === 'refused' && !answer.error.retryable;
      if (definite || performance.now() + waitMs > until) {
        return unknown || error === undefined
          ? { kind: 'unknown', ...(error && { error }) }
          : { kind: 'refused', error };
      }
      await sleep(waitMs);
    }
  }

  async #once<T>(token: string, path: string, key: string, body: object): Promise<Answer<T>> {
    try {
      const response = await fetch(`${pick(this.dice, this.urls)}/v1${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'idempotency-key': key },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(ANSWER_MS),
      });
      const text = await response.text();
      // A hold that is gone as a whole is answered with nothing.
      const read = JSON.parse(text === '' ? '{}' : text) as T & { error?: WireError };
      if (response.ok) return { kind: 'ok', body: read };
      return read.error === undefined ? { kind: 'unknown' } : { kind: 'refused', error: read.error };
    } catch {
      return { kind: 'unknown' };
    }
  }

  #count(path: string, answer: Answer<unknown>): void {
    const what = answer.kind === 'ok' ? 'ok' : (answer.error?.code ?? 'no answer');
    const call = `${path.split('/').at(-1) ?? ''} ${what}`;
    this.answers[call] = (this.answers[call] ?? 0) + 1;
  }
}
