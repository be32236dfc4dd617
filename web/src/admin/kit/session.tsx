import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Role } from '@aisle/client/protocol';
import { ApiError, call, type CallOptions } from '../../shared/api.js';

/** Who signed in, and how they call the server. */
export interface Staff {
  readonly subject: string;
  readonly role: StaffRole;
  /** Calls with the key; one that is not valid any more signs out. Throws ApiError. */
  readonly call: <T>(method: string, path: string, options?: Omit<CallOptions, 'token'>) => Promise<T>;
  readonly signOut: (words?: string) => void;
}
export type StaffRole = Extract<Role, 'box_office' | 'service' | 'admin'>;

export const ROLE_WORDS: Readonly<Record<StaffRole, string>> = {
  admin: 'Administrator',
  service: 'Service',
  box_office: 'Box office',
};
/** What the page offers; the server decides (docs/PEOPLE.md). */
export type Offer = 'events' | 'webhooks' | 'switches' | 'queues' | 'keys';
const OFFERS: Readonly<Record<StaffRole, readonly Offer[]>> = {
  admin: ['events', 'webhooks', 'switches', 'queues', 'keys'],
  service: ['webhooks'],
  box_office: [],
};
export const offers = (role: StaffRole, offer: Offer): boolean => OFFERS[role].includes(offer);

const StaffContext = createContext<Staff | null>(null);
export const StaffProvider = StaffContext.Provider;

export function useStaff(): Staff {
  const staff = useContext(StaffContext);
  if (staff === null) throw new Error('This part of the page is for those who signed in.');
  return staff;
}

/** Of this tab alone, and gone with it. */
const STORED = 'aisle.admin.key';

export function storedKey(): string | null {
  try {
    return sessionStorage.getItem(STORED);
  } catch {
    return null;
  }
}

/** A browser that keeps nothing asks again on reload. */
export function storeKey(key: string | null): void {
  try {
    if (key === null) sessionStorage.removeItem(STORED);
    else sessionStorage.setItem(STORED, key);
  } catch {
    // Private windows of some browsers.
  }
}

const isStaff = (role: string): role is StaffRole => Object.hasOwn(OFFERS, role);

/** Asks the server who the key is. Throws ApiError, with words for a key that is good but not for here. */
export async function checkKey(key: string): Promise<{ subject: string; role: StaffRole }> {
  const { subject, role } = await call<{ subject: string; role: string }>('GET', '/v1/session', { token: key });
  if (isStaff(role)) return { subject, role };
  throw new ApiError(
    'FORBIDDEN',
    `This key has the role ${role}, which has nothing to do here.`,
    'Sign in with a key of the role admin, service or box_office.',
    403,
  );
}
