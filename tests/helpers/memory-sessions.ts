import { AisleError, type Role, type Session } from '@aisle/client/protocol';
import type { Actor } from '../../server/src/domain/actor.js';
import type { Sessions } from '../../server/src/domain/ports/sessions.js';

const VIEWER: Actor = { subject: null, role: 'viewer', expiresAtMs: null, events: null, maxSeats: null, tokenId: null };

/** Tokens that are known because they were issued here; an expired one is refused like an unknown one. */
export class MemorySessions implements Sessions {
  readonly #actors = new Map<string, Actor>();

  issue(subject: string, role: Role = 'guest', expiresAtMs: number | null = Date.now() + 3_600_000): string {
    const token = `token-of-${subject}-${this.#actors.size}`;
    this.#actors.set(token, { subject, role, expiresAtMs, events: null, maxSeats: null, tokenId: token });
    return token;
  }

  async authenticate(token: string | null | undefined): Promise<Actor> {
    if (token === null || token === undefined || token === '') return VIEWER;
    const actor = this.#actors.get(token);
    if (actor === undefined || (actor.expiresAtMs !== null && actor.expiresAtMs <= Date.now())) {
      throw AisleError.of('UNAUTHENTICATED');
    }
    if (!this.stands(actor)) throw AisleError.of('UNAUTHENTICATED');
    return actor;
  }

  readonly #revoked = new Set<string>();
  readonly #listeners: (() => void)[] = [];

  /** As another node would tell of it. */
  revoke(subject: string): void {
    this.#revoked.add(subject);
    for (const listener of this.#listeners) listener();
  }

  stands({ subject }: Actor): boolean {
    return subject === null || !this.#revoked.has(subject);
  }

  onRevoked(listener: () => void): void {
    this.#listeners.push(listener);
  }

  create(): Promise<Session> {
    return Promise.reject(AisleError.of('FORBIDDEN'));
  }
}
