import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import type { ApiKey, CreatedKey, KeyRole } from '@aisle/client/protocol';
import { ActionButton, Busy, Dialog, ErrorNote, Field } from '../../shared/ui.js';
import { faultsOf, useAction, usePages, useRefresh, useRequestKey } from '../kit/data.js';
import { Badge, Confirm, DataTable, Empty, MoreButton, PageHead, SecretOnce } from '../kit/parts.js';
import { useSay } from '../kit/said.js';
import { offers, useStaff } from '../kit/session.js';
import { moment } from '../kit/words.js';
import { homeTimeZone, toIso } from '../kit/zoned-time.js';
import { useTitle } from '../shell.js';
import { NotForThisKey } from './not-for-this-key.js';

const ROLES: readonly { role: KeyRole; text: string }[] = [
  { role: 'kiosk', text: 'Kiosk: scans tickets at a gate' },
  { role: 'box_office', text: 'Box office: sells, blocks, refunds' },
  { role: 'service', text: 'Service: your shop’s server, webhooks' },
  { role: 'admin', text: 'Administrator: everything' },
];

export function KeysPage(): VNode {
  useTitle('API keys');
  const { role } = useStaff();
  return offers(role, 'keys') ? <Keys /> : <NotForThisKey title="API keys" />;
}

function Keys(): VNode {
  const { call } = useStaff();
  const say = useSay();
  const refresh = useRefresh();
  const [making, setMaking] = useState(false);
  const [revoking, setRevoking] = useState<ApiKey | undefined>(undefined);
  const pages = usePages<ApiKey>('/v1/keys', { query: { limit: 50 } });
  const revoke = async ({ id, name }: ApiKey): Promise<void> => {
    await call('DELETE', `/v1/keys/${id}`);
    await refresh('/v1/keys');
    say(`“${name}” is revoked on every server.`);
  };
  return (
    <>
      <PageHead title="API keys" lead="One for each machine and clerk, so that one can be taken away alone.">
        <button type="button" class="button primary" onClick={() => setMaking(true)}>
          New key
        </button>
      </PageHead>
      {pages.items === undefined ? (
        pages.error === null ? (
          <Busy text="Reading the keys…" />
        ) : (
          <ErrorNote error={pages.error} retry={() => void pages.refetch()} />
        )
      ) : pages.items.length === 0 ? (
        <Empty>No keys yet. Give everything that runs a key of its own; keep the admin key for emergencies.</Empty>
      ) : (
        <DataTable
          label="API keys"
          rows={pages.items}
          rowKey={({ id }) => id}
          columns={[
            {
              name: 'Key',
              kind: 'main',
              cell: ({ id, name, subject }) => (
                <>
                  {name}
                  <span class="under">
                    <code>{id}</code>
                    {subject === id ? '' : ` speaks as ${subject}`}
                  </span>
                </>
              ),
            },
            { name: 'Role', cell: ({ role }) => role },
            { name: 'Events', cell: ({ events }) => (events === undefined ? 'all' : events.join(', ')) },
            { name: 'State', cell: (key) => <State apiKey={key} /> },
            { name: 'Last used', cell: ({ lastUsedAt }) => (lastUsedAt === undefined ? 'never' : moment(lastUsedAt)) },
            {
              name: 'Revoke',
              kind: 'actions',
              cell: (key) =>
                key.revokedAt === undefined ? (
                  <button type="button" class="button small" onClick={() => setRevoking(key)}>
                    Revoke<span class="unseen"> {key.name}</span>
                  </button>
                ) : null,
            },
          ]}
        />
      )}
      <MoreButton more={pages.hasNextPage} busy={pages.isFetchingNextPage} act={() => pages.fetchNextPage()} />
      {making ? <MakeKey onClose={() => setMaking(false)} /> : null}
      {revoking === undefined ? null : (
        <Confirm
          title={`Revoke “${revoking.name}”?`}
          action="Revoke"
          tone="danger"
          act={() => revoke(revoking)}
          onClose={() => setRevoking(undefined)}
        >
          <p>
            Whatever uses it is refused at once and its connections are cut. This cannot be undone; a new key can be
            made.
          </p>
        </Confirm>
      )}
    </>
  );
}

function State({ apiKey: { revokedAt, expiresAt } }: { apiKey: ApiKey }): VNode {
  if (revokedAt !== undefined) return <Badge tone="bad">Revoked</Badge>;
  if (expiresAt === undefined) return <Badge tone="good">Good</Badge>;
  const ended = Date.parse(expiresAt) <= Date.now();
  return (
    <>
      <Badge tone={ended ? 'bad' : 'good'}>{ended ? 'Over' : 'Good'}</Badge>
      <span class="under">until {moment(expiresAt)}</span>
    </>
  );
}

function MakeKey({ onClose }: { onClose: () => void }): VNode {
  const { call } = useStaff();
  const refresh = useRefresh();
  const { key, renew } = useRequestKey();
  const { error, clear, run } = useAction();
  const [name, setName] = useState('');
  const [role, setRole] = useState<KeyRole>('box_office');
  const [events, setEvents] = useState('');
  const [until, setUntil] = useState('');
  const [made, setMade] = useState<CreatedKey | undefined>(undefined);
  const faults = faultsOf(error);
  const change = (set: () => void): void => {
    set();
    renew();
    clear();
  };
  const make = async (): Promise<void> => {
    const listed = events.split(/[\s,]+/).filter((id) => id !== '');
    const body = {
      ...{ name: name.trim(), role },
      ...(listed.length === 0 ? {} : { events: listed }),
      ...(until === '' ? {} : { expiresAt: toIso(until, homeTimeZone()) ?? until }),
    };
    const created = await run(() => call<CreatedKey>('POST', '/v1/keys', { body, key }));
    if (created === undefined) return;
    setMade(created);
    await refresh('/v1/keys');
  };
  if (made !== undefined) {
    return (
      <Dialog title={`Key “${made.name}”`} onClose={onClose}>
        <SecretOnce
          label="API key"
          secret={made.key}
          note="Shown this once: Aisle keeps only its fingerprint."
          onDone={onClose}
        />
      </Dialog>
    );
  }
  return (
    <Dialog title="New key" onClose={onClose}>
      <div class="stack">
        <Field label="Name" hint="Which machine or person it is for." fault={faults.name}>
          {(ids) => (
            <input
              {...ids}
              value={name}
              maxLength={128}
              onInput={(e) => change(() => setName(e.currentTarget.value))}
            />
          )}
        </Field>
        <Field label="Role" fault={faults.role}>
          {(ids) => (
            <select
              {...ids}
              value={role}
              onChange={(e) =>
                change(() => setRole(ROLES.find((one) => one.role === e.currentTarget.value)?.role ?? role))
              }
            >
              {ROLES.map(({ role: value, text }) => (
                <option key={value} value={value}>
                  {text}
                </option>
              ))}
            </select>
          )}
        </Field>
        <Field
          label="Only these events (optional)"
          hint="Ids, apart by spaces. Empty: all."
          fault={Object.entries(faults).find(([path]) => path.startsWith('events'))?.[1]}
        >
          {(ids) => (
            <input
              {...ids}
              class="code"
              value={events}
              onInput={(e) => change(() => setEvents(e.currentTarget.value))}
            />
          )}
        </Field>
        <Field label="Good until (optional)" hint={`Time zone ${homeTimeZone()}.`} fault={faults.expiresAt}>
          {(ids) => (
            <input
              {...ids}
              type="datetime-local"
              value={until}
              onInput={(e) => change(() => setUntil(e.currentTarget.value))}
            />
          )}
        </Field>
        {error === undefined ? null : <ErrorNote error={error} />}
        <div class="dialog-actions">
          <button type="button" class="button" onClick={onClose}>
            Back
          </button>
          <ActionButton class="button primary" act={make}>
            Make key
          </ActionButton>
        </div>
      </div>
    </Dialog>
  );
}
