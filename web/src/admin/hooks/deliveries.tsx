import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { plural } from '../../shared/format.js';
import { ActionButton, Busy, ErrorNote, Field } from '../../shared/ui.js';
import { newRequestId } from '../../../../client-sdk/src/request-id.js';
import { useAction, useKeyOf, usePages, useRefresh } from '../kit/data.js';
import { Badge, Confirm, DataTable, Empty, MoreButton } from '../kit/parts.js';
import { useSay } from '../kit/said.js';
import { useStaff } from '../kit/session.js';
import { moment } from '../kit/words.js';
import type { Delivery, Webhook } from './models.js';

const EVERY_MS = 4000;
/** Dead letters are kept this long. */
const KEPT_MS = 30 * 86_400_000;
const SHOWN = [
  { status: '', name: 'All' },
  { status: 'dead', name: 'Dead letters' },
  { status: 'pending', name: 'On their way' },
  { status: 'delivered', name: 'Delivered' },
] as const;
const TONES = { pending: 'warn', delivered: 'good', dead: 'bad' } as const;
const WORDS = { pending: 'On its way', delivered: 'Delivered', dead: 'Dead' } as const;

export function Deliveries({ hook }: { hook: Webhook }): VNode {
  const { call } = useStaff();
  const say = useSay();
  const refresh = useRefresh();
  const { error, run } = useAction();
  const [status, setStatus] = useState('');
  // As it was asked: the same question keeps its words and its key over its tries.
  const [since, setSince] = useState<string | undefined>(undefined);
  const key = useKeyOf(since);
  const path = `/v1/webhooks/${hook.id}`;
  const pages = usePages<Delivery>(`${path}/deliveries`, { query: { limit: 25, status }, everyMs: EVERY_MS });
  const replay = ({ id }: Delivery) =>
    run(async () => {
      await call('POST', `${path}/deliveries/${id}/replay`, { key: newRequestId() });
      await refresh(path);
      say('On its way again, under the same id.');
    });
  const ask = (): void => setSince(new Date(Date.now() - KEPT_MS).toISOString());
  const replayAll = async (): Promise<void> => {
    const { replayed } = await call<{ replayed: number }>('POST', `${path}/replay-dead`, { body: { since }, key });
    await refresh(path);
    say(`${plural(replayed, 'dead letter')} on the way again.`);
  };
  return (
    <section class="panel" aria-labelledby="deliveries-title">
      <div class="panel-head">
        <h2 id="deliveries-title">Deliveries</h2>
        <div class="actions">
          <Field label="Show">
            {(ids) => (
              <select {...ids} value={status} onChange={(e) => setStatus(e.currentTarget.value)}>
                {SHOWN.map((one) => (
                  <option key={one.status} value={one.status}>
                    {one.name}
                  </option>
                ))}
              </select>
            )}
          </Field>
          <button type="button" class="button" onClick={ask}>
            Send all dead again
          </button>
        </div>
      </div>
      {error === undefined ? null : <ErrorNote error={error} />}
      {pages.items === undefined ? (
        pages.error === null ? (
          <Busy />
        ) : (
          <ErrorNote error={pages.error} retry={() => void pages.refetch()} />
        )
      ) : pages.items.length === 0 ? (
        <Empty>
          {status === 'dead' ? 'No dead letters.' : 'Nothing yet. Send a test to see that the address answers.'}
        </Empty>
      ) : (
        <DeliveryTable items={pages.items} replay={replay} />
      )}
      <MoreButton more={pages.hasNextPage} busy={pages.isFetchingNextPage} act={() => pages.fetchNextPage()} />
      {since === undefined ? null : (
        <Confirm
          title="Send all dead letters again?"
          action="Send again"
          act={replayAll}
          onClose={() => setSince(undefined)}
        >
          <p>
            Everything that was given up within the last 30 days is tried for another three days, under the same ids. It
            comes late: your server compares seq or version with what it knows.
          </p>
        </Confirm>
      )}
    </section>
  );
}

function DeliveryTable(props: { items: readonly Delivery[]; replay: (delivery: Delivery) => Promise<unknown> }): VNode {
  const { items, replay } = props;
  return (
    <DataTable
      label="Deliveries, newest first"
      rows={items}
      rowKey={({ id }) => id}
      columns={[
        {
          name: 'Message',
          kind: 'main',
          cell: ({ type, messageId }) => (
            <>
              {type}
              <span class="under">
                <code>{messageId}</code>
              </span>
            </>
          ),
        },
        { name: 'State', cell: (delivery) => <DeliveryState delivery={delivery} /> },
        { name: 'Tries', cell: ({ attempts }) => String(attempts) },
        { name: 'Of', cell: ({ createdAt }) => moment(createdAt) },
        {
          name: 'Replay',
          kind: 'actions',
          cell: (delivery) =>
            delivery.status === 'pending' ? null : (
              <ActionButton
                class="button small"
                act={() => replay(delivery)}
                label={`Send again: ${delivery.messageId}`}
              >
                Send again
              </ActionButton>
            ),
        },
      ]}
    />
  );
}

function DeliveryState({ delivery }: { delivery: Delivery }): VNode {
  const { status, lastStatus, lastError, nextAttemptAt, finishedAt } = delivery;
  const said = lastError ?? (lastStatus === undefined ? undefined : `answered ${lastStatus}`);
  return (
    <>
      <Badge tone={TONES[status]}>{WORDS[status]}</Badge>
      <span class="under">
        {[
          said,
          status === 'pending' && nextAttemptAt !== undefined ? `next try ${moment(nextAttemptAt)}` : undefined,
          finishedAt === undefined ? undefined : moment(finishedAt),
        ]
          .filter((part) => part !== undefined)
          .join(' · ')}
      </span>
    </>
  );
}
