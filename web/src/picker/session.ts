import { createGuestSession, type GetToken, type Session } from '@aisle/client';

/** One guest an origin and browser: holds belong to it, so they come back after a reload and in a second tab. */
const STORAGE_KEY = 'aisle.guest';
/** A token with less than this left is replaced, unless seats are held under it. */
const RENEW_BELOW_MS = 30 * 60_000;
/** With less than this left it is of no use even then. */
const USELESS_BELOW_MS = 15_000;

interface Stored {
  readonly token: string;
  readonly subject: string;
  readonly expiresAt: string;
}

/** Keeps the guest's token in localStorage; where that is denied (private windows), for the life of the page. */
export class GuestSession {
  private inMemory: Stored | undefined;
  /** Set by the page: a new guest would lose the seats the present one holds. */
  holdsSeats: () => boolean = () => false;

  readonly getToken: GetToken = async (reason) => {
    if (reason === 'refused') this.forget();
    return (await exclusively(() => this.current(reason !== 'refused'))).token;
  };

  private async current(mayWait: boolean): Promise<Stored> {
    const known = this.read();
    const leftMs = known === undefined ? 0 : Date.parse(known.expiresAt) - Date.now();
    const keep = mayWait && this.holdsSeats() ? USELESS_BELOW_MS : RENEW_BELOW_MS;
    if (known !== undefined && leftMs > keep) return known;
    const { token, subject, expiresAt }: Session = await createGuestSession();
    const fresh = { token, subject, expiresAt };
    this.write(fresh);
    return fresh;
  }

  private read(): Stored | undefined {
    try {
      const value: unknown = JSON.parse(localStorage.getItem(STORAGE_KEY) ?? 'null');
      if (isStored(value)) return value;
    } catch {
      // Denied, or not ours: as if there were none.
    }
    return this.inMemory;
  }

  private write(stored: Stored): void {
    this.inMemory = stored;
    try {
      localStorage.setItem(STORAGE_KEY, JSON.stringify(stored));
    } catch {
      // Denied or full: kept in memory.
    }
  }

  private forget(): void {
    this.inMemory = undefined;
    try {
      localStorage.removeItem(STORAGE_KEY);
    } catch {
      // Denied: nothing was kept.
    }
  }
}

/** One tab at a time, so that two opened together share one guest. Where the browser has no locks, at once. */
async function exclusively<T>(work: () => Promise<T>): Promise<T> {
  const { locks } = navigator as { locks?: LockManager };
  return locks === undefined ? work() : locks.request(STORAGE_KEY, work);
}

function isStored(value: unknown): value is Stored {
  if (typeof value !== 'object' || value === null) return false;
  const stored = value as Record<string, unknown>;
  return (
    ['token', 'subject', 'expiresAt'].every((name) => typeof stored[name] === 'string') &&
    !Number.isNaN(Date.parse(String(stored.expiresAt)))
  );
}
