import type { VNode } from 'preact';
import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Language } from '../messages/language.js';
import type { Filter, PickerModel } from '../model.js';
import { isFiltered } from './filter-facts.js';
import { ListBook, type Line } from './list-book.js';
import { LineFacts, typeHeld } from './line-facts.js';
import { ListLine } from './list-line.js';
import type { FindingProps } from './props.js';
import { scrollNear } from './scroll-near.js';
import { SeatTree, type TreeNode } from './seat-tree.js';
import { useModel } from './use-model.js';

const PAGE_OF_LINES = 10;

export interface SeatListProps extends FindingProps {
  /** The map's keyboard seat: the list follows it while the keyboard is elsewhere. */
  readonly cursor?: number | undefined;
  /** Position in chart.sections of what was opened last; for those who tell when it is sold out. */
  readonly onSection?: (position: number) => void;
}

interface Held {
  readonly language: Language;
  readonly facts: LineFacts;
  readonly book: ListBook;
  filter: Filter;
  cursor: number | undefined;
}

/** What is open stays so while the map is shown in between, for as long as there is the model. */
const books = new WeakMap<PickerModel, Held>();
function heldFor({ model, language, names }: FindingProps): Held {
  const known = books.get(model);
  if (known?.language === language) return known;
  const facts = new LineFacts(model, language, names);
  const book = new ListBook(new SeatTree(model), (node) => facts.offers(node));
  const made: Held = { language, facts, book, filter: model.state.filter, cursor: undefined };
  books.set(model, made);
  return made;
}

/** Sections, rows and seats as a tree (WAI-ARIA APG): the same sale as on the map, without seeing or pointing at it. */
export function SeatList(props: SeatListProps): VNode {
  const { model, language, cursor } = props;
  const words = language.messages.finding.list;
  const [, draw] = useState(0);
  const version = useModel(model);
  const root = useRef<HTMLDivElement>(null);
  const takesFocus = useRef(false);
  const follows = useRef(false);
  const held = heldFor(props);
  const { facts, book } = held;
  const { filter } = model.state;
  if (held.filter !== filter) {
    held.filter = filter;
    facts.offersChanged();
    book.offersChanged();
  }
  useMemo(() => facts.seatsChanged(), [facts, version]);
  // Before the lines are made: who comes by a skip link is to land on the map's seat.
  if (held.cursor !== cursor) {
    held.cursor = cursor;
    if (cursor !== undefined && !hasFocus(root.current)) follows.current = book.goTo(cursor);
  }
  // Before this drawing: the line with the focus may be gone after it.
  const hadFocus = hasFocus(root.current);
  useLayoutEffect(() => {
    const line = root.current?.querySelector<HTMLElement>('[tabindex="0"]');
    if (line == null) return;
    if (takesFocus.current || (hadFocus && !hasFocus(root.current))) line.focus();
    else if (follows.current) scrollNear(line);
    takesFocus.current = follows.current = false;
  });

  const change = (act: () => TreeNode | undefined): void => {
    const before = book.active;
    act();
    takesFocus.current = true;
    if (book.active !== before) told(props, book.active);
    draw((count) => count + 1);
  };
  const press = (node: TreeNode): void =>
    change(() => {
      if (!act(props, node)) {
        book.toggle(node);
        if (book.isOpen(node)) opened(props, node);
      }
      return node;
    });
  const lines = book.lines();
  if (lines.length === 0) return <p class="quiet f-none">{isFiltered(filter) ? words.none : words.empty}</p>;
  const { active } = book;
  return (
    <div
      ref={root}
      role="tree"
      class="f-tree"
      aria-label={words.label}
      aria-multiselectable="true"
      onClick={(event) => {
        const node = nodeAt(event, book);
        if (node === undefined) return;
        const opensTypes = node.kind === 'seat' && (event.target as Element).closest('.f-twist') !== null;
        if (opensTypes) change(() => (book.toggle(node), node));
        else press(node);
      }}
      onFocusIn={(event) => {
        const before = book.active;
        const node = nodeAt(event, book);
        if (node === undefined || node === before) return;
        told(props, node);
        draw((count) => count + 1);
      }}
      onKeyDown={(event) => {
        if (keyed(event, book, { change, press, textOf: (node) => facts.label(node) })) event.preventDefault();
      }}
    >
      {lines.map((line) => (
        <ListLine key={line.node.id} {...lineProps(line, facts)} active={line.node.id === active?.id} />
      ))}
    </div>
  );
}

/** It, or something in it, has the focus. */
function hasFocus(element: Element | null): boolean {
  const root = element?.getRootNode();
  return (root instanceof Document || root instanceof ShadowRoot) && element?.contains(root.activeElement) === true;
}

function lineProps({ node, level, position, size, expanded }: Line, facts: LineFacts) {
  return { id: node.id, kind: node.kind, level, position, size, expanded, ...facts.of(node) };
}

function nodeAt(event: Event, book: ListBook): TreeNode | undefined {
  const line = (event.target as Element).closest<HTMLElement>('[role=treeitem]');
  return line?.dataset.id === undefined ? undefined : book.activate(line.dataset.id);
}

/** The map follows: a seat gets its cursor, a section is brought into view when it is opened. */
function told({ ways }: SeatListProps, node: TreeNode | undefined): void {
  if (node?.kind === 'seat' || node?.kind === 'type') ways.putCursor(node.seatNo);
}

function opened({ ways, onSection }: SeatListProps, node: TreeNode): void {
  if (node.kind === 'section' && node.position >= 0) {
    ways.showSection(node.position);
    onSection?.(node.position);
  }
}

/** False: the line is one to open. */
function act({ model, ways }: SeatListProps, node: TreeNode): boolean {
  switch (node.kind) {
    case 'seat':
      model.press(node.seatNo);
      return true;
    case 'type':
      pressType(model, node.seatNo, node.ticketType);
      return true;
    case 'area': {
      if (ways.showArea !== undefined) ways.showArea(node.areaNo);
      else model.holdArea(node.areaNo, 1);
      return true;
    }
    default:
      return false;
  }
}

/** A ticket type of one's own seat changes it; the one it has lets it go; of any other seat it holds it. */
function pressType(model: FindingProps['model'], seatNo: number, ticketType: string): void {
  const line = model.state.basket.lines.find((candidate) => candidate.seatNo === seatNo);
  if (line === undefined || typeHeld(model, seatNo) === ticketType) model.press(seatNo, ticketType);
  else model.changeTicketType(line.key, ticketType);
}

interface KeyActions {
  readonly change: (act: () => TreeNode | undefined) => void;
  readonly press: (node: TreeNode) => void;
  readonly textOf: (node: TreeNode) => string;
}

function keyed(event: KeyboardEvent, book: ListBook, { change, press, textOf }: KeyActions): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey) return false;
  const leftToRight = getComputedStyle(event.currentTarget as Element).direction !== 'rtl';
  const inward = leftToRight ? 'ArrowRight' : 'ArrowLeft';
  const moves: Readonly<Record<string, () => TreeNode | undefined>> = {
    ArrowDown: () => book.move(1),
    ArrowUp: () => book.move(-1),
    PageDown: () => book.move(PAGE_OF_LINES),
    PageUp: () => book.move(-PAGE_OF_LINES),
    Home: () => book.first(),
    End: () => book.last(),
    ArrowRight: () => (inward === 'ArrowRight' ? book.inward() : book.outward()),
    ArrowLeft: () => (inward === 'ArrowLeft' ? book.inward() : book.outward()),
  };
  const move = moves[event.key];
  if (move !== undefined) {
    change(move);
    return true;
  }
  const { active } = book;
  if (event.key === 'Enter' || event.key === ' ') {
    if (active !== undefined && !event.repeat) press(active);
    return true;
  }
  if (event.key.length !== 1) return false;
  change(() => book.type(event.key, event.timeStamp, textOf));
  return true;
}
