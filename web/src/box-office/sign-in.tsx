import { ApiError } from '../shared/api.js';
import { ActionButton, ErrorNote, Field } from '../shared/ui.js';
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
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
  const signIn = async (): Promise<void> => {
    setError(undefined);
    try {
      const clerk = await identify(key.trim());
      props.onTerminal(cleanTerminal(terminal));
      props.onSignedIn(clerk);
    } catch (failure) {
      setError(worded(failure));
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
        class="card-form"
        onSubmit={(submit) => {
          submit.preventDefault();
          void signIn();
        }}
      >
        <Field
          label="Your key"
          hint="It starts with ak_. An admin makes one with the role box office; to try, the admin key does."
        >
          {(ids) => (
            <input
              {...ids}
              type="password"
              autocomplete="off"
              spellcheck={false}
              required
              value={key}
              onInput={({ currentTarget }) => setKey(currentTarget.value)}
            />
          )}
        </Field>
        <Field label="Name of this terminal" hint="Written on each sale and scan: Counter 2, North gate.">
          {(ids) => (
            <input
              {...ids}
              autocomplete="off"
              maxLength={40}
              required
              value={terminal}
              onInput={({ currentTarget }) => setTerminal(currentTarget.value)}
            />
          )}
        </Field>
        {error === undefined ? null : <ErrorNote error={error} />}
        <ActionButton class="button primary big" act={signIn} disabled={key.trim() === '' || terminal.trim() === ''}>
          Sign in
        </ActionButton>
        <p class="hint">The key stays in this tab. Closing the tab or signing out forgets it.</p>
      </form>
    </main>
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
