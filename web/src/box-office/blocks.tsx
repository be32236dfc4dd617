import type { BlockList } from '@aisle/client/protocol';
import { useQuery, useQueryClient } from '@tanstack/preact-query';
import type { VNode } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { plural } from '../shared/format.js';
import { ActionButton, Busy, ErrorNote, Field } from '../shared/ui.js';
import { AreaSteppers, areasOf, type AreaPicks } from './area-picks.js';
import { useDesk, useReach } from './desk.js';
import { useOnce } from './once.js';
import { kindly } from './kindly.js';
import { SeatField } from './seat-field.js';
import { moment } from './times.js';

type Block = BlockList['items'][number];
const NOTHING: AreaPicks = new Map();
/** Read in pages of a thousand, this many at the most: a hall that is all house seats is not read place by place. */
const PAGE = 1000;
const MOST_PAGES = 5;

/** Keeps places back, with a reason, and shows what is kept back, who did it and why. */
export function Blocks(): VNode {
  const [doing, setDoing] = useState<'block' | 'unblock'>('block');
  const [seats, setSeats] = useState<readonly string[]>([]);
  const [areas, setAreas] = useState<AreaPicks>(NOTHING);
  // Until it is answered: refused, the choice comes back, and is to meet the form that it was for.
  const [busy, setBusy] = useState(false);
  const { chart, event } = useDesk();
  const blocks = useBlocks();
  const kept = useMemo(() => keptInAreas(blocks.data?.items ?? []), [blocks.data]);
  const turnTo = (next: 'block' | 'unblock'): void => {
    setDoing(next);
    setSeats([]);
    setAreas(NOTHING);
  };
  return (
    <div class="counter with-map">
      <section class="choose" aria-label="Choose places">
        <div class="segments" role="group" aria-label="What to do">
          <button type="button" aria-pressed={doing === 'block'} disabled={busy} onClick={() => turnTo('block')}>
            Block
          </button>
          <button type="button" aria-pressed={doing === 'unblock'} disabled={busy} onClick={() => turnTo('unblock')}>
            Unblock
          </button>
        </div>
        {chart.seats.length > 0 ? (
          <SeatField
            key={doing}
            selectable={doing === 'block' ? 'available' : 'blocked'}
            chosen={seats}
            onChoose={setSeats}
            label={doing === 'block' ? 'Seats to block' : 'Seats to put on sale again'}
          />
        ) : null}
        <AreaSteppers
          picks={areas}
          onPick={setAreas}
          {...(doing === 'unblock' ? { most: ({ id }: { id: string }) => kept.get(id) ?? 0, word: 'blocked' } : {})}
        />
      </section>
      <section class="sale" aria-label={doing === 'block' ? 'Block' : 'Unblock'}>
        <BlockForm
          key={doing}
          {...{ doing, seats, areas, eventId: event.id }}
          onBusy={setBusy}
          onChoice={(nextSeats, nextAreas) => {
            setSeats(nextSeats);
            setAreas(nextAreas);
          }}
        />
        <BlockedList blocks={blocks} />
      </section>
    </div>
  );
}

function useBlocks() {
  const { event, call } = useDesk();
  return useQuery({
    queryKey: ['blocks', event.id],
    refetchInterval: 20_000,
    queryFn: async () => {
      const items: Block[] = [];
      let cursor: string | undefined;
      for (let page = 0; page < MOST_PAGES; page += 1) {
        const read = await call<BlockList>('GET', `/v1/events/${event.id}/blocks`, { query: { limit: PAGE, cursor } });
        items.push(...read.items);
        cursor = read.nextCursor;
        if (cursor === undefined) break;
      }
      return { items, more: cursor !== undefined };
    },
  });
}

function keptInAreas(items: readonly Block[]): ReadonlyMap<string, number> {
  const kept = new Map<string, number>();
  for (const { area, quantity } of items) if (area !== undefined) kept.set(area, (kept.get(area) ?? 0) + quantity);
  return kept;
}

function BlockForm(props: {
  doing: 'block' | 'unblock';
  seats: readonly string[];
  areas: AreaPicks;
  eventId: string;
  onBusy: (busy: boolean) => void;
  onChoice: (seats: readonly string[], areas: AreaPicks) => void;
}): VNode {
  const { doing, seats } = props;
  const { call, names } = useDesk();
  const { up, why } = useReach();
  const queries = useQueryClient();
  const [label, setLabel] = useState('');
  const [reason, setReason] = useState('');
  const [error, setError] = useState<unknown>(undefined);
  const [done, setDone] = useState<string | undefined>(undefined);
  const once = useOnce();
  const wanted = areasOf(props.areas);
  const places = seats.length + wanted.reduce((sum, { quantity }) => sum + quantity, 0);
  const act = async (): Promise<void> => {
    setError(undefined);
    setDone(undefined);
    const words = doing === 'block' ? { label: label.trim(), reason: reason.trim() } : {};
    const body = {
      ...(seats.length > 0 ? { seats } : {}),
      ...(wanted.length > 0 ? { areas: wanted } : {}),
      ...Object.fromEntries(Object.entries(words).filter(([, text]) => text !== '')),
    };
    // Before: the map would say of each that somebody took it.
    props.onChoice([], NOTHING);
    props.onBusy(true);
    try {
      await call('POST', `/v1/events/${props.eventId}/${doing}`, { body, key: once.keyFor(body) });
      once.done();
      setDone(`${plural(places, 'place')} ${doing === 'block' ? 'blocked' : 'on sale again'}.`);
    } catch (failure) {
      once.refused(failure);
      props.onChoice(seats, props.areas);
      setError(failure);
    }
    props.onBusy(false);
    await queries.invalidateQueries({ queryKey: ['blocks'] });
  };
  return (
    <>
      <h2>{places === 0 ? 'Choose places' : `${plural(places, 'place')} chosen`}</h2>
      {doing === 'block' ? (
        <>
          <Field label="For whom or what" hint="Press, artist, sponsor, broken chair">
            {(ids) => <input {...ids} maxLength={200} value={label} onInput={(e) => setLabel(e.currentTarget.value)} />}
          </Field>
          <Field label="Reason">
            {(ids) => (
              <input {...ids} maxLength={1000} value={reason} onInput={(e) => setReason(e.currentTarget.value)} />
            )}
          </Field>
        </>
      ) : null}
      {why === undefined ? null : <p class="why">{why}: nothing can be blocked or unblocked now.</p>}
      {error === undefined ? null : <ErrorNote error={kindly(error, names)} />}
      <p role="status" class="done">
        {done}
      </p>
      <ActionButton
        class="button primary big"
        act={act}
        disabled={places === 0 || !up || (doing === 'block' && label.trim() === '' && reason.trim() === '')}
      >
        {doing === 'block' ? 'Block' : 'Put on sale again'}
      </ActionButton>
    </>
  );
}

function BlockedList({ blocks }: { blocks: ReturnType<typeof useBlocks> }): VNode {
  const { names } = useDesk();
  const { data, error } = blocks;
  const groups = useMemo(() => grouped(data?.items ?? []), [data]);
  return (
    <>
      <h2>Blocked now</h2>
      {error === null ? null : <ErrorNote error={error} retry={() => void blocks.refetch()} />}
      {data === undefined && error === null ? <Busy /> : null}
      {data !== undefined && groups.length === 0 ? <p class="hint">Nothing is blocked.</p> : null}
      <ul class="blocked">
        {groups.map(({ key, block, places, quantity }) => (
          <li key={key}>
            <strong>{block.label === '' ? 'Without a label' : block.label}</strong>
            <span class="badge">{plural(quantity, 'place')}</span>
            {block.reason === '' ? null : <p>{block.reason}</p>}
            <p class="hint">
              {block.actor}, {moment(block.since)}
            </p>
            <p class="hint">{listed(names.spans(places))}</p>
          </li>
        ))}
      </ul>
      {data?.more === true ? <p class="hint">There are more; these are the first {PAGE * MOST_PAGES}.</p> : null}
    </>
  );
}

interface Group {
  readonly key: string;
  readonly block: Block;
  readonly places: string[];
  quantity: number;
}

/** What was blocked for the same, by the same, within the same minute. */
function grouped(items: readonly Block[]): readonly Group[] {
  const groups = new Map<string, Group>();
  for (const block of items) {
    const key = [block.label, block.reason, block.actor, block.since.slice(0, 16)].join('\0');
    const group = groups.get(key) ?? { key, block, places: [], quantity: 0 };
    group.places.push(block.seat ?? block.area ?? '');
    group.quantity += block.quantity;
    groups.set(key, group);
  }
  return [...groups.values()].sort((a, b) => b.block.since.localeCompare(a.block.since));
}

const SHOWN = 12;
const listed = (places: readonly string[]): string =>
  places.length <= SHOWN ? places.join('; ') : `${places.slice(0, SHOWN).join('; ')} and ${places.length - SHOWN} more`;
