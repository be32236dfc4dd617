import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import type { CreatedKey, CreateKey, KeyRole } from '@aisle/client/protocol';
import { useHere } from '../../shared/here.js';
import { ActionButton, Dialog, ErrorNote, Field } from '../../shared/ui.js';
import { faultsOf, useAction, useRefresh, useRequestKey } from '../kit/data.js';
import { SecretOnce } from '../kit/parts.js';
import { useStaff } from '../kit/session.js';
import { homeTimeZone, toIso } from '../kit/zoned-time.js';

const ROLES: readonly { role: KeyRole; text: string }[] = [
  { role: 'kiosk', text: 'Kiosk: scans tickets at a gate' },
  { role: 'box_office', text: 'Box office: sells, blocks, refunds' },
  { role: 'service', text: 'Service: your shop’s server, webhooks' },
  { role: 'admin', text: 'Administrator: everything' },
];

interface Draft {
  readonly name: string;
  readonly role: KeyRole;
  readonly events: string;
  readonly until: string;
}

function requestOf({ name, role, events, until }: Draft): CreateKey {
  const listed = events.split(/[\s,]+/).filter((id) => id !== '');
  return {
    ...{ name: name.trim(), role },
    ...(listed.length === 0 ? {} : { events: listed }),
    ...(until === '' ? {} : { expiresAt: toIso(until, homeTimeZone()) ?? until }),
  };
}

/** Asks for what makes a key. `onMade` is told even when the form was closed before the answer: nobody else ever gets its secret. */
export function MakeKey({ onMade, onClose }: { onMade: (key: CreatedKey) => void; onClose: () => void }): VNode {
  const { call } = useStaff();
  const refresh = useRefresh();
  const { key, renew } = useRequestKey();
  const { error, clear, run } = useAction();
  const [draft, setDraft] = useState<Draft>({ name: '', role: 'box_office', events: '', until: '' });
  const here = useHere();
  const make = async (): Promise<void> => {
    const created = await run(() => call<CreatedKey>('POST', '/v1/keys', { body: requestOf(draft), key }));
    if (created === undefined) return;
    onMade(created);
    if (here()) onClose();
    await refresh('/v1/keys');
  };
  const change = (changed: Partial<Draft>): void => {
    setDraft({ ...draft, ...changed });
    // Another request is another purpose.
    renew();
    clear();
  };
  return (
    <Dialog title="New key" onClose={onClose}>
      <div class="stack">
        <KeyFields draft={draft} faults={faultsOf(error)} onChange={change} />
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

/** Its secret, this once. */
export function MadeKey({ made, onClose }: { made: CreatedKey; onClose: () => void }): VNode {
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

function KeyFields(props: {
  draft: Draft;
  faults: Readonly<Record<string, string>>;
  onChange: (changed: Partial<Draft>) => void;
}): VNode {
  const { draft, faults, onChange } = props;
  const pick = (role: string): void => onChange({ role: ROLES.find((one) => one.role === role)?.role ?? draft.role });
  return (
    <>
      <Field label="Name" hint="Which machine or person it is for." fault={faults.name}>
        {(ids) => (
          <input
            {...ids}
            value={draft.name}
            maxLength={128}
            onInput={(e) => onChange({ name: e.currentTarget.value })}
          />
        )}
      </Field>
      <Field label="Role" fault={faults.role}>
        {(ids) => (
          <select {...ids} value={draft.role} onChange={(e) => pick(e.currentTarget.value)}>
            {ROLES.map(({ role, text }) => (
              <option key={role} value={role}>
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
            value={draft.events}
            onInput={(e) => onChange({ events: e.currentTarget.value })}
          />
        )}
      </Field>
      <Field label="Good until (optional)" hint={`Time zone ${homeTimeZone()}.`} fault={faults.expiresAt}>
        {(ids) => (
          <input
            {...ids}
            type="datetime-local"
            value={draft.until}
            onInput={(e) => onChange({ until: e.currentTarget.value })}
          />
        )}
      </Field>
    </>
  );
}
