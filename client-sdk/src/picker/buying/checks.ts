import type { CheckMode, Finding } from '../model.js';
import type { Rows, Run } from './rows.js';

export interface CheckedMap {
  readonly rows: Rows;
  isFree(seatNo: number): boolean;
  /** A wheelchair place stands alone by design: it is nobody's orphan. */
  isAccessible(seatNo: number): boolean;
  categoryOf(seatNo: number): number;
}

/** A stretch of a run between two places that are somebody's: [from, to). */
interface Stretch {
  readonly run: Run;
  readonly from: number;
  readonly to: number;
}

/**
 * What of the buyer's choice leaves single seats or parts a company. Only what another choice would avoid: a seat that was single before
 * is nobody's fault, one left of a stretch of n where n − 1 are taken stays however one chooses, and a company larger than any row has
 * free side by side cannot sit together.
 */
export function findingsOf(
  map: CheckedMap,
  mine: ReadonlySet<number>,
  modes: { readonly orphans: CheckMode; readonly together: CheckMode },
): Finding[] {
  if (mine.size === 0) return [];
  const findings: Finding[] = [];
  if (modes.orphans !== 'off') {
    const seatNos = orphans(map, mine);
    if (seatNos.length > 0) findings.push({ kind: 'orphan', mode: modes.orphans, seatNos });
  }
  if (modes.together !== 'off') {
    const seatNos = apart(map, mine);
    if (seatNos.length > 0) findings.push({ kind: 'apart', mode: modes.together, seatNos });
  }
  return findings;
}

/** Free seats with nobody beside them that had somebody, or a free seat, beside them before this choice. */
export function orphans(map: CheckedMap, mine: ReadonlySet<number>): number[] {
  const found = new Set<number>();
  for (const { run, from, to } of stretchesAround(map, mine)) {
    const left = run.slice(from, to).filter((seatNo) => !mine.has(seatNo)).length;
    // Whichever one takes, one stays.
    if (left === 1) continue;
    for (let at = from; at < to; at++) {
      const seatNo = run[at] ?? -1;
      const beside = [at - 1, at + 1].filter((next) => next >= from && next < to).map((next) => run[next] ?? -1);
      const alone = beside.every((next) => mine.has(next));
      if (!mine.has(seatNo) && alone && !map.isAccessible(seatNo)) found.add(seatNo);
    }
  }
  return [...found].sort((a, b) => a - b);
}

/** The seats away from the largest group, where all could have sat side by side. */
export function apart(map: CheckedMap, mine: ReadonlySet<number>): number[] {
  const groups = groupsOf(map, mine);
  if (groups.length < 2) return [];
  if (!fitsSomewhere(map, mine)) return [];
  const largest = groups.reduce((a, b) => (b.length > a.length ? b : a));
  return groups
    .filter((group) => group !== largest)
    .flat()
    .sort((a, b) => a - b);
}

/** The buyer's seats in groups side by side. */
function groupsOf({ rows }: CheckedMap, mine: ReadonlySet<number>): number[][] {
  const groups: number[][] = [];
  for (const run of new Set([...mine].map((seatNo) => rows.runOf(seatNo)))) {
    let group: number[] = [];
    for (const seatNo of run) {
      if (mine.has(seatNo)) {
        if (group.length === 0) groups.push(group);
        group.push(seatNo);
      } else group = [];
    }
  }
  return groups;
}

/** Stretches of seats that are free or the buyer's, with at least one of the buyer's in it. */
function stretchesAround(map: CheckedMap, mine: ReadonlySet<number>): Stretch[] {
  const runs = new Set([...mine].map((seatNo) => map.rows.runOf(seatNo)));
  return [...runs].flatMap((run) =>
    stretchesOf(map, run, mine).filter(({ from, to }) => run.slice(from, to).some((seatNo) => mine.has(seatNo))),
  );
}

function stretchesOf(
  map: CheckedMap,
  run: Run,
  mine: ReadonlySet<number>,
  suits = (_seatNo: number): boolean => true,
): Stretch[] {
  const stretches: Stretch[] = [];
  let from = 0;
  for (let at = 0; at <= run.length; at++) {
    const seatNo = run[at];
    if (seatNo !== undefined && (mine.has(seatNo) || (map.isFree(seatNo) && suits(seatNo)))) continue;
    if (at > from) stretches.push({ run, from, to: at });
    from = at + 1;
  }
  return stretches;
}

/**
 * Somewhere in the house so many are free side by side, the buyer's own counted as free: in the categories that were chosen, since
 * nobody must pay more to sit together, and wheelchair places left to those who need them.
 */
function fitsSomewhere(map: CheckedMap, mine: ReadonlySet<number>): boolean {
  const categories = new Set([...mine].map((seatNo) => map.categoryOf(seatNo)));
  const suits = (seatNo: number): boolean => categories.has(map.categoryOf(seatNo)) && !map.isAccessible(seatNo);
  const fits = (run: Run): boolean =>
    run.length >= mine.size && stretchesOf(map, run, mine, suits).some(({ from, to }) => to - from >= mine.size);
  for (const run of new Set([...mine].map((seatNo) => map.rows.runOf(seatNo)))) if (fits(run)) return true;
  return map.rows.sections().some((section) => map.rows.runsOf(section).some(fits));
}
