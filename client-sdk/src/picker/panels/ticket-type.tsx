import type { VNode } from 'preact';
import type { TicketTypeView } from '../model.js';
import { usePicker } from './context.js';

interface TicketTypeSelectProps {
  readonly label: string;
  readonly types: readonly TicketTypeView[];
  readonly value: string | undefined;
  readonly disabled?: boolean;
  readonly dataKey?: string;
  readonly onType: (key: string) => void;
}

/** Ticket types with what each costs in all. */
export function TicketTypeSelect({ label, types, value, disabled, dataKey, onType }: TicketTypeSelectProps): VNode {
  const { language, model } = usePicker();
  return (
    <select
      class="ticket-type"
      aria-label={label}
      value={value ?? types[0]?.key}
      disabled={disabled}
      data-key={dataKey}
      onChange={({ currentTarget }) => onType(currentTarget.value)}
    >
      {types.map(({ key, label: name, totalMinor }) => (
        <option key={key} value={key}>
          {name === '' ? key : name} · {language.money(totalMinor, model.event.currency)}
        </option>
      ))}
    </select>
  );
}
