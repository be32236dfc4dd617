import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { Dialog } from '../shared/ui.js';
import { setSingleKeys, singleKeysOn } from './shortcuts.js';

const KEYS: readonly (readonly [string, string])[] = [
  ['1 – 9', 'How many tickets'],
  ['A, B, C …', 'Category and ticket type, as its button says'],
  ['F8', 'Cash, the exact amount'],
  ['F9', 'Card'],
  ['P', 'Print the tickets just sold'],
  ['N', 'Next sale'],
  ['Esc', 'Give the seats back'],
  ['?', 'These keys'],
];

interface ShortcutHelpProps {
  readonly screens: readonly { readonly key: string; readonly label: string }[];
  readonly onClose: () => void;
}

export function ShortcutHelp({ screens, onClose }: ShortcutHelpProps): VNode {
  const [single, setSingle] = useState(singleKeysOn());
  const rows = [...screens.map(({ key, label }) => [key, label] as const), ...KEYS];
  return (
    <Dialog title="Keys" onClose={onClose}>
      <dl class="keys">
        {rows.map(([key, does]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
      <label class="check">
        <input
          type="checkbox"
          checked={single}
          onChange={({ currentTarget: { checked } }) => {
            setSingle(checked);
            setSingleKeys(checked);
          }}
        />
        Single letters and digits work as keys
      </label>
    </Dialog>
  );
}
