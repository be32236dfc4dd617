import type { VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { ApiError } from '../shared/api.js';
import { ErrorNote, Field } from '../shared/ui.js';
import { checkKey, storeKey, type StaffRole } from './kit/session.js';

const NOT_A_KEY = new ApiError(
  'UNAUTHENTICATED',
  'This server does not know that key.',
  'Copy it again, whole; an administrator makes new ones.',
  401,
);

export function SignIn(props: {
  words: string | undefined;
  onKey: (key: string, staff: { subject: string; role: StaffRole }) => void;
}): VNode {
  const [key, setKey] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(undefined);
  const [missing, setMissing] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    document.title = 'Sign in · Aisle admin';
    input.current?.focus();
  }, []);

  const submit = async (): Promise<void> => {
    const given = key.trim();
    setMissing(given === '');
    if (given === '' || busy) return input.current?.focus();
    setBusy(true);
    setError(undefined);
    try {
      const staff = await checkKey(given);
      storeKey(given);
      props.onKey(given, staff);
    } catch (thrown) {
      setError(thrown instanceof ApiError && thrown.status === 401 ? NOT_A_KEY : thrown);
      setBusy(false);
    }
  };

  return (
    <main class="gate">
      <div class="gate-card">
        <p class="brand">
          <img src="/assets/mark.svg" alt="" width="28" height="28" /> Aisle
        </p>
        <h1>Admin</h1>
        {props.words === undefined || error !== undefined ? null : (
          <p class="notice" role="alert">
            {props.words}
          </p>
        )}
        <form
          class="stack"
          onSubmit={(event) => {
            event.preventDefault();
            void submit();
          }}
        >
          <Field
            label="API key"
            hint="Kept in this tab alone; closing it signs you out."
            fault={missing ? 'Enter your key.' : undefined}
          >
            {(ids) => (
              <input
                {...ids}
                ref={input}
                type="password"
                class="code"
                autocomplete="current-password"
                autocapitalize="off"
                spellcheck={false}
                value={key}
                onInput={(event) => setKey(event.currentTarget.value)}
              />
            )}
          </Field>
          {error === undefined ? null : <ErrorNote error={error} />}
          <button type="submit" class="button primary" aria-busy={busy}>
            Sign in
          </button>
        </form>
        <p class="hint">
          Keys of the roles admin, service and box office work here; the last two see less. Sales at the counter are
          made at <a href="/box-office">the box office</a>.
        </p>
      </div>
    </main>
  );
}
