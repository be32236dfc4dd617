import type { Statistics } from '@aisle/client/protocol';
import type { VNode } from 'preact';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { count, plural } from '../../shared/format.js';
import { DataTable } from '../kit/parts.js';

const MINUTE_S = 60;
/** More bars than this are thinner than they are apart. */
const MOST_BARS = 120;
/** Widths of a bar that people think in, in minutes. */
const STEPS_MIN = [1, 2, 5, 10, 15, 30, 60, 120, 180] as const;

export interface Bars {
  readonly stepMin: number;
  /** Unix seconds at which each begins. */
  readonly times: readonly number[];
  readonly sold: readonly number[];
  readonly returned: readonly number[];
}

/** Places sold and given back by the minute, or by as many minutes as the range asks for; empty ones as 0. */
export function barsOf(sales: Statistics['sales'], minutes: number, nowMs: number): Bars {
  const stepMin = STEPS_MIN.find((step) => minutes / step <= MOST_BARS) ?? 180;
  const step = stepMin * MINUTE_S;
  const last = Math.floor(nowMs / 1000 / step) * step;
  const bars = Math.ceil(minutes / stepMin);
  const first = last - (bars - 1) * step;
  const sold = new Array<number>(bars).fill(0);
  const returned = new Array<number>(bars).fill(0);
  for (const sale of sales) {
    const bar = Math.floor((Date.parse(sale.minute) / 1000 - first) / step);
    if (bar < 0 || bar >= bars) continue;
    sold[bar] = (sold[bar] ?? 0) + sale.sold;
    returned[bar] = (returned[bar] ?? 0) + sale.returned;
  }
  return { stepMin, times: sold.map((_, bar) => first + bar * step), sold, returned };
}

export const stepWords = (stepMin: number): string =>
  stepMin === 1
    ? 'minute'
    : stepMin % 60 === 0
      ? stepMin === 60
        ? 'hour'
        : `${stepMin / 60} hours`
      : `${stepMin} minutes`;

/** Drawn by uPlot; the same figures as a table for whoever cannot see it. */
export function SalesChart({ bars }: { bars: Bars }): VNode {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>();
  const data = useMemo<uPlot.AlignedData>(() => [[...bars.times], [...bars.sold]], [bars]);
  const latest = useRef(data);
  latest.current = data;

  useEffect(() => {
    const host = place.current;
    if (host === null) return undefined;
    const draw = (): void => {
      plot.current?.destroy();
      plot.current = new uPlot(optionsFor(host), latest.current, host);
    };
    draw();
    const sizes = new ResizeObserver(() =>
      plot.current?.setSize({ width: host.clientWidth, height: host.clientHeight }),
    );
    sizes.observe(host);
    const dark = matchMedia('(prefers-color-scheme: dark)');
    dark.addEventListener('change', draw);
    return () => {
      sizes.disconnect();
      dark.removeEventListener('change', draw);
      plot.current?.destroy();
    };
  }, []);
  useEffect(() => plot.current?.setData(data), [data]);

  const busy = bars.times.flatMap((time, bar) => {
    const [sold = 0, returned = 0] = [bars.sold[bar], bars.returned[bar]];
    return sold === 0 && returned === 0 ? [] : [{ time, sold, returned }];
  });
  const total = bars.sold.reduce((sum, sold) => sum + sold, 0);
  const most = Math.max(0, ...bars.sold);
  return (
    <>
      <div
        ref={place}
        class="chart"
        role="img"
        aria-label={`Bars: ${plural(total, 'place')} sold in this time, at most ${count(most)} in one ${stepWords(bars.stepMin)}. The table below has the same figures.`}
      />
      <details>
        <summary>The same as a table</summary>
        {busy.length === 0 ? (
          <p class="empty">Nothing was sold in this time.</p>
        ) : (
          <DataTable
            label={`Sales per ${stepWords(bars.stepMin)}`}
            rows={busy.reverse()}
            rowKey={({ time }) => String(time)}
            columns={[
              { name: 'From', kind: 'main', cell: ({ time }) => timeWords(time) },
              { name: 'Sold', kind: 'number', cell: ({ sold }) => count(sold) },
              { name: 'Given back', kind: 'number', cell: ({ returned }) => count(returned) },
            ]}
          />
        )}
      </details>
    </>
  );
}

const timeFormat = new Intl.DateTimeFormat(undefined, {
  ...{ weekday: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
});
const timeWords = (seconds: number): string => timeFormat.format(seconds * 1000);

function optionsFor(host: HTMLElement): uPlot.Options {
  const style = getComputedStyle(host);
  const colour = (name: string): string => style.getPropertyValue(name).trim();
  const [accent, muted, line] = [colour('--accent'), colour('--muted'), colour('--line')];
  const font = `12px ${style.fontFamily}`;
  const bars = uPlot.paths.bars?.({ size: [0.8, 40], align: 1 });
  const axis = { stroke: muted, font, grid: { stroke: line, width: 1 }, ticks: { show: false } };
  return {
    width: host.clientWidth,
    height: host.clientHeight,
    legend: { show: false },
    cursor: { show: false },
    padding: [8, 26, 0, 0],
    scales: { y: { range: (_, __, max) => [0, Math.max(4, Math.ceil(max * 1.15))] } },
    axes: [
      {
        ...{ ...axis, grid: { show: false }, space: 70, size: 30 },
        values: (_, times) => times.map((time) => new Date(time * 1000).toTimeString().slice(0, 5)),
      },
      { ...axis, size: 44, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 50_000], space: 36 },
    ],
    series: [
      {},
      {
        fill: accent,
        stroke: accent,
        width: 0,
        points: { show: false },
        ...(bars === undefined ? {} : { paths: bars }),
      },
    ],
  };
}
