import type { ComponentChildren, VNode } from 'preact';
import { useState } from 'preact/hooks';
import { statusWords, type Tone } from '../../shared/event-status.js';
import { useHere } from '../../shared/here.js';
import { ActionButton, Dialog, ErrorNote, Field } from '../../shared/ui.js';
import { useAction } from './data.js';

export const Badge = ({ tone = 'plain', children }: { tone?: Tone; children: ComponentChildren }): VNode => (
  <span class="badge" data-tone={tone}>
    {children}
  </span>
);

export function StatusBadge({ status }: { status: string }): VNode {
  const { label, tone } = statusWords(status);
  return <Badge tone={tone}>{label}</Badge>;
}

/** A dot in a category's colour; set through the CSSOM, which a strict content policy allows. */
export const Swatch = ({ colour }: { colour: string }): VNode => (
  <span class="swatch" aria-hidden="true" style={{ backgroundColor: colour }} />
);

export function PageHead(props: {
  title: string;
  lead?: ComponentChildren;
  children?: ComponentChildren;
  level?: 1 | 2;
}): VNode {
  return (
    <header class="page-head">
      <div class="page-title">
        {props.level === 2 ? <h2>{props.title}</h2> : <h1 tabindex={-1}>{props.title}</h1>}
        {props.lead === undefined ? null : <p class="lead">{props.lead}</p>}
      </div>
      {props.children === undefined ? null : <div class="actions">{props.children}</div>}
    </header>
  );
}

export const Empty = ({ children }: { children: ComponentChildren }): VNode => <p class="empty">{children}</p>;

export interface Column<T> {
  readonly name: string;
  readonly cell: (row: T) => ComponentChildren;
  readonly kind?: 'number' | 'main' | 'actions' | 'code';
}

/** A table where there is room; on a phone each row a card with its own headings. */
export function DataTable<T>(props: {
  label: string;
  columns: readonly Column<T>[];
  rows: readonly T[];
  rowKey: (row: T) => string;
}): VNode {
  const { label, columns, rows, rowKey } = props;
  return (
    <table class="data" role="table">
      <caption class="unseen">{label}</caption>
      <thead role="rowgroup">
        <tr role="row">
          {columns.map(({ name, kind }) => (
            <th key={name} scope="col" role="columnheader" data-kind={kind}>
              {kind === 'actions' ? <span class="unseen">{name}</span> : name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {rows.map((row) => (
          <tr key={rowKey(row)} role="row">
            {columns.map(({ name, cell, kind }) => {
              const content = cell(row);
              return (
                <td key={name} role="cell" data-kind={kind} data-name={name}>
                  {content === null ? null : <div>{content}</div>}
                </td>
              );
            })}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Asks before what hurts. `typed`: what has to be typed for it; `reason`: a reason is asked for and handed on. */
export function Confirm(props: {
  title: string;
  children: ComponentChildren;
  action: string;
  tone?: 'danger' | 'primary';
  typed?: string;
  reason?: 'needed';
  act: (reason: string) => Promise<unknown>;
  onClose: () => void;
}): VNode {
  const { error, run } = useAction();
  const here = useHere();
  const [typed, setTyped] = useState('');
  const [reason, setReason] = useState('');
  const ready =
    (props.typed === undefined || typed.trim() === props.typed.trim()) &&
    (props.reason === undefined || reason.trim() !== '');
  const act = async (): Promise<void> => {
    const done = await run(async () => {
      await props.act(reason.trim());
      return true;
    });
    if (done === true && here()) props.onClose();
  };
  return (
    <Dialog title={props.title} onClose={props.onClose}>
      <div class="stack">
        {props.children}
        {props.reason === undefined ? null : (
          <Field label="Reason" hint="Kept in the record of changes.">
            {(ids) => (
              <input {...ids} value={reason} maxLength={500} onInput={(e) => setReason(e.currentTarget.value)} />
            )}
          </Field>
        )}
        {props.typed === undefined ? null : (
          <Field label={`Type “${props.typed}” to confirm`}>
            {(ids) => (
              <input {...ids} value={typed} autocomplete="off" onInput={(e) => setTyped(e.currentTarget.value)} />
            )}
          </Field>
        )}
        {error === undefined ? null : <ErrorNote error={error} />}
        <div class="dialog-actions">
          <button type="button" class="button" onClick={props.onClose}>
            Back
          </button>
          <ActionButton
            class={props.tone === 'danger' ? 'button danger' : 'button primary'}
            disabled={!ready}
            act={act}
          >
            {props.action}
          </ActionButton>
        </div>
      </div>
    </Dialog>
  );
}

/** A secret that is shown this once, with a button that copies it. */
export function SecretOnce(props: { label: string; secret: string; note: string; onDone: () => void }): VNode {
  const [copied, setCopied] = useState<boolean | undefined>(undefined);
  const copy = async (): Promise<void> => {
    // Browsers offer the clipboard on https and localhost alone.
    const clipboard = navigator.clipboard as Clipboard | undefined;
    setCopied(
      await (clipboard?.writeText(props.secret).then(
        () => true,
        () => false,
      ) ?? false),
    );
  };
  return (
    <div class="stack">
      <Field label={props.label} hint={props.note}>
        {(ids) => (
          <input {...ids} class="code" readOnly value={props.secret} onFocus={(e) => e.currentTarget.select()} />
        )}
      </Field>
      <p role="status" class="hint">
        {copied === undefined ? '' : copied ? 'Copied.' : 'Your browser would not copy it: select it and copy by hand.'}
      </p>
      <div class="dialog-actions">
        <ActionButton act={copy}>Copy</ActionButton>
        <button type="button" class="button primary" onClick={props.onDone}>
          I have stored it
        </button>
      </div>
    </div>
  );
}

export function MoreButton(props: { more: boolean; busy: boolean; act: () => Promise<unknown> }): VNode | null {
  if (!props.more) return null;
  return (
    <div class="more">
      <ActionButton act={props.act}>{props.busy ? 'Loading…' : 'Show more'}</ActionButton>
    </div>
  );
}
