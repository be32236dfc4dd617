import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { endAll } from './harness/cleanup.js';
import { describeMachine, loadNow } from './harness/machine.js';
import { markdownTable } from './harness/table.js';
import { fanOut } from './scenarios/fan-out.js';
import { holds } from './scenarios/holds.js';
import type { Scenario, ScenarioReport } from './scenarios/scenario.js';
import { persistLag } from './scenarios/persist-lag.js';
import { picker, pickerOthers } from './scenarios/picker.js';
import { snapshot } from './scenarios/snapshot.js';
import { soak } from './scenarios/soak.js';

const SCENARIOS: readonly Scenario[] = [holds, fanOut, snapshot, persistLag, soak, picker, pickerOthers];
const DEFAULT_ROUNDS = 5;
const MAX_ROUNDS = 50;
const DEFAULT_MINUTES = 30;
const MAX_MINUTES = 24 * 60;
/** Nothing here may run on for ever: a round of everything takes about half a minute. */
const MINUTE_MS = 60_000;
const LIMIT_FIRST_MS = 5 * MINUTE_MS;
const LIMIT_A_ROUND_MS = 3 * MINUTE_MS;

const HELP = `npm run bench -- [scenario …] [--rounds N] [--minutes N] [--rate N] [--json file] [--profile folder]

Measures Aisle beside what it stands on, in the same run: private redis-server, Postgres, server and worker in a
temporary folder, loopback only, all ended at the end. Needs Linux (/proc) and redis-benchmark (redis-tools); picker needs chromium.

Scenarios (those with * only when named):
${SCENARIOS.map(({ name, about, onlyNamed }) => `  ${`${name}${onlyNamed === true ? '*' : ''}`.padEnd(15)}${about}`).join('\n')}

  --rounds N        rounds of each, default ${DEFAULT_ROUNDS} (picker: ${picker.defaultRounds ?? DEFAULT_ROUNDS}); figures are the median, with the least and the most
  --minutes N       how long soak lasts, default ${DEFAULT_MINUTES}
  --rate N          its calls a second; default half of what it finds this machine to carry
  --quick           picker: one round of less, in under two minutes
  --json file       every figure of every round
  --profile folder  a .cpuprofile of the server (open it in Chrome's or an editor's viewer); slows the server down
  --help            this
`;

const say = (line: string): void => void process.stdout.write(`${line}\n`);

interface Wish {
  readonly chosen: readonly Scenario[];
  readonly rounds: number | undefined;
  readonly quick: boolean;
  readonly minutes: number;
  readonly rate: number | undefined;
  readonly json: string | undefined;
  readonly profile: string | undefined;
}

function readWish(): Wish | null {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      rounds: { type: 'string' },
      minutes: { type: 'string' },
      rate: { type: 'string' },
      json: { type: 'string' },
      profile: { type: 'string' },
      quick: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help === true) return null;
  const quick = values.quick;
  const rounds = values.rounds === undefined ? (quick ? 1 : undefined) : Number(values.rounds);
  if (rounds !== undefined && (!Number.isInteger(rounds) || rounds < 1 || rounds > MAX_ROUNDS))
    throw new Error(`--rounds: 1 to ${MAX_ROUNDS}`);
  const minutes = Number(values.minutes ?? DEFAULT_MINUTES);
  if (!(minutes > 0 && minutes <= MAX_MINUTES)) throw new Error(`--minutes: more than 0, at most ${MAX_MINUTES}`);
  const rate = values.rate === undefined ? undefined : Number(values.rate);
  if (rate !== undefined && !(rate > 0)) throw new Error('--rate: more than 0');
  const unknown = positionals.filter((name) => !SCENARIOS.some((scenario) => scenario.name === name));
  if (unknown.length > 0)
    throw new Error(`no scenario ${unknown.join(', ')}; there are: ${SCENARIOS.map(({ name }) => name).join(', ')}`);
  const chosen = SCENARIOS.filter(({ name, onlyNamed }) =>
    positionals.length === 0 ? onlyNamed !== true : positionals.includes(name),
  );
  return { chosen, rounds, quick, minutes, rate, json: values.json, profile: values.profile };
}

/** Of one scenario. */
const roundsOf = ({ rounds }: Wish, { defaultRounds = DEFAULT_ROUNDS }: Scenario): number => rounds ?? defaultRounds;

async function run(wish: Wish): Promise<void> {
  const { chosen, quick, minutes, rate, json, profile } = wish;
  const machine = describeMachine();
  const startedAt = new Date().toISOString();
  say(
    `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGib} GiB, ${machine.system}, Node ${machine.node}, Redis ${machine.redis}`,
  );
  say(`load before: ${loadNow().toFixed(2)}`);
  const reports: ScenarioReport[] = [];
  for (const scenario of chosen) {
    say(`\n${scenario.name}: ${scenario.about}`);
    reports.push(
      await scenario.run({
        rounds: roundsOf(wish, scenario),
        quick,
        minutes,
        rate,
        profileDir: profile,
        say: (line) => say(`  ${line}`),
      }),
    );
  }
  for (const { title, tables } of reports) say(`\n### ${title}\n\n${tables.join('\n\n')}`);
  const goals = reports.flatMap((report) => report.goals);
  if (goals.length > 0)
    say(
      `\n### Goals\n\n${markdownTable(
        ['what', 'goal', 'seen', 'met'],
        goals.map(({ what, goal, seen, met }) => [what, goal, seen, met ? 'yes' : 'no']),
      )}`,
    );
  if (json !== undefined)
    writeFileSync(json, `${JSON.stringify({ startedAt, rounds: wish.rounds, machine, reports }, null, 2)}\n`);
}

async function main(): Promise<number> {
  const wish = readWish();
  if (wish === null) {
    say(HELP);
    return 0;
  }
  const limitMs =
    wish.chosen.reduce((sum, scenario) => sum + LIMIT_FIRST_MS + roundsOf(wish, scenario) * LIMIT_A_ROUND_MS, 0) +
    (wish.chosen.some(({ name }) => name === soak.name) ? wish.minutes * MINUTE_MS : 0);
  const stopped = new Promise<never>((_resolve, reject) => {
    setTimeout(() => reject(new Error(`not done after ${limitMs / 60_000} minutes`)), limitMs).unref();
    for (const signal of ['SIGINT', 'SIGTERM'] as const)
      process.once(signal, () => reject(new Error(`stopped by ${signal}`)));
  });
  await Promise.race([run(wish), stopped]);
  return 0;
}

let code: number;
try {
  code = await main();
} catch (error) {
  process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`);
  code = 1;
}
await endAll();
process.exit(code);
