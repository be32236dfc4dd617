import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { Link, useLocation } from 'wouter-preact';
import { ActionButton, Busy, Dialog, ErrorNote } from '../../shared/ui.js';
import { useAction, useRead, useRefresh, useRequestKey } from '../kit/data.js';
import { Confirm, PageHead, SecretOnce } from '../kit/parts.js';
import { useSay } from '../kit/said.js';
import { useStaff } from '../kit/session.js';
import { moment } from '../kit/words.js';
import { useTitle } from '../shell.js';
import { Deliveries } from './deliveries.js';
import { HookState } from './list.js';
import type { Webhook, WithSecret } from './models.js';

/** One webhook: what it gets, a test, its secret, and everything that was and is to be sent. */
export function WebhookPage({ id }: { id: string }): VNode {
  const { data: hook, error, refetch } = useRead<Webhook>(`/v1/webhooks/${encodeURIComponent(id)}`);
  useTitle('Webhook');
  if (hook === undefined) {
    if (error === null) return <Busy text="Reading the webhook…" />;
    return (
      <>
        <PageHead title="Webhook" />
        <ErrorNote error={error} retry={() => void refetch()} />
      </>
    );
  }
  return (
    <>
      <p class="crumb">
        <Link href="/webhooks">Webhooks</Link>
      </p>
      <PageHead
        title={hook.url}
        lead={
          <>
            <HookState hook={hook} /> {hook.description}
          </>
        }
      >
        <HookActions hook={hook} />
      </PageHead>
      <dl class="facts panel">
        <div>
          <dt>Messages</dt>
          <dd>{hook.types.join(', ')}</dd>
        </div>
        <div>
          <dt>Events</dt>
          <dd>{hook.events === undefined ? 'all' : hook.events.join(', ')}</dd>
        </div>
        <div>
          <dt>Signed by</dt>
          <dd>
            {hook.secrets.map(({ createdAt, expiresAt }) => (
              <span key={createdAt} class="under">
                the secret of {moment(createdAt)}
                {expiresAt === undefined ? '' : `, until ${moment(expiresAt)}`}
              </span>
            ))}
          </dd>
        </div>
        <div>
          <dt>Made</dt>
          <dd>
            {moment(hook.createdAt)} by <code>{hook.createdBy}</code>
          </dd>
        </div>
      </dl>
      <Deliveries hook={hook} />
    </>
  );
}

type Asked = 'rotate' | 'disable' | 'delete';

function HookActions({ hook }: { hook: Webhook }): VNode {
  const { call } = useStaff();
  const say = useSay();
  const refresh = useRefresh();
  const [, go] = useLocation();
  // One each: a test that was not answered is another request than the next one's.
  const testing = useRequestKey();
  const rotating = useRequestKey();
  const { error, clear, run } = useAction();
  const [asked, setAsked] = useState<Asked | undefined>(undefined);
  const [fresh, setFresh] = useState<WithSecret | undefined>(undefined);
  const path = `/v1/webhooks/${hook.id}`;
  const after = async (words: string): Promise<void> => {
    await refresh('/v1/webhooks');
    say(words);
  };
  const test = () =>
    run(async () => {
      await call('POST', `${path}/test`, { key: testing.key });
      testing.renew();
      await after('A test message is on its way; see below what comes of it.');
    });
  const setStatus = async (status: Webhook['status']): Promise<void> => {
    await call('PATCH', path, { body: { status } });
    await after(status === 'enabled' ? 'Enabled: it takes up where it stopped.' : 'Disabled.');
  };
  const rotate = async (): Promise<void> => {
    setFresh(await call<WithSecret>('POST', `${path}/rotate-secret`, { key: rotating.key, body: {} }));
    rotating.renew();
    await after('A new secret was made.');
  };
  const remove = async (): Promise<void> => {
    await call('DELETE', path);
    go('/webhooks');
    await after('The webhook is gone.');
  };
  return (
    <>
      {hook.status === 'enabled' ? (
        <>
          <ActionButton class="button primary" act={test}>
            Send a test
          </ActionButton>
          <button type="button" class="button" onClick={() => setAsked('disable')}>
            Disable
          </button>
        </>
      ) : (
        <ActionButton class="button primary" act={() => run(() => setStatus('enabled'))}>
          Enable
        </ActionButton>
      )}
      <button type="button" class="button" onClick={() => setAsked('rotate')}>
        New secret
      </button>
      <button type="button" class="button" onClick={() => setAsked('delete')}>
        Delete
      </button>
      {error === undefined ? null : <ErrorNote error={error} retry={clear} />}
      <Questions
        asked={asked}
        close={() => setAsked(undefined)}
        acts={{ rotate, disable: () => setStatus('disabled'), delete: remove }}
      />
      {fresh === undefined ? null : (
        <Dialog title="The new secret" onClose={() => setFresh(undefined)}>
          <SecretOnce
            label="Signing secret"
            secret={fresh.secret}
            note="Shown this once. For a day the old one signs beside it: put this one in place until then."
            onDone={() => setFresh(undefined)}
          />
        </Dialog>
      )}
    </>
  );
}

const QUESTIONS: Readonly<Record<Asked, { title: string; text: string; action: string; danger: boolean }>> = {
  rotate: {
    ...{ title: 'Make a new secret?', action: 'Make a new secret', danger: false },
    text: 'For a day both sign, so that either verifies. Your server needs the new one within that time.',
  },
  disable: {
    ...{ title: 'Disable this webhook?', action: 'Disable', danger: true },
    text: 'Nothing is kept for it while it is disabled: what happens meanwhile is never sent. What was not delivered before waits.',
  },
  delete: {
    ...{ title: 'Delete this webhook?', action: 'Delete', danger: true },
    text: 'Everything that it still has to deliver is lost, its dead letters too. This cannot be undone.',
  },
};

function Questions(props: {
  asked: Asked | undefined;
  close: () => void;
  acts: Readonly<Record<Asked, () => Promise<void>>>;
}): VNode | null {
  const { asked, close, acts } = props;
  if (asked === undefined) return null;
  const { title, text, action, danger } = QUESTIONS[asked];
  return (
    <Confirm
      title={title}
      action={action}
      tone={danger ? 'danger' : 'primary'}
      act={() => acts[asked]()}
      onClose={close}
    >
      <p>{text}</p>
    </Confirm>
  );
}
