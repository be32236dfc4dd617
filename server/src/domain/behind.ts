/** A place in an event's log. */
interface Position {
  readonly epoch: number;
  readonly seq: number;
}

/** What Redis says of an event, as far as it proves something about Postgres. */
export interface RedisStanding extends Position {
  /** The epoch being loaded; null: none. */
  readonly loading: number | null;
  readonly version: number;
  /** Of its log; null: nothing waits there. */
  readonly oldest: Position | null;
}
/** What Postgres says, read after Redis. null: it has no such event. */
export type PostgresStanding = {
  readonly epoch: number;
  readonly version: number;
  readonly watermark: Position;
} | null;

/**
 * How it shows that Postgres went back in time for an event (SPEC R3). Each compares something that is in Postgres, committed,
 * before Redis hears of it: an epoch, a version, and the watermark up to which the log was trimmed.
 */
export type BehindFinding =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'epoch' | 'version'; readonly redis: number; readonly postgres: number }
  | { readonly kind: 'log'; readonly redis: string; readonly postgres: string };

/** null: nothing of the kind. */
export function findBehind(redis: RedisStanding, postgres: PostgresStanding): BehindFinding | null {
  if (postgres === null) return { kind: 'unknown' };
  const epoch = Math.max(redis.epoch, redis.loading ?? 0);
  if (epoch > postgres.epoch) return { kind: 'epoch', redis: epoch, postgres: postgres.epoch };
  if (redis.version > postgres.version) return { kind: 'version', redis: redis.version, postgres: postgres.version };
  const trimmed = lastTrimmed(redis);
  if (trimmed !== null && isAfter(trimmed, postgres.watermark)) {
    return { kind: 'log', redis: text(trimmed), postgres: text(postgres.watermark) };
  }
  return null;
}

/** The last entry that is surely gone from the log, and so was in Postgres; null: none that could be named. */
export function lastTrimmed({ epoch, seq, oldest }: Pick<RedisStanding, 'epoch' | 'seq' | 'oldest'>): Position | null {
  if (oldest === null) return seq > 0 ? { epoch, seq } : null;
  return oldest.seq > 1 ? { epoch: oldest.epoch, seq: oldest.seq - 1 } : null;
}

const isAfter = (a: Position, b: Position): boolean => a.epoch > b.epoch || (a.epoch === b.epoch && a.seq > b.seq);
const text = ({ epoch, seq }: Position): string => `${epoch}-${seq}`;

/** For people: what was found. */
export function tellBehind(finding: BehindFinding): string {
  if (finding.kind === 'unknown') return 'Redis knows an event that Postgres does not';
  const { redis, postgres } = finding;
  if (finding.kind === 'epoch') return `Redis is at epoch ${redis}, Postgres at ${postgres}`;
  if (finding.kind === 'version') return `Redis knows version ${redis} of the event, Postgres ${postgres}`;
  return `the log was written to Postgres up to ${redis}, and Postgres has it up to ${postgres}`;
}
