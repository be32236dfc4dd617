import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { useHere } from '../../shared/here.js';
import { ActionButton, Busy, Dialog, ErrorNote, Field } from '../../shared/ui.js';
import { faultsOf, useAction, useRead, useRefresh } from '../kit/data.js';
import { Badge, Confirm } from '../kit/parts.js';
import { useSay } from '../kit/said.js';
import { useStaff } from '../kit/session.js';
import { moment } from '../kit/words.js';
import { SWITCH_KINDS, valueWords, type SwitchKind, type SwitchState, type SwitchValue } from './switch-kinds.js';

const EVERY_MS = 5000;

/** The switches of one event, or those for everything. */
export function SwitchList({ eventId }: { eventId: string | null }): VNode {
  const { data, error, refetch } = useRead<{ items: readonly SwitchState[] }>('/v1/switches', { everyMs: EVERY_MS });
  const { call } = useStaff();
  const say = useSay();
  const refresh = useRefresh();
  const [setting, setSetting] = useState<SwitchKind | undefined>(undefined);
  const [clearing, setClearing] = useState<SwitchKind | undefined>(undefined);
  if (data === undefined) {
    return error === null ? (
      <Busy text="Reading the switches…" />
    ) : (
      <ErrorNote error={error} retry={() => void refetch()} />
    );
  }
  const kinds = SWITCH_KINDS.filter(({ perEvent }) => eventId === null || perEvent);
  const state = (kind: SwitchKind, of: string | null): SwitchState | undefined =>
    data.items.find((item) => item.name === kind.name && item.eventId === of);
  const clear = async (kind: SwitchKind, reason: string): Promise<void> => {
    await call('DELETE', `/v1/switches/${kind.name}`, { query: { eventId: eventId ?? undefined, reason } });
    await refresh('/v1/switches');
    say(`${kind.title} is off.`);
  };
  return (
    <>
      <ul class="switches" aria-label={eventId === null ? 'Switches for everything' : 'Switches of this event'}>
        {kinds.map((kind) => (
          <SwitchCard
            key={kind.name}
            kind={kind}
            state={state(kind, eventId)}
            above={eventId === null ? undefined : state(kind, null)}
            onSet={() => setSetting(kind)}
            onClear={() => setClearing(kind)}
          />
        ))}
      </ul>
      {setting === undefined ? null : (
        <SetSwitch
          kind={setting}
          eventId={eventId}
          before={state(setting, eventId)?.value}
          onClose={() => setSetting(undefined)}
        />
      )}
      {clearing === undefined ? null : (
        <Confirm
          title={`Switch “${clearing.title}” off?`}
          action="Switch off"
          tone="primary"
          reason="needed"
          act={(reason) => clear(clearing, reason)}
          onClose={() => setClearing(undefined)}
        >
          <p>It is over on every server within two seconds.</p>
        </Confirm>
      )}
    </>
  );
}

function SwitchCard(props: {
  kind: SwitchKind;
  state: SwitchState | undefined;
  above: SwitchState | undefined;
  onSet: () => void;
  onClear: () => void;
}): VNode {
  const { kind, state, above } = props;
  return (
    <li class="panel switch" data-on={state !== undefined}>
      <div class="switch-head">
        <h2>{kind.title}</h2>
        {state === undefined ? <Badge>Off</Badge> : <Badge tone="warn">On</Badge>}
      </div>
      <p>{kind.text}</p>
      {state === undefined ? null : (
        <p class="switch-state">
          {kind.value === 'on' ? null : <code>{valueWords(state.value)}</code>}
          <span>“{state.reason}”</span>
          <span class="under">
            {state.setBy} · {moment(state.setAt)}
          </span>
        </p>
      )}
      {above === undefined ? null : (
        <p class="hint">
          On for all events{kind.value === 'on' ? '' : ` (${valueWords(above.value)})`}: “{above.reason}”
        </p>
      )}
      <div class="actions">
        {state !== undefined && kind.value === 'on' ? null : (
          <button type="button" class="button" onClick={props.onSet}>
            {state === undefined ? 'Switch on' : 'Change'}
            <span class="unseen"> {kind.title}</span>
          </button>
        )}
        {state === undefined ? null : (
          <button type="button" class="button" onClick={props.onClear}>
            Switch off<span class="unseen"> {kind.title}</span>
          </button>
        )}
      </div>
    </li>
  );
}

function parse(kind: SwitchKind, text: string): SwitchValue | undefined {
  if (kind.value === 'on') return true;
  if (kind.value === 'number') return /^\d{1,7}$/.test(text.trim()) && Number(text) > 0 ? Number(text) : undefined;
  const list = text
    .split(/[\n,]/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
  return list.length === 0 ? undefined : list;
}

function SetSwitch(props: {
  kind: SwitchKind;
  eventId: string | null;
  before: SwitchValue | undefined;
  onClose: () => void;
}): VNode {
  const { kind, eventId, before, onClose } = props;
  const { call } = useStaff();
  const say = useSay();
  const refresh = useRefresh();
  const { error, run } = useAction();
  const here = useHere();
  const [text, setText] = useState(
    typeof before === 'object' ? before.join('\n') : before === undefined ? '' : String(before),
  );
  const [reason, setReason] = useState('');
  const [tried, setTried] = useState(false);
  const value = parse(kind, text);
  const named = faultsOf(error);
  const valueFault =
    tried && value === undefined
      ? (kind.valueHint ?? '')
      : Object.entries(named).find(([path]) => path.startsWith('value'))?.[1];
  const set = async (): Promise<void> => {
    setTried(true);
    if (value === undefined || reason.trim() === '') return;
    const done = await run(() =>
      call('PUT', `/v1/switches/${kind.name}`, {
        body: { value, reason: reason.trim(), ...(eventId === null ? {} : { eventId }) },
      }),
    );
    if (done === undefined) return;
    await refresh('/v1/switches');
    say(`${kind.title} is on, on every server within two seconds.`);
    if (here()) onClose();
  };
  return (
    <Dialog title={`${kind.title}: ${eventId === null ? 'for everything' : 'for this event'}`} onClose={onClose}>
      <div class="stack">
        <p>{kind.text}</p>
        {kind.value === 'on' ? null : (
          <Field label={kind.valueLabel ?? 'Value'} hint={kind.valueHint} fault={valueFault}>
            {(ids) =>
              kind.value === 'list' ? (
                <textarea {...ids} class="code" rows={5} value={text} onInput={(e) => setText(e.currentTarget.value)} />
              ) : (
                <input {...ids} inputMode="numeric" value={text} onInput={(e) => setText(e.currentTarget.value)} />
              )
            }
          </Field>
        )}
        <Field
          label="Reason"
          hint="Buyers who are refused read it, and it is kept in the record."
          fault={
            named.reason ??
            (tried && reason.trim() === '' ? 'Say why: whoever is on duty after you reads it.' : undefined)
          }
        >
          {(ids) => <input {...ids} value={reason} maxLength={500} onInput={(e) => setReason(e.currentTarget.value)} />}
        </Field>
        {error === undefined ? null : <ErrorNote error={error} />}
        <div class="dialog-actions">
          <button type="button" class="button" onClick={onClose}>
            Back
          </button>
          <ActionButton class="button primary" act={set}>
            {before === undefined ? 'Switch on' : 'Change'}
          </ActionButton>
        </div>
      </div>
    </Dialog>
  );
}
