import type { VNode } from 'preact';
import { useMemo, useRef, useState } from 'preact/hooks';
import { Link, useLocation } from 'wouter-preact';
import type { Chart, SeatEvent } from '@aisle/client/protocol';
import { plural } from '../../shared/format.js';
import { ActionButton, ErrorNote } from '../../shared/ui.js';
import { fieldsOf, newDetails } from '../event/details.js';
import { BasicFields, LimitFields, ScheduleFields } from '../event/details-fields.js';
import { faultsOf, useAction, useKeyOf, useRefresh } from '../kit/data.js';
import { Empty, PageHead } from '../kit/parts.js';
import { useSay } from '../kit/said.js';
import { offers, useStaff } from '../kit/session.js';
import { PricesFields } from '../event/prices-fields.js';
import { emptyPrices, pricesOf, type PricesDraft } from '../event/prices.js';
import { useTitle } from '../shell.js';
import { ChartPart } from './chart-part.js';
import { talliesOf } from './doubts.js';

const CREATE_TIMEOUT_MS = 180_000;

export function CreateEventPage(): VNode {
  useTitle('New event');
  const { role } = useStaff();
  const [chart, setChart] = useState<Chart | undefined>(undefined);
  return (
    <>
      <PageHead title="New event" lead="From a chart file to a draft that only admins see.">
        <Link href="/events" class="button">
          All events
        </Link>
      </PageHead>
      {offers(role, 'events') ? (
        <div class="stack-wide">
          <ChartPart onChart={setChart} />
          {chart === undefined ? null : <EventForm chart={chart} />}
        </div>
      ) : (
        <Empty>New events are made with an administrator’s key. Sign in with one.</Empty>
      )}
    </>
  );
}

/** Rows that are there anyway keep what was typed, should the chart be chosen anew. */
const carry = (draft: PricesDraft, chart: Chart): PricesDraft =>
  Object.fromEntries(Object.entries(emptyPrices(chart)).map(([key, empty]) => [key, draft[key] ?? empty]));

function EventForm({ chart }: { chart: Chart }): VNode {
  const { call } = useStaff();
  const say = useSay();
  const refresh = useRefresh();
  const [, go] = useLocation();
  const { error, clear, run } = useAction();
  const [details, setDetails] = useState(() => ({ ...newDetails(), name: chart.name }));
  const [typed, setPrices] = useState<PricesDraft>({});
  const [tried, setTried] = useState(false);
  const prices = useMemo(() => carry(typed, chart), [typed, chart]);
  const { places, categories } = useMemo(() => talliesOf(chart), [chart]);
  const form = useRef<HTMLFormElement>(null);

  const key = useKeyOf(details, prices, chart);
  const made = fieldsOf(details);
  const priced = pricesOf(prices, details.currency);
  const own = { ...made.faults, ...priced.faults };
  const faults = tried ? { ...faultsOf(error), ...own } : faultsOf(error);

  const create = async (): Promise<void> => {
    setTried(true);
    if (Object.keys(own).length > 0) {
      focusFirstFault(form.current);
      return;
    }
    const event = await run(() =>
      call<SeatEvent>('POST', '/v1/events', {
        body: { ...made.fields, prices: priced.prices, chart },
        ...{ key, timeoutMs: CREATE_TIMEOUT_MS },
      }),
    );
    if (event === undefined) {
      focusFirstFault(form.current);
      return;
    }
    await refresh('/v1/events');
    say(`“${event.name}” is a draft now. Publish it when it is right.`);
    go(`/events/${event.id}`);
  };
  return (
    <form ref={form} class="stack-wide" noValidate onSubmit={(event) => event.preventDefault()} onInput={clear}>
      <section class="panel" aria-labelledby="basic-title">
        <h2 id="basic-title">2 · Event</h2>
        <BasicFields draft={details} faults={faults} onChange={setDetails} currencyFixed={false} />
      </section>
      <section class="panel" aria-labelledby="prices-title">
        <h2 id="prices-title">3 · Prices and ticket types</h2>
        <p class="hint">Fee and tax are added to the price, for each place.</p>
        <PricesFields
          categories={chart.categories.map((one) => ({
            ...one,
            places: categories.find((row) => row.key === one.key)?.places ?? 0,
          }))}
          currency={details.currency}
          draft={prices}
          faults={faults}
          onChange={setPrices}
        />
      </section>
      <section class="panel" aria-labelledby="schedule-title">
        <h2 id="schedule-title">4 · When it is on sale</h2>
        <ScheduleFields draft={details} faults={faults} onChange={setDetails} />
      </section>
      <section class="panel" aria-labelledby="limits-title">
        <h2 id="limits-title">5 · Holds and limits</h2>
        <LimitFields draft={details} faults={faults} onChange={setDetails} />
      </section>
      {error === undefined ? null : <ErrorNote error={error} />}
      <div class="form-end">
        <p class="hint">
          {plural(places, 'place')}. The draft can be changed until it is published; chart and currency not after.
        </p>
        <ActionButton class="button primary" act={create}>
          Create draft
        </ActionButton>
      </div>
    </form>
  );
}

/** After the faults are on the page. */
export function focusFirstFault(form: HTMLElement | null): void {
  requestAnimationFrame(() => {
    const field = form?.querySelector<HTMLElement>('[aria-invalid="true"]');
    field?.focus();
    field?.scrollIntoView({ block: 'center' });
  });
}
