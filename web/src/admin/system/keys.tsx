import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import type { ApiKey, CreatedKey } from '@aisle/client/protocol';
import { Busy, ErrorNote } from '../../shared/ui.js';
import { usePages, useRefresh } from '../kit/data.js';
import { Badge, Confirm, DataTable, Empty, MoreButton, PageHead } from '../kit/parts.js';
import { useSay } from '../kit/said.js';
import { offers, useStaff } from '../kit/session.js';
import { moment } from '../kit/words.js';
import { useTitle } from '../shell.js';
import { MadeKey, MakeKey } from './make-key.js';
import { NotForThisKey } from './not-for-this-key.js';

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
  const [made, setMade] = useState<CreatedKey | undefined>(undefined);
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
        <KeyTable items={pages.items} onRevoke={setRevoking} />
      )}
      <MoreButton more={pages.hasNextPage} busy={pages.isFetchingNextPage} act={() => pages.fetchNextPage()} />
      {making ? <MakeKey onMade={setMade} onClose={() => setMaking(false)} /> : null}
      {made === undefined ? null : <MadeKey made={made} onClose={() => setMade(undefined)} />}
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

function KeyTable(props: { items: readonly ApiKey[]; onRevoke: (key: ApiKey) => void }): VNode {
  const { items, onRevoke } = props;
  return (
    <DataTable
      label="API keys"
      rows={items}
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
              <button type="button" class="button small" onClick={() => onRevoke(key)}>
                Revoke<span class="unseen"> {key.name}</span>
              </button>
            ) : null,
        },
      ]}
    />
  );
}
