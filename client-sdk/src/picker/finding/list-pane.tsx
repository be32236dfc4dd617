import type { VNode } from 'preact';
import { FindBox } from './find-box.js';
import { KeysHelp } from './keys-help.js';
import { SeatList, type SeatListProps } from './seat-list.js';

/** The whole way without the drawing: find by name, or open section by section; and the keys of both. */
export function ListPane(props: SeatListProps): VNode {
  const { finding } = props.language.messages;
  return (
    <div class="f-pane">
      <FindBox {...props} />
      <h2 class="f-unseen">{finding.list.title}</h2>
      <SeatList {...props} />
      <KeysHelp words={finding.keys} />
    </div>
  );
}
