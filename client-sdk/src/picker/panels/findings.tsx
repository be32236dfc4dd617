import type { VNode } from 'preact';
import type { Finding } from '../model.js';
import { usePicker, usePickerState } from './context.js';

/** What the checks of the choice found: single seats left over, seats apart. */
export function Findings(): VNode | null {
  const { words, names, actions } = usePicker();
  const { findings } = usePickerState();
  if (findings.length === 0) return null;
  const textOf = ({ kind, seatNos }: Finding): string => {
    if (kind === 'apart') return words.apart;
    const seats = seatNos.map((seatNo) => names.seat(seatNo).title).join('; ');
    return seatNos.length === 1 ? words.orphan(seats) : words.orphans(seats);
  };
  return (
    <ul class="findings">
      {findings.map((finding) => (
        <li key={finding.kind} class="notice" part="notice" data-tone={finding.mode === 'strict' ? 'bad' : 'warn'}>
          <span>
            {textOf(finding)} {finding.kind === 'orphan' ? words.orphanMore : words.apartMore}
          </span>
          <button type="button" class="link" onClick={() => actions.show(finding.seatNos)}>
            {words.show}
          </button>
        </li>
      ))}
    </ul>
  );
}
