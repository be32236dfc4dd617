/** What the scripts say: short lines with the seconds gone by, so that nobody waits at a silent terminal. */

const startedAt = performance.now();

/** Seconds since the script began, e.g. "3.2 s". */
export const elapsed = (since = startedAt) => `${((performance.now() - since) / 1000).toFixed(1)} s`;

export function say(line) {
  process.stdout.write(`${line}\n`);
}

/** Says what is wrong and what to do, and ends with exit code 1. */
export function fail(problem, remedy) {
  process.stderr.write(`\n  ${problem}\n${remedy === undefined ? '' : `  → ${remedy}\n`}\n`);
  process.exit(1);
}

/** Runs one step and says how long it took. */
export async function step(name, work) {
  const since = performance.now();
  say(`• ${name} …`);
  const result = await work();
  say(`  ${name}: ${elapsed(since)}`);
  return result;
}
