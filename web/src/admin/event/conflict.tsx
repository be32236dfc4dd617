import type { VNode } from 'preact';
import type { SeatEvent } from '@aisle/client/protocol';
import { ActionButton, Dialog } from '../../shared/ui.js';
import { DataTable } from '../kit/parts.js';
import { valueWords, type Change } from './changes.js';

/** Somebody else was quicker: what it was, what they made of it, what one wants oneself. */
export function Conflict(props: {
  changes: readonly Change[];
  base: SeatEvent;
  mine: SeatEvent;
  theirs: SeatEvent;
  onTheirs: () => void;
  onMine: () => Promise<void>;
  onClose: () => void;
}): VNode {
  const { changes, base, mine, theirs } = props;
  const rows = changes.map((change) => ({
    change,
    was: valueWords(base, change),
    now: valueWords(theirs, change),
    wanted: valueWords(mine, change),
  }));
  const both = rows.filter(({ was, now }) => was !== now).length;
  return (
    <Dialog title="Somebody else changed this event" onClose={props.onClose}>
      <div class="stack">
        <p>
          Nothing of yours was saved yet.{' '}
          {both === 0
            ? 'They changed other things than you: yours can go on top.'
            : 'You both changed the same: look at what theirs is now.'}
        </p>
        <DataTable
          label="Yours and theirs"
          rows={rows}
          rowKey={({ change }) => change.name}
          columns={[
            { name: 'What', kind: 'main', cell: ({ change }) => change.name },
            { name: 'It was', cell: ({ was }) => was },
            { name: 'Theirs now', cell: ({ was, now }) => (was === now ? 'unchanged' : <strong>{now}</strong>) },
            { name: 'Yours', cell: ({ wanted }) => wanted },
          ]}
        />
        <div class="dialog-actions">
          <button type="button" class="button" onClick={props.onTheirs}>
            Take theirs, drop mine
          </button>
          <ActionButton class="button primary" act={props.onMine}>
            Save mine on top
          </ActionButton>
        </div>
      </div>
    </Dialog>
  );
}
