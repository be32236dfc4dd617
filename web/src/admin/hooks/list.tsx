import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { Link, useLocation } from 'wouter-preact';
import { useHere } from '../../shared/here.js';
import { ActionButton, Busy, Dialog, ErrorNote, Field } from '../../shared/ui.js';
import { faultsOf, useAction, usePages, useRefresh, useRequestKey } from '../kit/data.js';
import { Badge, DataTable, Empty, MoreButton, PageHead, SecretOnce } from '../kit/parts.js';
import { offers, useStaff } from '../kit/session.js';
import { useTitle } from '../shell.js';
import { NotForThisKey } from '../system/not-for-this-key.js';
import type { Webhook, WithSecret } from './models.js';

export function WebhooksPage(): VNode {
  useTitle('Webhooks');
  const { role } = useStaff();
  return offers(role, 'webhooks') ? <Webhooks /> : <NotForThisKey title="Webhooks" />;
}

function Webhooks(): VNode {
  const [making, setMaking] = useState(false);
  const [made, setMade] = useState<WithSecret | undefined>(undefined);
  const pages = usePages<Webhook>('/v1/webhooks', { query: { limit: 50 } });
  return (
    <>
      <PageHead title="Webhooks" lead="Tell your servers what happens: places held and sold, orders, tickets, events.">
        <button type="button" class="button primary" onClick={() => setMaking(true)}>
          New webhook
        </button>
      </PageHead>
      {pages.items === undefined ? (
        pages.error === null ? (
          <Busy text="Reading the webhooks…" />
        ) : (
          <ErrorNote error={pages.error} retry={() => void pages.refetch()} />
        )
      ) : pages.items.length === 0 ? (
        <Empty>No webhooks yet. The first gets what happens from the moment it is made.</Empty>
      ) : (
        <DataTable
          label="Webhooks"
          rows={pages.items}
          rowKey={({ id }) => id}
          columns={[
            {
              name: 'Address',
              kind: 'main',
              cell: ({ id, url, description }) => (
                <>
                  <Link href={`/webhooks/${id}`} class="row-link">
                    {url}
                  </Link>
                  {description === '' ? null : <span class="under">{description}</span>}
                </>
              ),
            },
            { name: 'Messages', cell: ({ types }) => types.join(', ') },
            { name: 'Events', cell: ({ events }) => (events === undefined ? 'all' : events.join(', ')) },
            { name: 'State', cell: (hook) => <HookState hook={hook} /> },
          ]}
        />
      )}
      <MoreButton more={pages.hasNextPage} busy={pages.isFetchingNextPage} act={() => pages.fetchNextPage()} />
      {making ? <MakeWebhook onMade={setMade} onClose={() => setMaking(false)} /> : null}
      {made === undefined ? null : <MadeWebhook made={made} />}
    </>
  );
}

export function HookState({ hook: { status, disabledReason } }: { hook: Webhook }): VNode {
  if (status === 'enabled') return <Badge tone="good">Enabled</Badge>;
  return <Badge tone="warn">{disabledReason === 'gone' ? 'Disabled: it answered 410' : 'Disabled'}</Badge>;
}

const listed = (text: string): string[] => text.split(/[\s,]+/).filter((one) => one !== '');
const starting = (faults: Readonly<Record<string, string>>, name: string): string | undefined =>
  Object.entries(faults).find(([path]) => path.startsWith(name))?.[1];

/** `onMade` is told even when the form was closed before the answer: nobody else ever gets its secret. */
function MakeWebhook({ onMade, onClose }: { onMade: (hook: WithSecret) => void; onClose: () => void }): VNode {
  const { call } = useStaff();
  const refresh = useRefresh();
  const here = useHere();
  const { key, renew } = useRequestKey();
  const { error, clear, run } = useAction();
  const [url, setUrl] = useState('');
  const [description, setDescription] = useState('');
  const [types, setTypes] = useState('order.*, seats.sold');
  const [events, setEvents] = useState('');
  const faults = faultsOf(error);
  const change =
    (set: (text: string) => void) =>
    (event: { currentTarget: { value: string } }): void => {
      set(event.currentTarget.value);
      renew();
      clear();
    };
  const make = async (): Promise<void> => {
    const body = {
      url: url.trim(),
      ...(description.trim() === '' ? {} : { description: description.trim() }),
      ...(listed(types).length === 0 ? {} : { types: listed(types) }),
      ...(listed(events).length === 0 ? {} : { events: listed(events) }),
    };
    const created = await run(() => call<WithSecret>('POST', '/v1/webhooks', { body, key }));
    if (created === undefined) return;
    onMade(created);
    if (here()) onClose();
    await refresh('/v1/webhooks');
  };
  return (
    <Dialog title="New webhook" onClose={onClose}>
      <div class="stack">
        <Field label="Address" hint="https, reachable from the servers." fault={faults.url}>
          {(ids) => <input {...ids} type="url" class="code" value={url} onInput={change(setUrl)} />}
        </Field>
        <Field
          label="Messages"
          hint="Types such as order.completed, all of a kind as order.*, or *. Empty: all."
          fault={starting(faults, 'types')}
        >
          {(ids) => <input {...ids} class="code" value={types} onInput={change(setTypes)} />}
        </Field>
        <Field label="Only these events (optional)" hint="Ids, apart by spaces." fault={starting(faults, 'events')}>
          {(ids) => <input {...ids} class="code" value={events} onInput={change(setEvents)} />}
        </Field>
        <Field label="What it is for (optional)" fault={faults.description}>
          {(ids) => <input {...ids} value={description} maxLength={500} onInput={change(setDescription)} />}
        </Field>
        {error === undefined ? null : <ErrorNote error={error} />}
        <div class="dialog-actions">
          <button type="button" class="button" onClick={onClose}>
            Back
          </button>
          <ActionButton class="button primary" act={make}>
            Make webhook
          </ActionButton>
        </div>
      </div>
    </Dialog>
  );
}

function MadeWebhook({ made }: { made: WithSecret }): VNode {
  const [, go] = useLocation();
  const done = (): void => go(`/webhooks/${made.id}`);
  return (
    <Dialog title="Its secret" onClose={done}>
      <SecretOnce
        label="Signing secret"
        secret={made.secret}
        note="Shown this once. Your server verifies each message with it; a new one can be made any time."
        onDone={done}
      />
    </Dialog>
  );
}
