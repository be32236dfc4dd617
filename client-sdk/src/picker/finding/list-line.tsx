import { Component, type VNode } from 'preact';
import type { LineText } from './line-facts.js';
import { StandingMark } from './marks.js';
import type { TreeNode } from './seat-tree.js';

export interface ListLineProps extends LineText {
  readonly id: string;
  readonly kind: TreeNode['kind'];
  readonly level: number;
  readonly position: number;
  readonly size: number;
  readonly expanded: boolean | undefined;
  /** Where Tab enters the list. */
  readonly active: boolean;
}

/** One line; drawn again only when it says something else. The tree listens for all of them. */
export class ListLine extends Component<ListLineProps> {
  override shouldComponentUpdate(next: ListLineProps): boolean {
    const { props } = this;
    return (Object.keys(next) as (keyof ListLineProps)[]).some((key) => next[key] !== props[key]);
  }

  override render(): VNode {
    const { id, kind, level, position, size, expanded, active, standing, selected } = this.props;
    return (
      <div
        role="treeitem"
        class={`f-line f-${kind} f-is-${standing}`}
        data-id={id}
        tabIndex={active ? 0 : -1}
        aria-level={level}
        aria-posinset={position}
        aria-setsize={size}
        aria-expanded={expanded}
        aria-selected={selected}
        style={{ '--level': level - 1 }}
      >
        {kind === 'seat' || kind === 'type' ? <StandingMark standing={standing} /> : null}
        {this.words()}
        {expanded === undefined ? null : <span class="f-twist" aria-hidden="true" />}
      </div>
    );
  }

  /** The name of the line is its content: section, row, seat, remarks, price, state; some of it for the ear alone. */
  private words(): VNode {
    const { context, label, detail, figure, said, standing } = this.props;
    const taken = said !== '' && standing !== 'free' && standing !== 'mine' && standing !== 'taking';
    return (
      <>
        <span class="f-name">
          {context === '' ? null : <span class="unseen">{`${context}, `}</span>}
          <bdi>{label}</bdi>
          {detail === '' ? null : <Pause />}
          {detail === '' ? null : <small>{detail}</small>}
        </span>
        <Pause />
        <span class="f-figure">
          <span class={taken ? 'unseen' : undefined}>{figure}</span>
          {said === '' ? null : <Pause />}
          {said === '' ? null : <small class={standing === 'free' ? 'unseen' : undefined}>{said}</small>}
        </span>
      </>
    );
  }
}

const Pause = (): VNode => <span class="unseen">, </span>;
