import { ApiError } from '../shared/api.js';
import { ErrorNote, Field } from '../shared/ui.js';
import type { VNode } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { identify, type Clerk } from './clerk.js';
import { Brand } from './brand.js';

/** The key is asked for, checked by the server, and kept in this tab until it is closed or somebody signs out. */
export function SignIn(props: {
  words: string | undefined;
  terminal: string;
  onTerminal: (terminal: string) => void;
  onSignedIn: (clerk: Clerk) => void;
}): VNode {
  const [key, setKey] = useState('');
  const [terminal, setTerminal] = useState(props.terminal);
  const [error, setError] = useState<unknown>(undefined);
  const [tried, setTried] = useState(false);
  const [busy, setBusy] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  /** The answer to the last press counts: one before may come later. */
  const latest = useRef(0);
  const missing = { key: key.trim() === '', terminal: terminal.trim() === '' };
  const signIn = async (): Promise<void> => {
    setTried(true);
    if (missing.key || missing.terminal) {
      form.current?.querySelector<HTMLElement>(missing.key ? '[type=password]' : '[maxlength]')?.focus();
      return;
    }
    const press = (latest.current += 1);
    setBusy(true);
    setError(undefined);
    try {
      const clerk = await identify(key.trim());
      if (press !== latest.current) return;
      props.onTerminal(cleanTerminal(terminal));
      props.onSignedIn(clerk);
    } catch (failure) {
      if (press !== latest.current) return;
      setError(worded(failure));
      setBusy(false);
    }
  };
  return (
    <main class="desk-alone">
      <Brand />
      <h1>Box office</h1>
      {props.words === undefined ? null : (
        <p class="notice" role="alert">
          {props.words}
        </p>
      )}
      <form
        ref={form}
        class="card-form"
        noValidate
        onSubmit={(submit) => {
          submit.preventDefault();
          void signIn();
        }}
      >
        <SignInFields
          given={{ secret: key, terminal }}
          onSecret={setKey}
          onTerminal={setTerminal}
          missing={tried ? missing : {}}
        />
        {error === undefined ? null : <ErrorNote error={error} />}
        <button type="submit" class="button primary big" aria-busy={busy}>
          Sign in
        </button>
        <p class="hint">The key stays in this tab. Closing the tab or signing out forgets it.</p>
      </form>
    </main>
  );
}

function SignInFields(props: {
  given: { secret: string; terminal: string };
  missing: { key?: boolean; terminal?: boolean };
  onSecret: (key: string) => void;
  onTerminal: (terminal: string) => void;
}): VNode {
  const { given, missing, onSecret, onTerminal } = props;
  return (
    <>
      <Field
        label="Your key"
        hint="It starts with ak_. An admin makes one with the role box office; to try, the admin key does."
        fault={missing.key === true ? 'Enter your key.' : undefined}
      >
        {(ids) => (
          <input
            {...ids}
            type="password"
            autocomplete="off"
            spellcheck={false}
            required
            value={given.secret}
            onInput={({ currentTarget }) => onSecret(currentTarget.value)}
          />
        )}
      </Field>
      <Field
        label="Name of this terminal"
        hint="Written on each sale and scan: Counter 2, North gate."
        fault={missing.terminal === true ? 'Name this terminal.' : undefined}
      >
        {(ids) => (
          <input
            {...ids}
            autocomplete="off"
            maxLength={40}
            required
            value={given.terminal}
            onInput={({ currentTarget }) => onTerminal(currentTarget.value)}
          />
        )}
      </Field>
    </>
  );
}

/** A slash divides a payment's reference. */
export const cleanTerminal = (name: string): string =>
  name
    .replace(/[/\s]+/g, ' ')
    .trim()
    .slice(0, 40) || 'Counter';

function worded(error: unknown): unknown {
  if (!(error instanceof ApiError) || error.code !== 'UNAUTHENTICATED') return error;
  return new ApiError(
    error.code,
    'This key is not known here.',
    'It may be mistyped, revoked or over. Copy it again, or ask an admin for a new one.',
    error.status,
  );
}
