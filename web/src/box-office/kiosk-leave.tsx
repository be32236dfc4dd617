import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { useHere } from '../shared/here.js';
import { ActionButton, Dialog, ErrorNote, Field } from '../shared/ui.js';
import { identify, type Clerk } from './clerk.js';

/** The way out: the key again. */
export function LeaveKiosk({ onClose, onLeave }: { onClose: () => void; onLeave: (clerk: Clerk) => void }): VNode {
  const [key, setKey] = useState('');
  const [error, setError] = useState<unknown>(undefined);
  // Closed, or the next buyer's turn: the counter is not opened behind anybody's back.
  const here = useHere();
  const leave = async (): Promise<void> => {
    setError(undefined);
    try {
      const clerk = await identify(key.trim());
      if (here()) onLeave(clerk);
    } catch (failure) {
      setError(failure);
    }
  };
  return (
    <Dialog title="Leave kiosk mode" onClose={onClose}>
      <form
        class="dialog-body"
        onSubmit={(submit) => {
          submit.preventDefault();
          void leave();
        }}
      >
        <Field label="Your key">
          {(ids) => (
            <input
              {...ids}
              type="password"
              autocomplete="off"
              value={key}
              onInput={({ currentTarget }) => setKey(currentTarget.value)}
            />
          )}
        </Field>
        {error === undefined ? null : <ErrorNote error={error} />}
        <ActionButton class="button primary" act={leave} disabled={key.trim() === ''}>
          Leave kiosk mode
        </ActionButton>
      </form>
    </Dialog>
  );
}
