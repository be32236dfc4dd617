import { setTimeout as pause } from 'node:timers/promises';
import { ascending, percentile } from '../harness/stats.js';
import { loadNow } from '../harness/machine.js';
import { aimAt, aimAtAll, freeSeatsOnScreen, type Aim } from './aim.js';
import { heapBytes, openLab, residentBytes, type Lab } from './browser.js';
import { saleLetters, stadiumChart } from './charts.js';
import { drag } from './drag.js';
import { judge, type Drawn } from './judge.js';
import type { PeerName } from './pages.js';
import { PAN_CATEGORIES, PICTURE_CATEGORIES, Trace, type FrameWork } from './trace.js';

/** A map that is not done by then is unfinished, and its browser is killed. */
export const LIMIT_MS = 60_000;
const PLACES = 1500;
/** Presented and at rest: longer than our map takes to go over to sharp tiles. */
const SETTLED_MS = 500;
/** Radii of seats, CSS pixels: a stand of some thousand seats; seats as they are pressed, with numbers where a map has them. */
const NEAR_PX = 4;
const CLOSE_PX = 10;

export type ViewName = 'whole' | 'near' | 'close';
export const VIEWS: readonly ViewName[] = ['whole', 'near', 'close'];

export interface Pan {
  readonly frames: number;
  readonly aSecond: number;
  /** Main-thread work a frame, ms. */
  readonly p50: number;
  readonly p95: number;
  /** The same by the thread's CPU time: what others on the machine do is not in it. */
  readonly cpuP50: number;
  readonly cpuP95: number;
  /** CPU time of all the browser's processes for each of these frames, ms: pixels are made beside the main thread, too. */
  readonly browserMs: number;
}

export interface PageFigures {
  readonly drawn: Drawn;
  readonly parseMs: number;
  readonly makeMs: number;
  readonly pans: Partial<Record<ViewName, Pan>>;
  readonly heapMb: number;
  readonly residentMb: number;
  readonly changes: number;
}

export interface Sample {
  readonly peer: PeerName;
  readonly seats: number;
  readonly round: number;
  readonly load: number;
  /** Opened on the whole chart, nothing changing. */
  readonly quiet: PageFigures | null;
  /** Opened near a stand, nothing changing; not panned. */
  readonly near: PageFigures | null;
  /** Opened near a stand with changes coming in from the start. */
  readonly changing: PageFigures | null;
  /** What was being done when the time was up, or failed. */
  readonly unfinished: string | undefined;
}

export interface SampleOptions {
  readonly url: string;
  readonly peer: PeerName;
  readonly seats: number;
  readonly round: number;
  readonly changesASecond: number;
  readonly quick: boolean;
  /** For the browser. */
  readonly extraArguments?: readonly string[];
}

type VisitName = 'quiet' | 'near' | 'changing';
interface Visit {
  readonly open: ViewName;
  readonly changesASecond: number;
  readonly pans: readonly ViewName[];
}

/** One map in browsers of its own. */
export async function takeSample(options: SampleOptions): Promise<Sample> {
  const { peer, seats, round, changesASecond, quick } = options;
  const pans = quick ? VIEWS.filter((view) => view !== 'near') : VIEWS;
  const visits: Partial<Record<VisitName, Visit>> = {
    quiet: { open: 'whole', changesASecond: 0, pans },
    ...(quick ? {} : { near: { open: 'near', changesASecond: 0, pans: [] } }),
    changing: { open: 'near', changesASecond, pans },
  };
  const done: Record<string, PageFigures | null> = { quiet: null, near: null, changing: null };
  let unfinished: string | undefined;
  const load = loadNow();
  for (const [name, visit] of Object.entries(visits)) {
    const answer = await limited(options, visit);
    if (typeof answer === 'string') {
      unfinished = `${name}: ${answer}`;
      break;
    }
    done[name] = answer;
  }
  const { quiet = null, near = null, changing = null } = done;
  return { peer, seats, round, load, quiet, near, changing, unfinished };
}

/** The figures, or what was not done when the time was up. */
async function limited(options: SampleOptions, visit: Visit): Promise<PageFigures | string> {
  const lab = await openLab(options.extraArguments);
  const stage = { now: 'opening the page' };
  const timeUp = new AbortController();
  try {
    return await Promise.race([
      figuresOf(lab, options, visit, stage),
      pause(LIMIT_MS, undefined, { signal: timeUp.signal }).then(
        () => `${stage.now}, not done within ${LIMIT_MS / 1000} s`,
      ),
    ]);
  } catch (error) {
    // A page that ran out of memory, say. Ours must not: the goals then are not met.
    return `${stage.now}: ${error instanceof Error ? error.message : String(error)}`;
  } finally {
    timeUp.abort();
    await lab.kill();
  }
}

async function figuresOf(
  { browser, page, cdp, cpuMs }: Lab,
  { url, peer, seats, quick }: SampleOptions,
  { open, changesASecond, pans }: Visit,
  stage: { now: string },
): Promise<PageFigures> {
  const chart = stadiumChart(seats);
  const aims: Record<ViewName, Aim | null> = {
    whole: aimAtAll(chart),
    near: aimAt(chart, 'above', NEAR_PX),
    close: aimAt(chart, 'below', CLOSE_PX),
  };
  const opened = aims[open] ?? aims.whole;
  const failed: string[] = [];
  page.on('pageerror', ({ message }) => failed.push(message));
  await page.goto(`${url}/${peer}`);
  await page.evaluate(`bench.load(${seats})`);
  stage.now = 'drawing the first picture';
  await browser.startTracing(page, { categories: PICTURE_CATEGORIES });
  const show = opened === null || opened === aims.whole ? '[]' : JSON.stringify(opened.seatNos);
  const made: { parseMs: number; makeMs: number } = await page.evaluate(`bench.start(${changesASecond}, ${show})`);
  await page.evaluate('bench.rest()');
  await pause(SETTLED_MS);
  const first = new Trace(await browser.stopTracing());
  const panned: Partial<Record<ViewName, Pan>> = {};
  const lastsMs = quick ? 600 : 1000;
  for (const view of pans) {
    const aim = aims[view];
    if (aim === null) continue;
    stage.now = `panning, ${view}`;
    if (view !== 'whole') await page.evaluate(`bench.show(${JSON.stringify(aim.seatNos)})`);
    await page.evaluate('bench.rest()');
    await pause(SETTLED_MS);
    await browser.startTracing(page, { categories: PAN_CATEGORIES });
    await page.evaluate(`performance.mark('bench:from')`);
    const before = cpuMs();
    await drag(cdp, lastsMs);
    const used = cpuMs() - before;
    await page.evaluate(`performance.mark('bench:to')`);
    // One frame more, or the last one has no end.
    await page.evaluate('bench.rest()');
    const trace = new Trace(await browser.stopTracing());
    const seconds = (trace.mark('bench:to') - trace.mark('bench:from')) / 1e6;
    panned[view] = panOf(trace.frames('bench:from', 'bench:to'), seconds, used);
  }
  stage.now = 'counting memory';
  const heapMb = (await heapBytes(cdp)) / 2 ** 20;
  const residentMb = residentBytes(first.pid) / 2 ** 20;
  const changes: number = await page.evaluate('bench.stop()');
  if (failed.length > 0) throw new Error(`${peer}: ${failed.join('; ')}`);
  const places = freeSeatsOnScreen(chart, saleLetters(seats), opened ?? aimAtAll(chart), PLACES);
  const blank = await (await browser.newContext()).newPage();
  const drawn = await judge(blank, first.pictures('bench:data'), places, changesASecond > 0);
  return { drawn, ...made, pans: panned, heapMb, residentMb, changes };
}

function panOf(frames: readonly FrameWork[], seconds: number, browserMs: number): Pan {
  const wall = ascending(frames.map(({ wallMs }) => wallMs));
  const cpu = ascending(frames.map(({ cpuMs }) => cpuMs));
  return {
    frames: frames.length,
    aSecond: frames.length / seconds,
    p50: percentile(wall, 0.5),
    p95: percentile(wall, 0.95),
    cpuP50: percentile(cpu, 0.5),
    cpuP95: percentile(cpu, 0.95),
    browserMs: browserMs / frames.length,
  };
}
