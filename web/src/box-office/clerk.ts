import { ApiError, getJson } from '../shared/api.js';
import { keep, readKeptJson } from './kept.js';

/** Who signed in at this terminal. The key lives in this tab alone: never in an address, never on disk. */
export interface Clerk {
  readonly key: string;
  readonly subject: string;
  readonly role: DeskRole;
}
export type DeskRole = 'kiosk' | 'box_office' | 'service' | 'admin';

const ROLES: readonly string[] = ['kiosk', 'box_office', 'service', 'admin'] satisfies DeskRole[];
const isDeskRole = (role: string): role is DeskRole => ROLES.includes(role);
/** A kiosk's key scans and serves the kiosk mode; all else is for people at the counter. */
export const isStaff = ({ role }: Clerk): boolean => role !== 'kiosk';

interface SessionView {
  readonly subject: string;
  readonly role: string;
  readonly expiresAt: string | null;
}

/** Asks the server whose key this is. Throws ApiError, also for a key that is good but not for a counter. */
export async function identify(key: string): Promise<Clerk> {
  // Header values are latin-1: anything else cannot be a key, and fetch would only say TypeError.
  if (!/^[\x21-\x7e]+$/.test(key)) {
    throw new ApiError('UNAUTHENTICATED', 'That is not a key.', 'Copy the key again, without spaces.', 401);
  }
  const { subject, role } = await getJson<SessionView>('/v1/session', { token: key });
  if (!isDeskRole(role)) {
    throw new ApiError(
      'FORBIDDEN',
      `This token has the role ${role}; it is not for the box office.`,
      'Ask an admin for a key with the role box_office.',
      403,
    );
  }
  return { key, subject, role };
}

export function keptClerk(): Clerk | null {
  const value = readKeptJson('session', 'clerk');
  if (typeof value !== 'object' || value === null) return null;
  const { key, subject, role } = value as Partial<Record<keyof Clerk, unknown>>;
  if (typeof key !== 'string' || typeof subject !== 'string' || typeof role !== 'string') return null;
  return isDeskRole(role) ? { key, subject, role } : null;
}

export const keepClerk = (clerk: Clerk | null): void =>
  keep('session', 'clerk', clerk === null ? null : JSON.stringify(clerk));
