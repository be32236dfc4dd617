import type { Role } from '@aisle/client/protocol';

/** What the routes of keys and sessions need of auth/. */
export interface People {
  /** A new key: what is stored of it, and the token with its secret, which is shown once. */
  newKey(): {
    readonly id: string;
    readonly secretHash: Buffer;
    /** The bearer token, under this id or that of the same request before. */
    readonly tokenOf: (id: string) => string;
  };
  /** The subject belongs to the admin key, and the role is less. */
  isReserved(subject: string, role: Role): boolean;
  /** A key was revoked in Postgres: this node and the others read it. Throws UNAVAILABLE where this node could not. */
  revocationsChanged(): Promise<void>;
  /** Everything of the subject that was issued up to `notBeforeMs`, or one token by its id. Throws UNAVAILABLE: nothing is revoked. */
  revoke(what: {
    readonly kind: 'subject' | 'token';
    readonly name: string;
    readonly notBeforeMs: number;
    readonly actor: string;
  }): Promise<void>;
}
