import type { Redis } from 'ioredis';
import type { Sql } from '../../../server/src/db/client.js';
import { activeEvents, type ActiveEvent } from '../../../server/src/db/events/active-events.js';
import { isBeingLoaded } from '../../../server/src/db/loading/claims.js';
import { eventsOnceBehind } from '../../../server/src/db/log/maintenance.js';
import { readRedisIdentity, sameIdentity } from '../../../server/src/db/loading/redis-identity.js';
import { effectBacklog } from '../../../server/src/db/orders/effects.js';
import type { RedisInfo } from '../../../server/src/redis/identity.js';
import { logStates, type LogState } from '../../../server/src/redis/log-stream.js';
import { isWhole, readMark } from '../../../server/src/redis/mark.js';
import { fault, warning, well, type Finding } from './finding.js';

export interface Both {
  readonly sql: Sql;
  readonly redis: Redis;
  readonly info: RedisInfo;
  /** AISLE_LOG_MAX_ENTRIES */
  readonly logLimit: number;
}

const SHOWN = 5;
/** A worker that keeps up leaves next to nothing; half a minute of a rush is some ten thousand. */
const LOG_WARN = 10_000;
const LOG_FAULT_SHARE = 0.5;
const EFFECT_WARN_S = 30;
const EFFECT_FAULT_S = 300;

/** How Redis and Postgres stand to each other. Throws UNAVAILABLE. */
export async function stateFindings(both: Both): Promise<Finding[]> {
  const events = (await activeEvents(both.sql)).filter(({ status, epoch }) => !(status === 'cancelled' && epoch === 0));
  const states = await logStates(
    both.redis,
    events.map(({ id }) => id),
  );
  const identity = await identityOf(both);
  return [
    identity,
    await behindOf(both, events, states),
    ...(await loadedOf(both, events, states, identity)),
    logOf(both, events, states),
    await effectsOf(both.sql),
  ];
}

async function identityOf({ sql, redis, info }: Both): Promise<Finding> {
  const check = 'redis-identity';
  const recorded = await readRedisIdentity(sql);
  if (recorded === null) {
    return warning(
      check,
      'no Redis is recorded yet: no server has run on this database',
      'Start a server: it loads all events.',
    );
  }
  const remedy =
    'A running server loads all events anew by itself, within seconds; with none running, start one. See that REDIS_URL is the same everywhere.';
  if (!sameIdentity(recorded, info))
    return fault(check, 'this is not the Redis that events were loaded into, or it lost writes', remedy);
  if (!isWhole(await readMark(redis), info))
    return fault(check, 'this Redis was emptied, or is being loaded, or evicted keys', remedy);
  return well(check, `the recorded one, run_id ${info.runId.slice(0, 8)}…`);
}

/** An event that this Postgres knows no more, or only as a draft, is told by the list that was made of it. */
async function behindOf(
  { sql, redis }: Both,
  events: readonly ActiveEvent[],
  states: readonly LogState[],
): Promise<Finding> {
  const check = 'postgres-behind';
  const known = events.map(({ id }) => id);
  const others = (await eventsOnceBehind(sql)).filter((id) => !known.includes(id));
  const all = [...states, ...(await logStates(redis, others))];
  const behind = [...known, ...others].filter((_id, i) => all[i]?.behind === true);
  if (behind.length === 0) return well(check, 'no event waits for a restore of Postgres to be settled');
  const more = behind.length > SHOWN ? ` and ${behind.length - SHOWN} more` : '';
  const unknown = behind.filter((id) => others.includes(id));
  return fault(
    check,
    `Postgres went back in time: ${behind.slice(0, SHOWN).join(', ')}${more} paused until somebody settles what Redis alone calls sold`,
    unknown.length === behind.length
      ? 'This Postgres has them as drafts or not at all: publish them, or restore a newer copy; then `aisle sync EVENT --after-restore`.'
      : '`aisle sync EVENT --after-restore`, event by event: it blocks and lists those places. Do not open the events before.',
  );
}

async function loadedOf(
  { sql }: Both,
  events: readonly ActiveEvent[],
  states: readonly LogState[],
  identity: Finding,
): Promise<Finding[]> {
  const check = 'events-loaded';
  const off = events.flatMap((event, i) => {
    const state = states[i];
    // Told already, and a load is not what it needs.
    if (state?.behind === true) return [];
    return state?.loading === null && state.epoch === event.epoch && event.epoch > 0 ? [] : [{ event, state }];
  });
  if (off.length === 0) return [well(check, `${events.length} events, all loaded`)];
  const told: string[] = [];
  let loading = 0;
  for (const { event, state } of off) {
    const underWay = await isBeingLoaded(sql, event.id);
    if (underWay) loading++;
    const redis = state?.epoch === null || state === undefined ? 'not in Redis' : `epoch ${state.epoch} in Redis`;
    if (told.length < SHOWN)
      told.push(`${event.id} (${underWay ? 'being loaded' : `${redis}, ${event.epoch} in Postgres`})`);
  }
  const more = off.length > SHOWN ? ` and ${off.length - SHOWN} more` : '';
  const text = `${off.length} of ${events.length} events are not served: ${told.join(', ')}${more}`;
  if (loading === off.length) return [warning(check, text, 'Wait a moment and look again.')];
  const remedy =
    identity.level === 'well'
      ? 'See the log of the servers for why they cannot be loaded; `aisle sync <event>` loads one again.'
      : 'A server loads them once it knows this Redis; see above.';
  return [fault(check, text, remedy)];
}

function logOf({ logLimit }: Both, events: readonly ActiveEvent[], states: readonly LogState[]): Finding {
  const check = 'log-waiting';
  const waiting = states.map(({ waiting: count }, i) => ({ id: events[i]?.id ?? '', count }));
  const total = waiting.reduce((sum, { count }) => sum + count, 0);
  const fullest = waiting.reduce((most, one) => (one.count > most.count ? one : most), { id: '', count: 0 });
  if (fullest.count < LOG_WARN) return well(check, `${total} changes wait for Postgres`);
  const text = `${total} changes wait for Postgres, ${fullest.count} of ${fullest.id} (new holds stop at ${logLimit})`;
  const remedy = 'Is a worker running, and does it reach Postgres? See its log.';
  return fullest.count >= LOG_FAULT_SHARE * logLimit ? fault(check, text, remedy) : warning(check, text, remedy);
}

async function effectsOf(sql: Sql): Promise<Finding> {
  const check = 'orders-unsettled';
  const { open, oldestSeconds } = await effectBacklog(sql);
  if (open === 0) return well(check, 'every order is settled in Redis');
  const text = `${open} steps of orders are not yet in Redis, the oldest for ${Math.round(oldestSeconds)} s`;
  const remedy = 'A worker settles them within seconds: is one running? See its log for what it cannot do.';
  if (oldestSeconds >= EFFECT_FAULT_S) return fault(check, text, remedy);
  return oldestSeconds >= EFFECT_WARN_S ? warning(check, text, remedy) : well(check, text);
}
