import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { Field } from '../shared/ui.js';
import { useDesk } from './desk.js';
import { LEAST_IDLE_S, MOST_IDLE_S, type KioskConfig } from './kiosk-config.js';

/** Before the terminal is given to buyers: how they may pay, and when it starts over. */
export function KioskSetup({ onStart }: { onStart: (config: KioskConfig) => void }): VNode {
  const { event, terminal } = useDesk();
  const [card, setCard] = useState(true);
  const [counter, setCounter] = useState(true);
  const [idle, setIdle] = useState('60');
  const idleSeconds = Number(idle);
  const fault =
    Number.isInteger(idleSeconds) && idleSeconds >= LEAST_IDLE_S && idleSeconds <= MOST_IDLE_S
      ? undefined
      : `A whole number from ${String(LEAST_IDLE_S)} to ${String(MOST_IDLE_S)}.`;
  return (
    <form
      class="page-list kiosk-setup"
      onSubmit={(submit) => {
        submit.preventDefault();
        onStart({ eventId: event.id, terminal, card, counter, idleSeconds });
      }}
    >
      <h2>Kiosk mode</h2>
      <p>
        Buyers choose and pay for seats here by themselves. You are signed out when it starts: the key is no longer on
        this device, and leaving kiosk mode needs it again.
      </p>
      <fieldset class="choice">
        <legend>How buyers may pay</legend>
        <label class="check">
          <input type="checkbox" checked={card} onChange={() => setCard(!card)} /> By card, here
        </label>
        <label class="check">
          <input type="checkbox" checked={counter} onChange={() => setCounter(!counter)} /> At the counter
        </label>
      </fieldset>
      <Field label="Seconds without a touch until it starts over" fault={fault}>
        {(ids) => (
          <input
            {...ids}
            inputMode="numeric"
            value={idle}
            onInput={({ currentTarget }) => setIdle(currentTarget.value)}
          />
        )}
      </Field>
      <button type="submit" class="button primary big" disabled={fault !== undefined || (!card && !counter)}>
        Start kiosk mode
      </button>
    </form>
  );
}
