import { setTimeout as sleep } from 'node:timers/promises';
import { main as aisle } from '../../../cli/src/main.js';
import { between, pick } from '../../helpers/random.js';
import { adminCall } from '../../helpers/buyers.js';
import { BULLMQ_PREFIX } from '../../../server/src/redis/keys.js';
import { ORDER_FAILPOINTS } from '../../../server/src/platform/order-failpoints.js';
import { PAYMENT_FAILPOINTS } from '../../../server/src/platform/payment-failpoints.js';
import type { Member, World } from './world.js';

/** What befalls the installation: strikes, lasts about `ms`, and is over when it resolves. */
export interface Mishap {
  readonly name: string;
  /** Whom it strikes and how is drawn from `dice`, so that the same seed draws the same. Answers what was done. */
  strike(world: World, eventId: string, ms: number, dice: () => number): Promise<string>;
}

const LOADS = ['load-after-epoch', 'load-after-begin', 'load-after-map', 'load-before-flip'] as const;
const DRAINS = ['drain-after-commit', 'persist-before-commit'] as const;

const server = (world: World, dice: () => number): Member => pick(dice, world.servers);
const worker = (world: World, dice: () => number): Member => pick(dice, world.workers);
const anybody = (world: World, dice: () => number): Member => pick(dice, world.members);

/** SIGSTOP for a while. A process that ended meanwhile is nobody's to wake. */
const freeze =
  (whose: (world: World, dice: () => number) => Member): Mishap['strike'] =>
  async (world, _eventId, ms, dice) => {
    const member = whose(world, dice);
    return world.exclusive(member.name, async () => {
      await member.process.kill('SIGSTOP');
      await sleep(ms);
      await member.process.kill('SIGCONT');
      return `${member.name} for ${ms} ms`;
    });
  };

const kill =
  (whose: (world: World, dice: () => number) => Member, signal: NodeJS.Signals): Mishap['strike'] =>
  async (world, _eventId, ms, dice) => {
    const member = whose(world, dice);
    return world.exclusive(member.name, async () => {
      await member.process.kill(signal);
      await sleep(ms / 4);
      await member.restart();
      return member.name;
    });
  };

/** It runs on until it comes to the named step, where it kills itself; then it is started again without. */
const dieAt =
  (whose: (world: World, dice: () => number) => Member, failpoints: readonly string[]): Mishap['strike'] =>
  async (world, _eventId, ms, dice) => {
    const member = whose(world, dice);
    const failpoint = pick(dice, failpoints);
    return world.exclusive(member.name, async () => {
      await member.restart({ AISLE_FAILPOINTS: `${failpoint}=exit` });
      await Promise.race([member.process.ended, sleep(2 * ms)]);
      const fired = !member.process.running;
      await member.restart();
      return `${member.name} at ${failpoint}${fired ? '' : ' (not reached)'}`;
    });
  };

/** Something with the wire between one process and one store. */
const wire =
  (which: 'redis' | 'postgres', fault: (proxy: Member['redis'], on: boolean) => void): Mishap['strike'] =>
  async (world, _eventId, ms, dice) => {
    const member = anybody(world, dice);
    fault(member[which], true);
    await sleep(ms);
    fault(member[which], false);
    return `${member.name} for ${ms} ms`;
  };

const cut = (proxy: Member['redis'], on: boolean): void => {
  if (on) proxy.cut();
};
const refuse = (proxy: Member['redis'], on: boolean): void => {
  proxy.refuse = on;
  if (on) proxy.cut();
};
/** The reply is lost and the connection with it, as after a failed-over address. */
const swallow = (proxy: Member['redis'], on: boolean): void => {
  proxy.swallowReplies = on;
  if (!on) proxy.cut();
};
const delay = (proxy: Member['redis'], on: boolean): void => {
  proxy.delayMs = on ? 150 : 0;
};

const redisProcess = (body: (world: World, ms: number) => Promise<string>): Mishap['strike'] => {
  return (world, _eventId, ms) => world.exclusive('redis', () => body(world, ms));
};

export const MISHAPS: readonly Mishap[] = [
  { name: 'server killed', strike: kill(server, 'SIGKILL') },
  { name: 'server stopped', strike: kill(server, 'SIGTERM') },
  { name: 'server frozen', strike: freeze(server) },
  { name: 'server killed at a step of an order', strike: dieAt(server, [...ORDER_FAILPOINTS, ...PAYMENT_FAILPOINTS]) },
  { name: 'worker killed', strike: kill(worker, 'SIGKILL') },
  { name: 'worker frozen', strike: freeze(worker) },
  { name: 'worker killed at a step of a drain', strike: dieAt(worker, DRAINS) },
  {
    name: 'Redis frozen',
    strike: redisProcess(async ({ redisServer: { pid } }, ms) => {
      process.kill(pid, 'SIGSTOP');
      await sleep(ms);
      process.kill(pid, 'SIGCONT');
      return `for ${ms} ms`;
    }),
  },
  {
    name: 'Redis killed',
    strike: redisProcess(async (world, ms) => {
      const from = performance.now() - 1000;
      await world.redisServer.kill();
      await sleep(ms / 4);
      await world.redisServer.start();
      world.lost(from);
      return `for ${Math.round(ms / 4)} ms`;
    }),
  },
  {
    name: 'Redis rewound',
    strike: redisProcess(async (world, ms) => {
      const back = Math.min(ms, 1500);
      await world.rewindRedis(back);
      return `by ${back} ms`;
    }),
  },
  {
    name: 'Redis emptied and restarted',
    strike: redisProcess(async (world) => {
      await world.emptyRedis();
      return '';
    }),
  },
  {
    name: 'FLUSHALL',
    strike: redisProcess(async (world) => {
      const from = performance.now();
      await world.redis.flushall();
      world.lost(from);
      return '';
    }),
  },
  {
    name: 'Redis demoted and promoted in place',
    strike: redisProcess(async (world, ms) => {
      // A master that does not exist: what it has stays, what is written is refused.
      await world.redis.call('REPLICAOF', '127.0.0.1', '1');
      await sleep(ms / 4);
      await world.redis.call('REPLICAOF', 'NO', 'ONE');
      return `for ${Math.round(ms / 4)} ms`;
    }),
  },
  {
    name: 'Redis full',
    strike: redisProcess(async (world, ms) => {
      await world.redis.config('SET', 'maxmemory', '1');
      await sleep(ms);
      await world.redis.config('SET', 'maxmemory', '0');
      return `for ${ms} ms`;
    }),
  },
  {
    name: 'pub/sub connections killed',
    strike: async (world) => {
      await world.redis.call('CLIENT', 'KILL', 'TYPE', 'pubsub').catch(() => undefined);
      return '';
    },
  },
  {
    name: 'queue keys deleted',
    strike: async (world) => {
      const found = await world.redis.keys(`${BULLMQ_PREFIX}*`).catch(() => []);
      if (found.length > 0) await world.redis.del(...found).catch(() => 0);
      return `${found.length} keys`;
    },
  },
  { name: 'wire to Redis cut', strike: wire('redis', cut) },
  { name: 'Redis unreachable for one process', strike: wire('redis', refuse) },
  { name: 'replies of Redis lost', strike: wire('redis', swallow) },
  { name: 'wire to Redis slow', strike: wire('redis', delay) },
  { name: 'wire to Postgres cut', strike: wire('postgres', cut) },
  { name: 'Postgres unreachable for one process', strike: wire('postgres', refuse) },
  { name: 'replies of Postgres lost', strike: wire('postgres', swallow) },
  { name: 'wire to Postgres slow', strike: wire('postgres', delay) },
  {
    name: 'Postgres crashed',
    strike: (world, _eventId, ms) =>
      world.exclusive('postgres', async () => {
        await world.postgresServer.kill('SIGQUIT');
        await sleep(ms / 2);
        await world.postgresServer.start();
        return `for ${Math.round(ms / 2)} ms`;
      }),
  },
  {
    name: 'Postgres connections ended',
    strike: async (world) => {
      const rows = await world.sql`
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'`.catch(() => []);
      return `${rows.length} of them`;
    },
  },
  {
    name: 'event rebuilt online',
    strike: async (world, eventId) => {
      const said: string[] = [];
      const env = { DATABASE_URL: world.postgresServer.url, REDIS_URL: world.redisServer.url };
      const tell = (line: string): void => void said.push(line);
      const status = await aisle(['sync', eventId, '--online', '--operator', 'fault suite'], {
        ...{ env, out: tell, err: tell },
      });
      return `status ${status}${status === 0 ? '' : `: ${said.join(' ').slice(0, 200)}`}`;
    },
  },
  {
    name: 'worker killed while it loads',
    strike: async (world, eventId, ms, dice) => {
      const from = performance.now();
      // Without its epoch in Redis the event has to be loaded by whoever notices first.
      await world.exclusive('redis', () => world.redis.del(`event:{${eventId}}`)).catch(() => 0);
      world.lost(from);
      return dieAt(worker, LOADS)(world, eventId, ms, dice);
    },
  },
  {
    name: 'sale paused and opened',
    strike: async (world, eventId, ms) => {
      const admin = { urls: world.servers.map(({ url }) => url), adminKey: world.adminKey };
      const step = (name: string): Promise<unknown> =>
        adminCall(admin, 'POST', `/events/${eventId}/${name}`, {}).catch(() => undefined);
      await step('pause');
      await sleep(ms / 4);
      await step('open');
      return '';
    },
  },
];

/** One line of a schedule: what, when after the start, for how long. */
export interface Planned {
  readonly mishap: Mishap;
  readonly atMs: number;
  readonly lastsMs: number;
  /** Its own numbers: what it draws does not depend on what else happens. */
  readonly dice: () => number;
}

const LONGEST_MS = 3000;
const SHORTEST_MS = 300;

/** Three to six mishaps within `spanMs`, drawn from `dice`. */
export function drawSchedule(
  dice: () => number,
  spanMs: number,
  random: (seed: number) => () => number,
): readonly Planned[] {
  return Array.from({ length: between(dice, 3, 6) }, () => ({
    mishap: pick(dice, MISHAPS),
    atMs: between(dice, 300, spanMs),
    lastsMs: between(dice, SHORTEST_MS, LONGEST_MS),
    dice: random(between(dice, 1, 2 ** 30)),
  })).sort((a, b) => a.atMs - b.atMs);
}
