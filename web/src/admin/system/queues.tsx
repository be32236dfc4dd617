import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { count, plural } from '../../shared/format.js';
import { Busy, ErrorNote } from '../../shared/ui.js';
import { useRead, useRefresh } from '../kit/data.js';
import { Badge, Confirm, DataTable, PageHead } from '../kit/parts.js';
import { useSay } from '../kit/said.js';
import { offers, useStaff } from '../kit/session.js';
import { moment, span } from '../kit/words.js';
import { useTitle } from '../shell.js';
import { NotForThisKey } from './not-for-this-key.js';

/** GET /v1/queues */
interface Queue {
  readonly name: string;
  readonly waiting: number;
  readonly active: number;
  readonly delayed: number;
  readonly failed: number;
  readonly completed: number;
  readonly paused: boolean;
  readonly oldestWaitingMs: number | null;
  readonly lastFailures: readonly { id: string; job: string; at: string; reason: string; attempts: number }[];
}

const EVERY_MS = 3000;
/** Work that waits longer than that is stuck, or nobody does it. */
const LATE_MS = 60_000;

export function QueuesPage(): VNode {
  useTitle('Queues');
  const { role } = useStaff();
  return offers(role, 'queues') ? <Queues /> : <NotForThisKey title="Queues" />;
}

function Queues(): VNode {
  const { data, error, refetch } = useRead<{ items: readonly Queue[] }>('/v1/queues', { everyMs: EVERY_MS });
  const { call } = useStaff();
  const say = useSay();
  const refresh = useRefresh();
  const [asked, setAsked] = useState<Queue | undefined>(undefined);
  const retry = async ({ name }: Queue): Promise<void> => {
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
        lead="What the workers do behind the scenes. Failed jobs stay until somebody tries them again."
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
            {plural(asked.failed, 'failed job')} go back into the queue. Jobs are made to be repeated: none does its
            work twice.
          </p>
        </Confirm>
      )}
    </>
  );
}

const Name = ({ queue: { name, paused, oldestWaitingMs } }: { queue: Queue }): VNode => (
  <>
    {name} {paused ? <Badge tone="warn">Paused</Badge> : null}
    {oldestWaitingMs !== null && oldestWaitingMs > LATE_MS ? (
      <Badge tone="warn">Late: is a worker running?</Badge>
    ) : null}
  </>
);

function Failures({ queues }: { queues: readonly Queue[] }): VNode | null {
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
