import type { Limits, Role } from '../session.js';

/** First word after connecting. */
export interface Hello {
  protocol: number;
  /** "aisle/0.1.0" */
  server: string;
  subject: string | null;
  role: Role | 'viewer';
  /** ISO time the token ends; null where it has no end or there is none. */
  expiresAt: string | null;
  limits: Limits;
  tickMs: number;
}
