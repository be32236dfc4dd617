import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import type { Chart, InventoryView, LiveView, Statistics } from '@aisle/client/protocol';
import { categoryColour } from '../../../../client-sdk/src/picker/map/theme.js';
import { count, plural } from '../../shared/format.js';
import { useRefresh } from '../kit/data.js';
import { Confirm, DataTable, Empty, Swatch } from '../kit/parts.js';
import { useSay } from '../kit/said.js';
import { offers, useStaff } from '../kit/session.js';
import { moment, percent } from '../kit/words.js';
import type { SectionLive, TopHolder } from './live.js';

export function CategoryTable(props: {
  chart: Chart | undefined;
  inventory: InventoryView | undefined;
  statistics: Statistics | undefined;
}): VNode | null {
  const { chart, inventory, statistics } = props;
  if (inventory === undefined) return null;
  const known = new Map(chart?.categories.map((one, position) => [one.key, { ...one, position }]));
  const counted = new Map(statistics?.categories.map((one) => [one.key, one]));
  return (
    <section class="panel" aria-labelledby="categories-title">
      <h2 id="categories-title">By category</h2>
      <DataTable
        label="By category"
        rows={inventory.categories}
        rowKey={({ key }) => key}
        columns={[
          {
            name: 'Category',
            kind: 'main',
            cell: ({ key }) => {
              const category = known.get(key);
              const label = category === undefined || category.label === '' ? key : category.label;
              return (
                <>
                  {category === undefined ? null : (
                    <Swatch colour={categoryColour(category.color, category.position)} />
                  )}{' '}
                  {label}
                </>
              );
            },
          },
          { name: 'Sold', kind: 'number', cell: ({ sold }) => count(sold) },
          { name: 'Sold of all', kind: 'number', cell: ({ sold, total }) => percent(sold, total) },
          { name: 'On hold', kind: 'number', cell: ({ pending }) => count(pending) },
          { name: 'Free', kind: 'number', cell: ({ available }) => count(available) },
          { name: 'Places', kind: 'number', cell: ({ total }) => count(total) },
          { name: 'Ever held', kind: 'number', cell: ({ key }) => count(counted.get(key)?.held ?? 0) },
          { name: 'Ran out', kind: 'number', cell: ({ key }) => count(counted.get(key)?.expired ?? 0) },
        ]}
      />
    </section>
  );
}

const FIRST_SECTIONS = 8;
const taken = ({ held, reserved, sold }: SectionLive): number => held + reserved + sold;

/** Where most is held just now, then where most is gone. */
export function SectionTable({ chart, live }: { chart: Chart | undefined; live: LiveView | undefined }): VNode | null {
  const [all, setAll] = useState(false);
  if (live === undefined || live.sections.length === 0) return null;
  const names = new Map(chart?.sections.map(({ key, label }) => [key, label]));
  const nameOf = (key: string): string => (key === '' ? 'Without a section' : (names.get(key) ?? '') || key);
  const busiest = [...live.sections].sort(
    (a, b) => b.held + b.reserved - (a.held + a.reserved) || taken(b) / (b.total || 1) - taken(a) / (a.total || 1),
  );
  return (
    <section class="panel" aria-labelledby="sections-title">
      <div class="panel-head">
        <h2 id="sections-title">Busiest sections</h2>
        <p class="hint share-key">
          <span>
            <i class="share-sold" /> sold
          </span>
          <span>
            <i class="share-held" /> on hold
          </span>
        </p>
      </div>
      <DataTable
        label="Busiest sections"
        rows={all ? busiest : busiest.slice(0, FIRST_SECTIONS)}
        rowKey={({ key }) => key}
        columns={[
          { name: 'Section', kind: 'main', cell: ({ key }) => nameOf(key) },
          { name: 'On hold', kind: 'number', cell: ({ held, reserved }) => count(held + reserved) },
          { name: 'Sold', kind: 'number', cell: ({ sold }) => count(sold) },
          { name: 'Free', kind: 'number', cell: ({ available }) => count(available) },
          { name: 'Taken', cell: (row) => <Share section={row} /> },
        ]}
      />
      {busiest.length > FIRST_SECTIONS ? (
        <button type="button" class="button small" aria-expanded={all} onClick={() => setAll(!all)}>
          {all ? 'Show the busiest alone' : `Show all ${count(busiest.length)}`}
        </button>
      ) : null}
    </section>
  );
}

/** Sold, then on hold, as parts of one bar; the figure is said beside it. */
function Share({ section }: { section: SectionLive }): VNode {
  const whole = Math.max(section.total, 1);
  const width = (part: number): { width: string } => ({ width: `${(100 * part) / whole}%` });
  return (
    <span class="share">
      <span class="share-bar" aria-hidden="true">
        <span class="share-sold" style={width(section.sold)} />
        <span class="share-held" style={width(section.held + section.reserved)} />
      </span>
      <span>{percent(taken(section), section.total)}</span>
    </span>
  );
}

export function TopHolders({ eventId, live }: { eventId: string; live: LiveView | undefined }): VNode | null {
  const { call, role } = useStaff();
  const say = useSay();
  const refresh = useRefresh();
  const [asked, setAsked] = useState<TopHolder | undefined>(undefined);
  if (live === undefined) return null;
  const drop = async ({ subject }: TopHolder, reason: string): Promise<void> => {
    const answer = await call<{ dropped: number; reserved: number }>(
      'POST',
      `/v1/subjects/${encodeURIComponent(subject)}/drop-holds`,
      { body: { eventId, reason } },
    );
    const left = answer.reserved === 0 ? '' : ` ${plural(answer.reserved, 'reserved one')} stay with their orders.`;
    say(`${plural(answer.dropped, 'hold')} of ${subject} dropped.${left}`);
    await refresh(`/v1/events/${eventId}`);
  };
  return (
    <section class="panel" aria-labelledby="holders-title">
      <h2 id="holders-title">Who holds most</h2>
      {live.topHolders.length === 0 ? (
        <Empty>Nobody holds anything just now.</Empty>
      ) : (
        <DataTable
          label="Who holds most"
          rows={live.topHolders}
          rowKey={({ subject }) => subject}
          columns={[
            { name: 'Buyer', kind: 'main', cell: ({ subject }) => <code>{subject}</code> },
            { name: 'Places', kind: 'number', cell: ({ places }) => count(places) },
            { name: 'Holds', kind: 'number', cell: ({ holds }) => count(holds) },
            { name: 'Since', cell: ({ since }) => moment(since) },
            ...(offers(role, 'switches')
              ? [
                  {
                    name: 'Drop',
                    kind: 'actions' as const,
                    cell: (holder: TopHolder) => (
                      <button type="button" class="button small" onClick={() => setAsked(holder)}>
                        Drop holds<span class="unseen"> of {holder.subject}</span>
                      </button>
                    ),
                  },
                ]
              : []),
          ]}
        />
      )}
      {asked === undefined ? null : (
        <Confirm
          title={`Drop the holds of ${asked.subject}?`}
          action="Drop holds"
          tone="danger"
          reason="needed"
          act={(reason) => drop(asked, reason)}
          onClose={() => setAsked(undefined)}
        >
          <p>
            {plural(asked.places, 'place')} of theirs in this event go back on sale at once. Reserved ones stay with
            their orders. They may hold again: deny the subject first, under Switches, where it should not.
          </p>
        </Confirm>
      )}
    </section>
  );
}
