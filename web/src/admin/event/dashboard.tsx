import type { ComponentChildren, VNode } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import type { Chart, SeatEvent } from '@aisle/client/protocol';
import { count, money, plural } from '../../shared/format.js';
import { Busy, ErrorNote, Field } from '../../shared/ui.js';
import { useRead } from '../kit/data.js';
import { Badge } from '../kit/parts.js';
import { clockTime, percent } from '../kit/words.js';
import { Draft } from './draft.js';
import { CategoryTable, SectionTable, TopHolders } from './dashboard-tables.js';
import { useFigures, type Figures } from './live.js';
import { barsOf, SalesChart, stepWords } from './sales-chart.js';

const RANGES = [
  { minutes: 15, name: 'Last 15 minutes' },
  { minutes: 60, name: 'Last hour' },
  { minutes: 360, name: 'Last 6 hours' },
  { minutes: 1440, name: 'Last 24 hours' },
  { minutes: 10_080, name: 'Last 7 days' },
] as const;
/** A chart does not change while it is on sale. */
const CHART_TIMEOUT_MS = 60_000;

export function Dashboard({ event }: { event: SeatEvent }): VNode {
  return event.status === 'draft' ? <Draft event={event} /> : <Figured event={event} />;
}

function Figured({ event }: { event: SeatEvent }): VNode {
  const [minutes, setMinutes] = useState<number>(60);
  const figures = useFigures(event.id, minutes, true);
  const { data: chart } = useRead<Chart>(`/v1/events/${event.id}/chart`, { timeoutMs: CHART_TIMEOUT_MS });
  const { statistics, live, inventory, error } = figures;
  const bars = useMemo(
    () => (statistics === undefined ? undefined : barsOf(statistics.sales, minutes, Date.now())),
    [statistics, minutes],
  );
  if (statistics === undefined && live === undefined && inventory === undefined) {
    return error === undefined ? <Busy text="Counting…" /> : <ErrorNote error={error} retry={figures.retry} />;
  }
  return (
    <div class="dashboard" data-stale={figures.stale}>
      <Freshness figures={figures} />
      <Tiles event={event} figures={figures} />
      <section class="panel chart-panel" aria-labelledby="sales-title">
        <div class="panel-head">
          <h2 id="sales-title">Sold per {stepWords(bars?.stepMin ?? 1)}</h2>
          <Field label="Time">
            {(ids) => (
              <select {...ids} value={minutes} onChange={(e) => setMinutes(Number(e.currentTarget.value))}>
                {RANGES.map(({ minutes: value, name }) => (
                  <option key={value} value={value}>
                    {name}
                  </option>
                ))}
              </select>
            )}
          </Field>
        </div>
        {bars === undefined ? <Busy text="Counting…" /> : <SalesChart bars={bars} />}
      </section>
      <CategoryTable chart={chart} inventory={inventory} statistics={statistics} />
      <SectionTable chart={chart} live={live} />
      <TopHolders eventId={event.id} live={live} />
    </div>
  );
}

function Freshness({ figures: { stale, asOf, error, retry } }: { figures: Figures }): VNode {
  const time = asOf === undefined ? '–' : clockTime(asOf);
  return (
    <div class="freshness" role="status">
      {stale ? (
        <>
          <Badge tone="warn">Stale</Badge>
          <span>
            These figures are of {time} and not followed now:{' '}
            {error instanceof Error ? error.message : 'the server does not answer.'}
          </span>
          <button type="button" class="button small" onClick={retry}>
            Try again
          </button>
        </>
      ) : (
        <>
          <Badge tone="good">Live</Badge>
          <span class="quiet-text" aria-hidden="true">
            {time}
          </span>
        </>
      )}
    </div>
  );
}

function Tiles({ event, figures: { statistics, live, inventory } }: { event: SeatEvent; figures: Figures }): VNode {
  const sections = live?.sections;
  const sum = (pick: 'total' | 'available' | 'sold' | 'blocked'): number | undefined =>
    sections?.reduce((all, one) => all + one[pick], 0) ??
    (pick === 'blocked' ? undefined : inventory?.categories.reduce((all, one) => all + one[pick], 0));
  const [total, sold, free, blocked] = [sum('total'), sum('sold'), sum('available'), sum('blocked')];
  const figure = (value: number | undefined): string => (value === undefined ? '–' : count(value));
  const paid = (minor: number | undefined): string => (minor === undefined ? '–' : money(minor, event.currency));
  return (
    <dl class="tiles">
      <Tile name="Sold" value={figure(sold)} main>
        {total === undefined ? null : `of ${count(total)} · ${percent(sold ?? 0, total)}`}
      </Tile>
      <Tile name="Paid" value={paid(statistics?.paidMinor)} main>
        {(statistics?.refundedMinor ?? 0) === 0 ? 'nothing refunded' : `${paid(statistics?.refundedMinor)} refunded`}
      </Tile>
      <Tile name="Held" value={figure(live?.heldPlaces)}>
        {live === undefined ? null : plural(live.holds, 'live hold')}
      </Tile>
      <Tile name="Reserved" value={figure(live?.reservedPlaces)}>
        to be paid
      </Tile>
      <Tile name="Free" value={figure(free)}>
        {blocked === undefined || blocked === 0 ? null : `${count(blocked)} kept back`}
      </Tile>
      <Tile name="Viewers" value={figure(live?.viewers)}>
        looking now
      </Tile>
      <Tile name="Hold to sale" value={live?.holdToSale == null ? '–' : `${Math.round(live.holdToSale * 100)} %`}>
        of places held were sold
      </Tile>
    </dl>
  );
}

function Tile(props: { name: string; value: string; main?: true; children?: ComponentChildren }): VNode {
  return (
    <div class="tile" data-main={props.main}>
      <dt>{props.name}</dt>
      <dd>
        <strong>{props.value}</strong>
        <span class="under">{props.children}</span>
      </dd>
    </div>
  );
}
