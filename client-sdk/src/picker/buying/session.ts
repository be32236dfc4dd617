import type { GetToken } from '../../options.js';
import type { Session } from '../../protocol/session.js';

/** One guest an origin and browser: holds belong to it, so they come back after a reload and in a second tab. */
const STORAGE_KEY = 'aisle.guest';
/** A token with less than this left is replaced, unless seats are held under it. */
const RENEW_BELOW_MS = 30 * 60_000;
/** With less than this left it is of no use even then. */
const USELESS_BELOW_MS = 15_000;

/** The part of Storage that is used. */
export interface Keep {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}
interface Locks {
  request<T>(name: string, work: () => Promise<T>): Promise<T>;
}

/** What a session is taken to last where the device's clock cannot be right: an hour less than the server gives guests. */
const USUAL_LIFE_MS = 23 * 3_600_000;
const LONGEST_LIFE_MS = 7 * 86_400_000;

interface Stored {
  readonly token: string;
  readonly subject: string;
  /** When it ends by this device's wall clock, ms. */
  readonly until: number;
  /** Wall clock, ms: until then some tab holds places under it, of whichever event. */
  readonly heldUntil?: number;
}

/** The page's localStorage; null where it is denied (private windows) or there is none. */
export function pageStorage(): Keep | null {
  try {
    return (globalThis as { localStorage?: Keep }).localStorage ?? null;
  } catch {
    return null;
  }
}

/** Keeps the guest's token in storage; without one, for the life of the page. */
export class GuestSession {
  #inMemory: Stored | undefined;
  readonly #key: string;
  /** The token that was last given away. */
  #given: string | undefined;

  /** `origin`: of the server, where it is not the page's own. */
  readonly #make: () => Promise<Session>;
  readonly #storage: Keep | null;
  readonly #onAnother: () => void;

  constructor(
    make: () => Promise<Session>,
    storage: Keep | null,
    origin = '',
    /** Another guest than the one before: what that one holds is out of reach. */
    onAnother: () => void = () => undefined,
  ) {
    this.#make = make;
    this.#storage = storage;
    this.#onAnother = onAnother;
    this.#key = origin === '' ? STORAGE_KEY : `${STORAGE_KEY} ${origin}`;
  }

  readonly getToken: GetToken = async (reason) =>
    exclusively(this.#key, async () => {
      // Refused: of no use, unless another tab has put a new one there meanwhile.
      if (reason === 'refused' && this.#read()?.token === this.#given) this.#forget();
      const { token } = this.#usable() ?? (await this.#another());
      if (this.#given !== undefined && this.#given !== token) this.#onAnother();
      return (this.#given = token);
    });

  /** Places are held under it until then (wall clock, ms): a new guest would lose them. */
  keepUntil(wallMs: number): void {
    const known = this.#read();
    if (known !== undefined && (known.heldUntil ?? 0) < wallMs) this.#write({ ...known, heldUntil: wallMs });
  }

  /** 0 before there is one. */
  get leftMs(): number {
    return Math.max((this.#read()?.until ?? 0) - Date.now(), 0);
  }

  #usable(): Stored | undefined {
    const known = this.#read();
    const keepMs = (known?.heldUntil ?? 0) > Date.now() ? USELESS_BELOW_MS : RENEW_BELOW_MS;
    return this.leftMs > keepMs ? known : undefined;
  }

  async #another(): Promise<Stored> {
    const { token, subject, expiresAt } = await this.#make();
    const lifeMs = Date.parse(expiresAt) - Date.now();
    // A clock that is hours off would take every new session for one that is over, and make one after the other.
    const isLikely = lifeMs > RENEW_BELOW_MS && lifeMs <= LONGEST_LIFE_MS;
    const stored = { token, subject, until: Date.now() + (isLikely ? lifeMs : USUAL_LIFE_MS) };
    this.#write(stored);
    return stored;
  }

  #read(): Stored | undefined {
    try {
      const value: unknown = JSON.parse(this.#storage?.getItem(this.#key) ?? 'null');
      if (isStored(value)) return value;
    } catch {
      // Denied, or not ours: as if there were none.
    }
    return this.#inMemory;
  }

  #write(stored: Stored): void {
    this.#inMemory = stored;
    try {
      this.#storage?.setItem(this.#key, JSON.stringify(stored));
    } catch {
      // Denied or full: kept in memory.
    }
  }

  #forget(): void {
    this.#inMemory = undefined;
    try {
      this.#storage?.removeItem(this.#key);
    } catch {
      // Denied: nothing was kept.
    }
  }
}

/** One tab at a time, so that two opened together share one guest. Where the browser has no locks, at once. */
async function exclusively<T>(name: string, work: () => Promise<T>): Promise<T> {
  const { locks } = (globalThis as { navigator?: { locks?: Locks } }).navigator ?? {};
  return locks === undefined ? work() : locks.request(name, work);
}

function isStored(value: unknown): value is Stored {
  if (typeof value !== 'object' || value === null) return false;
  const stored = value as Record<string, unknown>;
  return typeof stored.token === 'string' && typeof stored.subject === 'string' && typeof stored.until === 'number';
}
