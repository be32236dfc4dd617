import { median, spread } from '../harness/stats.js';
import { markdownTable, number, show } from '../harness/table.js';
import type { Goal } from '../scenarios/scenario.js';
import type { PeerName } from './pages.js';
import { VIEWS, type PageFigures, type Pan, type Sample, type ViewName } from './sample.js';

const GOAL_DRAWN_MS = 1000;
const GOAL_PAN_MS = 16;
const GOAL_TIMES = 10;
const DRAWN_SEATS = 80_000;
const TIMES_SEATS = 20_000;

const NAMES: Record<PeerName, string> = {
  ours: 'Aisle (canvas tiles)',
  svg: 'plain SVG',
  konva: 'Konva',
  'svg-layer': 'SVG, a layer of its own',
  webgl: 'WebGL points (SwiftShader)',
};
const VIEW_NAMES: Record<ViewName, string> = { whole: 'all in view', near: 'a stand', close: 'seats close' };
type Visit = 'quiet' | 'near' | 'changing';

/** All rounds of one map on one chart. */
class Group {
  constructor(
    readonly peer: PeerName,
    readonly seats: number,
    private readonly samples: readonly Sample[],
  ) {}

  get unfinished(): string | undefined {
    return this.samples.find(({ unfinished }) => unfinished !== undefined)?.unfinished;
  }

  visited(visit: Visit): boolean {
    return this.samples.some((sample) => sample[visit] !== null);
  }

  /** What the rounds say that have it. */
  values(visit: Visit, pick: (figures: PageFigures) => number | undefined): number[] {
    return this.samples.flatMap((sample) => {
      const figures = sample[visit];
      const value = figures === null ? undefined : pick(figures);
      return value === undefined || Number.isNaN(value) ? [] : [value];
    });
  }

  cell(visit: Visit, digits: number, pick: (figures: PageFigures) => number | undefined): string {
    const values = this.values(visit, pick);
    if (values.length === 0) return this.unfinished === undefined ? '–' : 'unfinished';
    return values.length === 1 ? number(values[0] ?? NaN, digits) : show(spread(values), digits);
  }

  pan(visit: Visit, view: ViewName, pick: (pan: Pan) => number): number {
    return median(this.values(visit, ({ pans }) => (pans[view] === undefined ? undefined : pick(pans[view]))));
  }

  /** The view in which it is slowest. */
  worst(visit: Visit): number {
    const known = VIEWS.map((view) => this.pan(visit, view, ({ p95 }) => p95)).filter((ms) => !Number.isNaN(ms));
    return this.unfinished !== undefined || known.length === 0 ? Infinity : Math.max(...known);
  }
}

function groupsOf(samples: readonly Sample[]): Group[] {
  const keys = [...new Set(samples.map(({ peer, seats }) => `${peer} ${seats}`))];
  return keys.map((key) => {
    const own = samples.filter(({ peer, seats }) => `${peer} ${seats}` === key);
    const [{ peer, seats }] = own as [Sample];
    return new Group(peer, seats, own);
  });
}

export function tablesOf(samples: readonly Sample[], peers: readonly PeerName[], changesASecond: number): string[] {
  const groups = groupsOf(samples).sort((a, b) => a.seats - b.seats || peers.indexOf(a.peer) - peers.indexOf(b.peer));
  const head = (group: Group): string[] => [group.seats.toLocaleString('en-US'), NAMES[group.peer]];
  const drawn = markdownTable(
    [
      ...['seats', 'map', 'first seats, ms', 'all of the picture, ms', 'of it parsing JSON, ms'],
      ...['first seats, opened on a stand, ms', `the same, ${changesASecond} changes/s, ms`],
    ],
    groups.map((group) => [
      ...head(group),
      group.cell('quiet', 0, (each) => each.drawn.firstMs),
      group.cell('quiet', 0, (each) => each.drawn.allMs),
      group.cell('quiet', 0, (each) => each.parseMs),
      group.cell('near', 0, (each) => each.drawn.firstMs),
      group.cell('changing', 0, (each) => each.drawn.firstMs),
    ]),
  );
  const pans = (visit: Visit): string =>
    markdownTable(
      [
        ...['seats', 'map', 'view', 'p50, ms', 'p95, ms', 'p50 CPU, ms', 'p95 CPU, ms'],
        ...['frames/s', 'CPU of the whole browser a frame, ms'],
      ],
      groups.flatMap((group) =>
        VIEWS.filter((view) => group.values(visit, ({ pans: each }) => each[view]?.p95).length > 0).map((view) => [
          ...head(group),
          VIEW_NAMES[view],
          ...(['p50', 'p95', 'cpuP50', 'cpuP95'] as const).map((key) =>
            group.cell(visit, 1, ({ pans: each }) => each[view]?.[key]),
          ),
          group.cell(visit, 0, ({ pans: each }) => each[view]?.aSecond),
          group.cell(visit, 0, ({ pans: each }) => each[view]?.browserMs),
        ]),
      ),
    );
  const memory = markdownTable(
    [
      ...['seats', 'map', 'JS heap, MB', 'renderer resident, MB'],
      ...[`JS heap, ${changesASecond} changes/s, MB`, `renderer resident, ${changesASecond} changes/s, MB`],
    ],
    groups.map((group) => [
      ...head(group),
      group.cell('quiet', 1, (each) => each.heapMb),
      group.cell('quiet', 0, (each) => each.residentMb),
      group.cell('changing', 1, (each) => each.heapMb),
      group.cell('changing', 0, (each) => each.residentMb),
    ]),
  );
  const unfinished = groups.flatMap(({ unfinished: what, peer, seats }) =>
    what === undefined ? [] : [`${NAMES[peer]}, ${seats.toLocaleString('en-US')} seats: unfinished (${what})`],
  );
  return [
    `From data in memory to a frame presented:\n\n${drawn}`,
    `Main-thread work a frame while panning, nothing changing:\n\n${pans('quiet')}`,
    `The same while ${changesASecond} seats change a second:\n\n${pans('changing')}`,
    `Memory after panning:\n\n${memory}`,
    ...(unfinished.length === 0 ? [] : [unfinished.join('\n')]),
  ];
}

export function goalsOf(samples: readonly Sample[], changesASecond: number): Goal[] {
  const groups = groupsOf(samples);
  const find = (peer: PeerName, seats: number): Group | undefined =>
    groups.find((group) => group.peer === peer && group.seats === seats);
  const [large, ours, svg] = [find('ours', DRAWN_SEATS), find('ours', TIMES_SEATS), find('svg', TIMES_SEATS)];
  const goals: Goal[] = [];
  if (large !== undefined) {
    const openings = (['quiet', 'near', 'changing'] as const)
      .filter((visit) => large.visited(visit))
      .map((visit) => large.values(visit, ({ drawn }) => drawn.firstMs));
    // No figure is the worst of figures: seats that were never seen were not drawn.
    const slowest = Math.max(...openings.map((values) => (values.length === 0 ? Infinity : median(values))));
    const under = (what: string, worst: number, limit: number, digits: number): Goal => {
      const met = worst < limit && large.unfinished === undefined;
      const seen = Number.isFinite(worst) ? `${number(worst, digits)} ms` : 'not seen';
      return { what, goal: `< ${limit.toLocaleString('en-US')} ms`, seen, met };
    };
    const at = `${DRAWN_SEATS.toLocaleString('en-US')} seats`;
    goals.push(
      under(`picker: ${at} first drawn after data, slowest way of opening`, slowest, GOAL_DRAWN_MS, 0),
      under(`picker: ${at}, panning, p95 of main-thread work, worst view`, large.worst('quiet'), GOAL_PAN_MS, 1),
      under(`picker: the same, ${changesASecond} changes/s`, large.worst('changing'), GOAL_PAN_MS, 1),
    );
  }
  for (const view of VIEWS) {
    if (ours === undefined || svg === undefined) break;
    const unfinished = svg.unfinished !== undefined && svg.values('quiet', ({ pans }) => pans[view]?.p95).length === 0;
    const times = svg.pan('quiet', view, ({ p95 }) => p95) / ours.pan('quiet', view, ({ p95 }) => p95);
    if (Number.isNaN(times) && !unfinished) continue;
    goals.push({
      what: `picker: ${TIMES_SEATS.toLocaleString('en-US')} seats, ${VIEW_NAMES[view]}: pan p95 of plain SVG ÷ ours`,
      goal: `≥ ${GOAL_TIMES}`,
      seen: unfinished ? 'SVG unfinished' : number(times, 1),
      met: unfinished || times >= GOAL_TIMES,
    });
  }
  return goals;
}
