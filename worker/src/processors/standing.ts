import { guarded, type Sql } from '../../../server/src/db/client.js';

/** One look at all events. `isNew`: it is the first of this process, or Postgres was started since the last. */
export interface Round {
  readonly instance: string;
  readonly isNew: boolean;
}

/**
 * How far this worker may trust that Postgres is what it was: after every start of Postgres it may have gone back in time
 * (SPEC R3), and until all events were looked at nothing is ended, freed or given back on its word alone.
 */
export interface Standing {
  /** Throws UNAVAILABLE. */
  begin(): Promise<Round>;
  /** `behind`: the events for which it went back, or which could not be looked at. */
  looked(round: Round, behind: ReadonlySet<string>): void;
  /** All events were looked at since Postgres was started. Throws UNAVAILABLE. */
  isLookedAt(): Promise<boolean>;
  isBehind(eventId: string): boolean;
  behind(): readonly string[];
}

export function createStanding(sql: Sql, onBehind: (events: number) => void = () => undefined): Standing {
  let lookedAt: string | null = null;
  let behind: ReadonlySet<string> = new Set();
  return {
    async begin() {
      const instance = await postmaster(sql);
      return { instance, isNew: instance !== lookedAt };
    },
    looked({ instance }, events) {
      behind = events;
      onBehind(events.size);
      lookedAt = instance;
    },
    isLookedAt: async () => lookedAt !== null && (await postmaster(sql)) === lookedAt,
    isBehind: (eventId) => behind.has(eventId),
    behind: () => [...behind],
  };
}

/** Another one after every start, restore and fail-over. */
async function postmaster(sql: Sql): Promise<string> {
  const [row] = await guarded(sql, sql<{ at: string }[]>`SELECT pg_postmaster_start_time()::text AS at`);
  return row?.at ?? '';
}
