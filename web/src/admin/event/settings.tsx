import type { VNode } from 'preact';
import { useMemo, useRef, useState } from 'preact/hooks';
import type { Chart, PatchEvent, SeatEvent } from '@aisle/client/protocol';
import { ApiError } from '../../shared/api.js';
import { ActionButton, Busy, ErrorNote } from '../../shared/ui.js';
import { focusFirstFault } from '../create/page.js';
import { faultsOf, useAction, useRead, useRefresh } from '../kit/data.js';
import { useSay } from '../kit/said.js';
import { useStaff } from '../kit/session.js';
import { changesOf, withPatch, type Change } from './changes.js';
import { Conflict } from './conflict.js';
import { detailsOf, type DetailsDraft } from './details.js';
import { BasicFields, LimitFields, ScheduleFields } from './details-fields.js';
import { PricesFields } from './prices-fields.js';
import { draftOf, keyed, type PricesDraft } from './prices.js';

const CHART_TIMEOUT_MS = 60_000;

/** Everything of an event that can still be changed. What somebody else changes meanwhile is shown, never overwritten unseen. */
export function SettingsPart({ event }: { event: SeatEvent }): VNode {
  const chart = useRead<Chart>(`/v1/events/${event.id}/chart`, { timeoutMs: CHART_TIMEOUT_MS });
  // What was read when editing began; the event itself is read again all the time.
  const [{ base, typed, round }, begin] = useState<Beginning>({ base: event, round: 0 });
  if (chart.data === undefined) {
    return chart.error === null ? (
      <Busy text="Loading…" />
    ) : (
      <ErrorNote error={chart.error} retry={() => void chart.refetch()} />
    );
  }
  return (
    <Settings
      key={round}
      {...{ base, typed, now: event, chart: chart.data }}
      onBase={(next, kept) => begin({ base: next, round: round + 1, ...(kept === undefined ? {} : { typed: kept }) })}
    />
  );
}

interface Typed {
  readonly details: DetailsDraft;
  readonly prices: PricesDraft;
}
interface Beginning {
  readonly base: SeatEvent;
  readonly typed?: Typed;
  readonly round: number;
}

function Settings(props: {
  base: SeatEvent;
  /** What is in the form already; else what the event has. */
  typed: Typed | undefined;
  now: SeatEvent;
  chart: Chart;
  onBase: (event: SeatEvent, typed?: Typed) => void;
}): VNode {
  const { base, typed, chart, onBase, now } = props;
  const { call } = useStaff();
  const say = useSay();
  const refresh = useRefresh();
  const { error, clear, run } = useAction();
  const [details, setDetails] = useState<DetailsDraft>(() => typed?.details ?? detailsOf(base));
  const [prices, setPrices] = useState<PricesDraft>(() => typed?.prices ?? pricesAt(base, chart));
  const latest = useRef({ details, prices });
  latest.current = { details, prices };
  const [tried, setTried] = useState(false);
  const [theirs, setTheirs] = useState<SeatEvent | undefined>(undefined);
  const form = useRef<HTMLFormElement>(null);
  const mine = useMemo(() => changesOf(base, details, prices), [base, details, prices]);
  const faults = tried ? { ...faultsOf(error), ...mine.faults } : faultsOf(error);
  const outdated = now.version !== base.version && mine.changes.length === 0;

  const send = async (version: number): Promise<void> => {
    setTried(true);
    if (Object.keys(mine.faults).length > 0) {
      focusFirstFault(form.current);
      return;
    }
    const changed = await run(async () => {
      const body: PatchEvent = { version, ...mine.patch };
      try {
        return await call<SeatEvent>('PATCH', `/v1/events/${base.id}`, { body });
      } catch (thrown) {
        if (!(thrown instanceof ApiError) || thrown.code !== 'VERSION_CONFLICT') throw thrown;
        setTheirs(await call<SeatEvent>('GET', `/v1/events/${base.id}`));
        return undefined;
      }
    });
    if (changed === undefined) {
      focusFirstFault(form.current);
      return;
    }
    await refresh('/v1/events');
    say('Saved.');
    setTheirs(undefined);
    const saved = { details: detailsOf(changed), prices: pricesAt(changed, chart) };
    onBase(changed, {
      details: typedSince(latest.current.details, details, saved.details),
      prices: keyed(typedSince(latest.current.prices, prices, saved.prices), prices, changed),
    });
  };

  return (
    <form ref={form} class="stack-wide" noValidate onSubmit={(e) => e.preventDefault()} onInput={clear}>
      {outdated ? <Outdated onNow={() => onBase(now)} /> : null}
      <Sections
        event={base}
        chart={chart}
        details={details}
        prices={prices}
        faults={faults}
        onDetails={setDetails}
        onPrices={setPrices}
      />
      {error === undefined ? null : <ErrorNote error={error} />}
      <SaveBar changes={mine.changes} save={() => send(base.version)} />
      {theirs === undefined ? null : (
        <Conflict
          changes={mine.changes}
          base={base}
          mine={withPatch(base, mine.patch)}
          theirs={theirs}
          onTheirs={() => onBase(theirs)}
          onMine={() => send(theirs.version)}
          onClose={() => setTheirs(undefined)}
        />
      )}
    </form>
  );
}

const pricesAt = ({ prices, currency }: SeatEvent, chart: Chart): PricesDraft =>
  draftOf(
    prices,
    chart.categories.map(({ key }) => key),
    currency,
  );

/** What was saved, but for the fields that were typed in while it was under way. */
function typedSince<T extends object>(now: T, sent: T, saved: T): T {
  const names = (Object.keys(now) as (keyof T)[]).filter((name) => now[name] !== sent[name]);
  return { ...saved, ...Object.fromEntries(names.map((name) => [name, now[name]])) };
}

function Sections(props: {
  event: SeatEvent;
  chart: Chart;
  details: DetailsDraft;
  prices: PricesDraft;
  faults: Readonly<Record<string, string>>;
  onDetails: (details: DetailsDraft) => void;
  onPrices: (prices: PricesDraft) => void;
}): VNode {
  const { event, chart, details, prices, faults, onDetails, onPrices } = props;
  return (
    <>
      <section class="panel" aria-labelledby="prices-title">
        <h2 id="prices-title">Prices and ticket types</h2>
        <p class="hint">
          New prices count for holds made from now on; orders keep theirs. Fee and tax are added, for each place.
        </p>
        <PricesFields
          categories={chart.categories}
          currency={details.currency}
          draft={prices}
          faults={faults}
          onChange={onPrices}
        />
      </section>
      <section class="panel" aria-labelledby="schedule-title">
        <h2 id="schedule-title">When it is on sale</h2>
        <ScheduleFields draft={details} faults={faults} onChange={onDetails} />
      </section>
      <section class="panel" aria-labelledby="basic-title">
        <h2 id="basic-title">Event</h2>
        <BasicFields draft={details} faults={faults} onChange={onDetails} currencyFixed={event.status !== 'draft'} />
      </section>
      <section class="panel" aria-labelledby="limits-title">
        <h2 id="limits-title">Holds and limits</h2>
        <LimitFields draft={details} faults={faults} onChange={onDetails} />
      </section>
    </>
  );
}

const Outdated = ({ onNow }: { onNow: () => void }): VNode => (
  <div class="notice" role="status">
    <p>Somebody changed this event since this form was filled.</p>
    <button type="button" class="button small" onClick={onNow}>
      Show what it is now
    </button>
  </div>
);

function SaveBar(props: { changes: readonly Change[]; save: () => Promise<void> }): VNode {
  const { changes } = props;
  const names = changes.map(({ name }) => name).join(', ');
  return (
    <div class="form-end" data-changed={changes.length > 0}>
      <p class="hint" role="status">
        {changes.length === 0 ? 'Nothing changed.' : `Changed: ${names}.`}
      </p>
      <ActionButton class="button primary" disabled={changes.length === 0} act={props.save}>
        Save changes
      </ActionButton>
    </div>
  );
}
