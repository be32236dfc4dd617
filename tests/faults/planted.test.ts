import { afterEach, describe, expect, test } from 'vitest';
import { random } from '../helpers/random.js';
import { MISHAPS, type Planned } from './support/mishaps.js';
import { spoilBuild, type Edit, type SpoiltBuild } from './support/planted.js';
import { runSchedule } from './support/run-schedule.js';
import { FULL } from './support/scale.js';
import { World } from './support/world.js';

/** A bug put into a copy of the build, the faults under which it shows, and the rules that must be found broken. */
interface Bug {
  readonly name: string;
  readonly edits: readonly Edit[];
  /** What the database must have lost as well. */
  readonly sql?: string;
  readonly mishaps: readonly (readonly [name: string, atMs: number, lastsMs: number])[];
  readonly expects: RegExp;
}

const LUA = 'server/src/redis/lua';
/** Every way by which a Redis that went back in time is noticed is closed. */
const BLIND_TO_REWINDS: readonly Edit[] = [
  {
    file: 'server/src/db/loading/redis-identity.js',
    find: 'a.runId === b.runId && a.masterReplid === b.masterReplid && a.role === b.role',
    put: 'true',
  },
  { file: 'server/src/rebuild/identity.js', find: '!isWhole(mark, info)', put: 'false' },
  { file: 'worker/src/processors/reconcile.js', find: 'return "redis_behind"', put: 'return null' },
  { file: `${LUA}/lib/tx.lua`, find: 'if e.epoch ~= tonumber(expected_epoch) then', put: 'if false then' },
];
const REWINDS = [
  ['Redis rewound', 1500, 1500],
  ['Redis rewound', 4000, 1500],
] as const;

const BUGS: readonly Bug[] = [
  {
    // The scripts notice themselves when counts do not add up: that look is gone as well.
    name: 'inventory is not counted',
    edits: [
      { file: `${LUA}/lib/tx.lua`, find: 'c.pending = c.pending + quantity', put: 'c.pending = c.pending + 0' },
      { file: `${LUA}/lib/tx.lua`, find: "error('corrupt inventory of category ' .. cat)", put: '' },
      { file: `${LUA}/lib/expire-hold.lua`, find: "error('corrupt inventory of category ' .. cat)", put: '' },
    ],
    mishaps: [],
    expects: /I4/,
  },
  {
    name: 'whose hold it is is not asked',
    edits: [
      {
        file: `${LUA}/lib/command.lua`,
        find: 'hold.subject ~= call.subject and not call.staff',
        put: 'false',
      },
    ],
    mishaps: [],
    expects: /H6/,
  },
  {
    name: 'the request id is forgotten',
    edits: [{ file: `${LUA}/lib/command.lua`, find: 'if definitive(answer) then', put: 'if false then' }],
    mishaps: [['replies of Redis lost', 2000, 1500]],
    expects: /I6/,
  },
  {
    name: 'a Redis that went back in time is taken for the same, and epochs are not compared',
    edits: BLIND_TO_REWINDS,
    mishaps: REWINDS,
    expects: /I[578]/,
  },
  {
    name: 'the same, with both locks on a seat gone in Postgres',
    edits: [
      ...BLIND_TO_REWINDS,
      {
        file: 'server/src/db/orders/claims.js',
        find: 'ON CONFLICT ON CONSTRAINT seat_claims_one_per_seat DO NOTHING',
        put: '',
      },
    ],
    sql: 'ALTER TABLE seat_claims DROP CONSTRAINT seat_claims_one_per_seat; DROP INDEX tickets_one_live_per_seat',
    mishaps: REWINDS,
    expects: /I1/,
  },
  {
    name: 'a sale does not make its claims lasting',
    edits: [
      {
        file: 'server/src/db/orders/steps.js',
        find: 'await sellClaims(tx, order.eventId, order.id);',
        put: '',
      },
    ],
    mishaps: [['event rebuilt online', 5500, 300]],
    expects: /I5/,
  },
  {
    name: 'money that came in is not in the books',
    edits: [{ file: 'server/src/db/orders/steps.js', find: 'await insertMoney(tx, order, paid);', put: '' }],
    mishaps: [],
    expects: /I2/,
  },
  {
    name: 'a frame leaves out the first seat that changed',
    edits: [
      {
        file: 'server/src/fanout/frame-writer.js',
        find: 'mirror.lettersOf(seats, this.live.event.publicStates)',
        put: 'mirror.lettersOf(seats, this.live.event.publicStates).slice(2)',
      },
    ],
    mishaps: [],
    expects: /I5/,
  },
];

const MOST_SEEDS = 5;
/** `npm test` plants the first ones: to see that the suite can fail. */
const SHORT = 1;

describe('planted bugs are found by the schedules', () => {
  let world: World | undefined;
  let build: SpoiltBuild | undefined;
  afterEach(async () => {
    await world?.stop();
    await build?.remove();
    world = undefined;
    build = undefined;
  }, 60_000);

  test.for(FULL ? BUGS : BUGS.slice(0, SHORT))('$name', { timeout: 600_000 }, async (bug) => {
    build = await spoilBuild(bug.edits);
    world = await World.start({ servers: 2, workers: 1, dist: build.dist });
    if (bug.sql !== undefined) await world.sql.unsafe(bug.sql);
    let rules = '';
    // Some need buyers who meet at the wrong moment: another crowd, another chance.
    for (let seed = 1; seed <= MOST_SEEDS && !bug.expects.test(rules); seed++) {
      const report = await runSchedule(world, seed, bug.mishaps.map(plan));
      rules = [...new Set(report.violations.map(({ rule }) => rule))].join(' ');
      process.stdout.write(`planted: ${bug.name}: seed ${seed} broke ${rules === '' ? 'nothing' : rules}\n`);
    }
    expect(rules).toMatch(bug.expects);
  });
});

function plan([name, atMs, lastsMs]: Bug['mishaps'][number], index: number): Planned {
  const mishap = MISHAPS.find((one) => one.name === name);
  if (mishap === undefined) throw new Error(`no such mishap: ${name}`);
  return { mishap, atMs, lastsMs, dice: random(index + 1) };
}
