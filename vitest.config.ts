import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const inServerSdk = (file: string): string => fileURLToPath(new URL(`server-sdk/src/${file}`, import.meta.url));
const inSdk = (file: string): string => fileURLToPath(new URL(`client-sdk/src/${file}`, import.meta.url));
/**
 * Tests see @aisle/client as it is written, not as it was last built. The same as the condition `aisle-source`, which
 * vitest does not pass on to its global setup.
 */
const alias = [
  { find: /^@aisle\/server$/, replacement: inServerSdk('index.ts') },
  { find: /^@aisle\/client$/, replacement: inSdk('index.ts') },
  { find: /^@aisle\/client\/protocol$/, replacement: inSdk('protocol/index.ts') },
];

/** Tests that start whole systems of server processes: one file at a time, after all others, or they would test the machine. */
const SYSTEMS = ['tests/contract/**/*.test.ts', 'tests/integration/*.test.ts'];
/** Whole systems too, but what they ask of time is to settle, or for a page to answer: beside each other. */
const PATIENT = [
  'tests/integration/*-crash.test.ts',
  'tests/integration/{thousand-buyers,crowd,start,switches,orders-socket,sdk-live,sdk-pack,server-sdk-pack}.test.ts',
  'tests/integration/{no-sweeper,books,alarms,engine-choice,bad-input}.test.ts',
  'tests/integration/{picker-buying,picker-buying-tabs,picker-buying-polled,live-view,ticket-types,queues}.test.ts',
];
/** A browser, a server and a person's pace: beside the patient ones. */
const PAGES = ['tests/e2e/**/*.test.ts'];
/** Two cores, and most of the time is spent waiting. */
const BESIDE = 3;
/** Real processes and the faults that befall them: one file at a time, last. Those that take long run under `npm run test:faults` alone. */
const FAULTS = ['tests/faults/**/*.test.ts'];
const LONG_FAULTS = process.env.AISLE_FAULTS_FULL === '1' ? [] : ['tests/faults/**/*.long.test.ts'];
/** Their suffix says that they need no more than a store or two. */
const STORES = ['**/*.redis.test.ts', '**/*.pg.test.ts'];

export default defineConfig({
  resolve: { alias },
  test: {
    // What the suffix of a file says it needs is there: tests/helpers start it when it is first asked for.
    globalSetup: ['tests/helpers/global-setup.ts'],
    pool: 'forks',
    maxWorkers: 2,
    // Ends what hangs; how fast something is, is for bench/. A busy machine takes several times as long.
    testTimeout: 60_000,
    hookTimeout: 120_000,
    teardownTimeout: 20_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'parts',
          include: ['tests/{unit,fuzz}/**/*.test.ts', ...STORES.map((suffix) => `tests/${suffix}`)],
          maxWorkers: BESIDE,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'system',
          include: SYSTEMS,
          exclude: [...STORES, ...PATIENT, '**/node_modules/**'],
          fileParallelism: false,
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'patient',
          include: PATIENT,
          exclude: [...STORES, '**/node_modules/**'],
          maxWorkers: BESIDE,
          sequence: { groupOrder: 2 },
        },
      },
      {
        extends: true,
        test: {
          name: 'pages',
          include: PAGES,
          maxWorkers: BESIDE,
          // Three browsers on two cores: one may stand still for longer than a press is waited for. What is broken fails twice.
          retry: 1,
          sequence: { groupOrder: 2 },
        },
      },
      {
        extends: true,
        test: {
          name: 'faults',
          include: FAULTS,
          exclude: [...LONG_FAULTS, '**/node_modules/**'],
          fileParallelism: false,
          maxWorkers: 1,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});
