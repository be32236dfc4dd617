import type { ComponentChildren, VNode } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { ApiError } from './api.js';
import { useHere } from './here.js';

/** What went wrong and what to do; read out at once. */
export function ErrorNote({ error, retry }: { error: unknown; retry?: (() => void) | undefined }): VNode {
  const known = error instanceof ApiError ? error : undefined;
  return (
    <div class="notice error-note" data-tone="bad" role="alert">
      <strong>{known?.message ?? 'Something went wrong on this page.'}</strong>
      <p>{known?.remediation ?? 'Load the page again; if it stays, tell whoever runs this box office.'}</p>
      {retry === undefined ? null : (
        <button type="button" class="button small" onClick={retry}>
          Try again
        </button>
      )}
    </div>
  );
}

/** A label with its input, a hint and a fault under it, tied together for screen readers. */
export function Field(props: {
  label: string;
  hint?: string | undefined;
  fault?: string | undefined;
  children: (ids: { id: string; 'aria-describedby'?: string; 'aria-invalid'?: 'true' }) => VNode;
}): VNode {
  const id = useId();
  const { label, hint, fault } = props;
  const notes = [hint === undefined ? undefined : `${id}-hint`, fault === undefined ? undefined : `${id}-fault`];
  const described = notes.filter((note) => note !== undefined).join(' ');
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {props.children({
        id,
        ...(described === '' ? {} : { 'aria-describedby': described }),
        ...(fault === undefined ? {} : { 'aria-invalid': 'true' as const }),
      })}
      {hint === undefined ? null : (
        <p id={`${id}-hint`} class="hint">
          {hint}
        </p>
      )}
      {fault === undefined ? null : (
        <p id={`${id}-fault`} class="fault">
          {fault}
        </p>
      )}
    </div>
  );
}

/** A modal dialog of the browser's own: it keeps the focus, Escape closes it and the focus goes back. */
export function Dialog(props: { title: string; onClose: () => void; children: ComponentChildren }): VNode {
  const ref = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const dialog = ref.current;
    dialog?.showModal();
    return () => dialog?.close();
  }, []);
  return (
    <dialog ref={ref} class="dialog" aria-labelledby={id} onCancel={props.onClose} onClose={props.onClose}>
      <header class="dialog-head">
        <h2 id={id}>{props.title}</h2>
        <button type="button" class="button quiet small" aria-label="Close" onClick={props.onClose}>
          ×
        </button>
      </header>
      {props.children}
    </dialog>
  );
}

/** A button that is busy while what it began is under way, and cannot begin it twice. */
export function ActionButton(props: {
  act: () => Promise<unknown>;
  children: ComponentChildren;
  class?: string;
  disabled?: boolean | undefined;
  label?: string | undefined;
}): VNode {
  const [busy, setBusy] = useState(false);
  const here = useHere();
  const press = (): void => {
    if (busy) return;
    setBusy(true);
    // What goes wrong is shown by whoever began it; the button only becomes free again.
    void props
      .act()
      .catch(() => undefined)
      .finally(() => {
        if (here()) setBusy(false);
      });
  };
  return (
    <button
      type="button"
      class={props.class ?? 'button'}
      disabled={props.disabled}
      aria-busy={busy}
      aria-label={props.label}
      onClick={press}
    >
      {props.children}
    </button>
  );
}

export const Busy = ({ text = 'Loading…' }: { text?: string }): VNode => (
  <p class="busy" role="status">
    {text}
  </p>
);
