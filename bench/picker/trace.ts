/** The few of Chromium's trace events that are read here. Times are microseconds of one clock for all processes. */
interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  readonly ts: number;
  readonly dur?: number;
  /** The thread's own CPU time. */
  readonly tdur?: number;
  readonly args?: Record<string, unknown>;
}

const TASKS = 'disabled-by-default-devtools.timeline';
const FRAMES = 'disabled-by-default-devtools.timeline.frame';
const MARKS = 'blink.user_timing';
export const PAN_CATEGORIES = [TASKS, FRAMES, MARKS];
export const PICTURE_CATEGORIES = [TASKS, MARKS, 'disabled-by-default-devtools.screenshot'];

/** One frame's work on the renderer's main thread, ms: all tasks from its start to the start of the next. */
export interface FrameWork {
  readonly wallMs: number;
  readonly cpuMs: number;
}

export interface Picture {
  /** Since a mark. */
  readonly ms: number;
  /** Base64. */
  readonly jpeg: string;
}

export class Trace {
  private readonly events: readonly TraceEvent[];
  /** Of the page's renderer. */
  readonly pid: number;

  constructor(json: Buffer) {
    this.events = (JSON.parse(json.toString()) as { traceEvents: TraceEvent[] }).traceEvents;
    const started = this.events.find(({ name }) => name === 'TracingStartedInBrowser')?.args?.data;
    const pid = (started as { frames?: { processId?: number }[] } | undefined)?.frames?.[0]?.processId;
    if (pid === undefined) throw new Error('the trace does not say which process has the page');
    this.pid = pid;
  }

  /** When a performance.mark of the page was set. */
  mark(name: string): number {
    const event = this.events.find((each) => each.name === name && each.pid === this.pid);
    if (event === undefined) throw new Error(`no mark ${name} in the trace`);
    return event.ts;
  }

  /** What was presented after a mark, in order; the first is what was there before. */
  pictures(mark: string): Picture[] {
    const from = this.mark(mark);
    const shots = this.events
      .filter(({ name, args }) => name === 'Screenshot' && typeof args?.snapshot === 'string')
      .sort((a, b) => a.ts - b.ts)
      .map(({ ts, args }) => ({ ms: (ts - from) / 1000, jpeg: String(args?.snapshot) }));
    return shots.filter((_, i) => (shots[i + 1]?.ms ?? Infinity) > 0);
  }

  /** The work of frames that began between two marks. */
  frames(from: string, to: string): FrameWork[] {
    const main = this.mainThread();
    const [begin, end] = [this.mark(from), this.mark(to)];
    const tasks = main.filter(({ name, ph }) => name === 'RunTask' && ph === 'X').sort((a, b) => a.ts - b.ts);
    const starts = main.filter(({ name }) => name === 'BeginMainThreadFrame').map(({ ts }) => ts);
    // A frame begins with the task in which it begins.
    const windows = starts
      .map((at) => tasks.findLast(({ ts, dur = 0 }) => ts <= at && ts + dur >= at)?.ts ?? at)
      .sort((a, b) => a - b);
    return windows.flatMap((start, i) => {
      const next = windows[i + 1];
      // The last one's end is not known; a frame that began in time may end after it.
      if (next === undefined || start < begin || start > end) return [];
      const within = tasks.filter(({ ts }) => ts >= start && ts < next);
      return {
        wallMs: within.reduce((sum, { dur = 0 }) => sum + dur, 0) / 1000,
        cpuMs: within.reduce((sum, { dur = 0, tdur = dur }) => sum + tdur, 0) / 1000,
      };
    });
  }

  private mainThread(): TraceEvent[] {
    const named = this.events.find(
      ({ name, pid, args }) => name === 'thread_name' && pid === this.pid && args?.name === 'CrRendererMain',
    );
    if (named === undefined) throw new Error('the trace names no main thread');
    return this.events.filter(({ pid, tid }) => pid === this.pid && tid === named.tid);
  }
}
