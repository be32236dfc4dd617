import { expect, test } from 'vitest';
import { saleLetters, stadiumChart } from '../../bench/picker/charts.js';
import { Trace } from '../../bench/picker/trace.js';
import { validateChart } from '../../server/src/domain/chart/validate.js';

test('stadium charts have exactly as many seats as asked for, are valid, and always the same', () => {
  for (const seats of [1, 50, 1200, 20_000]) {
    const chart = stadiumChart(seats);
    expect(chart.seats.length).toBe(seats);
    expect(validateChart(chart)).toMatchObject({ ok: true });
    expect(new Set(chart.seats.map(({ x, y }) => `${x} ${y}`)).size).toBe(seats);
    expect(stadiumChart(seats)).toEqual(chart);
    expect(saleLetters(seats)).toMatch(new RegExp(`^[ahrsb]{${seats}}$`));
    expect(saleLetters(seats)).toBe(saleLetters(seats));
  }
  // As many as a chart may have leaves no room for standing.
  expect(validateChart(stadiumChart(200_000))).toMatchObject({ ok: true });
}, 60_000);

test('a frame of a trace has the work of all tasks from its start to the start of the next, and of its thread alone', () => {
  const main = { pid: 7, tid: 1 };
  const task = (ts: number, dur: number, where = main) => ({
    name: 'RunTask',
    ph: 'X',
    ts,
    dur,
    tdur: dur / 2,
    ...where,
  });
  const frame = (ts: number) => ({ name: 'BeginMainThreadFrame', ph: 'I', ts, ...main });
  const mark = (name: string, ts: number) => ({ name, ph: 'I', ts, ...main });
  const traceEvents = [
    { name: 'TracingStartedInBrowser', ph: 'I', pid: 1, tid: 1, ts: 0, args: { data: { frames: [{ processId: 7 }] } } },
    { name: 'thread_name', ph: 'M', ...main, ts: 0, args: { name: 'CrRendererMain' } },
    ...[mark('from', 500), mark('to', 60_000)],
    // Before the mark; then two frames, a task between them, another thread's; the last frame is open-ended.
    ...[task(0, 400), frame(100)],
    ...[task(1000, 4000), frame(1500), task(9000, 2000), task(9000, 50_000, { pid: 7, tid: 2 })],
    ...[task(20_000, 8000), frame(20_100)],
    ...[task(40_000, 1000), frame(40_500)],
  ];
  const trace = new Trace(Buffer.from(JSON.stringify({ traceEvents })));
  expect(trace.frames('from', 'to')).toEqual([
    { wallMs: 6, cpuMs: 3 },
    { wallMs: 8, cpuMs: 4 },
  ]);
});
