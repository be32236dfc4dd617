import type { VNode } from 'preact';
import { useMemo } from 'preact/hooks';
import { Link } from 'wouter-preact';
import type { Chart, SeatEvent } from '@aisle/client/protocol';
import { buildGeometry } from '../../../../client-sdk/src/picker/map/geometry.js';
import { count, eventTime, plural, priceText } from '../../shared/format.js';
import { Busy, ErrorNote } from '../../shared/ui.js';
import { Drawing } from '../create/drawing.js';
import { talliesOf } from '../create/doubts.js';
import { useRead } from '../kit/data.js';
import { DataTable } from '../kit/parts.js';

const NOTHING: ReadonlySet<number> = new Set();
const CHART_TIMEOUT_MS = 60_000;

/** What will be published: a last look. */
export function Draft({ event }: { event: SeatEvent }): VNode {
  const {
    data: chart,
    error,
    refetch,
  } = useRead<Chart>(`/v1/events/${event.id}/chart`, { timeoutMs: CHART_TIMEOUT_MS });
  const geometry = useMemo(() => (chart === undefined ? undefined : buildGeometry(chart)), [chart]);
  return (
    <div class="stack-wide">
      <section class="panel" aria-labelledby="look-title">
        <div class="panel-head">
          <h2 id="look-title">This is a draft: look at it once more</h2>
          <Link href={`/events/${event.id}/settings`} class="button">
            Change prices and schedule
          </Link>
        </div>
        <dl class="facts">
          <div>
            <dt>Starts</dt>
            <dd>{eventTime(event)}</dd>
          </div>
          <div>
            <dt>Sales open</dt>
            <dd>{event.saleStartsAt === undefined ? 'when you open them' : at(event, event.saleStartsAt)}</dd>
          </div>
          <div>
            <dt>Sales close</dt>
            <dd>{event.saleEndsAt === undefined ? 'when you close them' : at(event, event.saleEndsAt)}</dd>
          </div>
        </dl>
        {chart === undefined ? null : <PriceList event={event} chart={chart} />}
      </section>
      <section class="panel" aria-labelledby="chart-title">
        <h2 id="chart-title">Chart</h2>
        {geometry !== undefined ? (
          <Drawing geometry={geometry} marked={NOTHING} pointing={undefined} label={`Chart of ${event.name}`} />
        ) : error === null ? (
          <Busy text="Loading the chart…" />
        ) : (
          <ErrorNote error={error} retry={() => void refetch()} />
        )}
      </section>
    </div>
  );
}

const at = (event: SeatEvent, startsAt: string): string => eventTime({ startsAt, timezone: event.timezone });

function PriceList({ event, chart }: { event: SeatEvent; chart: Chart }): VNode {
  const { categories, places } = talliesOf(chart);
  return (
    <>
      <p class="hint">{plural(places, 'place')} in all.</p>
      <DataTable
        label="Prices"
        rows={categories}
        rowKey={({ key }) => key}
        columns={[
          { name: 'Category', kind: 'main', cell: ({ key, label }) => (label === '' ? key : label) },
          { name: 'Places', kind: 'number', cell: (row) => count(row.places) },
          { name: 'Price', kind: 'number', cell: ({ key }) => priceText(event.prices[key], event.currency) },
        ]}
      />
    </>
  );
}
