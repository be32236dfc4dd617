import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import type { QueueView } from '@aisle/client/protocol';
import { count, plural } from '../../shared/format.js';
import { Busy, ErrorNote } from '../../shared/ui.js';
import { useRead, useRefresh } from '../kit/data.js';
import { Badge, Confirm, DataTable, PageHead } from '../kit/parts.js';
import { useSay } from '../kit/said.js';
import { offers, useStaff } from '../kit/session.js';
import { moment, span } from '../kit/words.js';
import { useTitle } from '../shell.js';
import { NotForThisKey } from './not-for-this-key.js';

const EVERY_MS = 3000;
/** Work that waits longer than that is stuck, or nobody does it. */
const LATE_MS = 60_000;

export function QueuesPage(): VNode {
  useTitle('Queues');
  const { role } = useStaff();
  return offers(role, 'queues') ? <Queues /> : <NotForThisKey title="Queues" />;
}

function Queues(): VNode {
  const { data, error, refetch } = useRead<{ items: readonly QueueView[] }>('/v1/queues', { everyMs: EVERY_MS });
  const { call } = useStaff();
  const say = useSay();
  const refresh = useRefresh();
  const [asked, setAsked] = useState<QueueView | undefined>(undefined);
  const retry = async ({ name }: QueueView): Promise<void> => {
    const { retried } = await call<{ retried: number }>('POST', `/v1/queues/${encodeURIComponent(name)}/retry`, {
      body: {},
    });
    await refresh('/v1/queues');
    say(`${plural(retried, 'job')} of ${name} tried again.`);
  };
  return (
    <>
      <PageHead
        title="Queues"
        lead="What the workers do behind the scenes. A job that fails comes again by itself; here it can be tried at once."
      />
      {error === null ? null : <ErrorNote error={error} retry={() => void refetch()} />}
      {data === undefined ? (
        error === null ? (
          <Busy text="Counting…" />
        ) : null
      ) : (
        <>
          <section class="panel" aria-labelledby="queues-title">
            <h2 id="queues-title">Now</h2>
            <DataTable
              label="Queues"
              rows={data.items}
              rowKey={({ name }) => name}
              columns={[
                { name: 'Queue', kind: 'main', cell: (queue) => <Name queue={queue} /> },
                { name: 'Waiting', kind: 'number', cell: ({ waiting }) => count(waiting) },
                { name: 'Active', kind: 'number', cell: ({ active }) => count(active) },
                { name: 'Later', kind: 'number', cell: ({ delayed }) => count(delayed) },
                { name: 'Done', kind: 'number', cell: ({ completed }) => count(completed) },
                {
                  name: 'Failed',
                  kind: 'number',
                  cell: ({ failed }) => (failed === 0 ? '0' : <Badge tone="bad">{count(failed)}</Badge>),
                },
                {
                  name: 'Longest wait',
                  kind: 'number',
                  cell: ({ oldestWaitingMs }) => (oldestWaitingMs === null ? '–' : span(oldestWaitingMs)),
                },
                {
                  name: 'Retry',
                  kind: 'actions',
                  cell: (queue) =>
                    queue.failed === 0 ? null : (
                      <button type="button" class="button small" onClick={() => setAsked(queue)}>
                        Try again<span class="unseen"> what failed of {queue.name}</span>
                      </button>
                    ),
                },
              ]}
            />
          </section>
          <Failures queues={data.items} />
        </>
      )}
      {asked === undefined ? null : (
        <Confirm
          title={`Try what failed of ${asked.name} again?`}
          action="Try again"
          act={() => retry(asked)}
          onClose={() => setAsked(undefined)}
        >
          <p>
            {plural(asked.failed, 'job')} that failed, the latest first, {asked.failed === 1 ? 'is' : 'are'} tried at
            once, without waiting for {asked.failed === 1 ? 'its' : 'their'} turn.
          </p>
        </Confirm>
      )}
    </>
  );
}

const Name = ({ queue: { name, paused, oldestWaitingMs } }: { queue: QueueView }): VNode => (
  <>
    {name} {paused ? <Badge tone="warn">Paused</Badge> : null}
    {oldestWaitingMs !== null && oldestWaitingMs > LATE_MS ? (
      <Badge tone="warn">Late: is a worker running?</Badge>
    ) : null}
  </>
);

function Failures({ queues }: { queues: readonly QueueView[] }): VNode | null {
  const failures = queues.flatMap((queue) => queue.lastFailures.map((failure) => ({ ...failure, queue: queue.name })));
  if (failures.length === 0) return null;
  return (
    <section class="panel" aria-labelledby="failures-title">
      <h2 id="failures-title">Latest failures</h2>
      <DataTable
        label="Latest failures"
        rows={failures}
        rowKey={({ id, queue }) => `${queue} ${id}`}
        columns={[
          { name: 'Job', kind: 'main', cell: ({ job }) => job },
          { name: 'Queue', cell: ({ queue }) => queue },
          { name: 'When', cell: ({ at }) => moment(at) },
          { name: 'Why', cell: ({ reason }) => <code class="excerpt">{reason}</code> },
          { name: 'Tries', kind: 'number', cell: ({ attempts }) => count(attempts) },
        ]}
      />
    </section>
  );
}
