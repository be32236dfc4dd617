import type { SeatTree, TreeNode } from './seat-tree.js';

/** A line of the list as it is now. */
export interface Line {
  readonly node: TreeNode;
  /** From 1. */
  readonly level: number;
  readonly position: number;
  readonly size: number;
  /** undefined: it does not open. */
  readonly expanded: boolean | undefined;
}

/** Beyond so many lines the branch opened longest ago closes: a page of thousands is slow for eyes and readers alike. */
export const MOST_LINES = 400;
export const TYPED_TOGETHER_MS = 700;
const NOTHING_TYPED = { text: '', at: -Infinity };

/** What of the tree is open and where the keyboard stands. Independent of the DOM. */
export class ListBook {
  /** Opened longest ago first. */
  readonly #open = new Map<string, TreeNode>();
  #shown: readonly Line[] | undefined;
  #activeId: string | undefined;
  #typed = NOTHING_TYPED;

  readonly #tree: SeatTree;
  readonly #offers: (node: TreeNode) => boolean;

  constructor(
    tree: SeatTree,
    /** Whether the filter leaves anything of the node. */
    offers: (node: TreeNode) => boolean,
  ) {
    this.#tree = tree;
    this.#offers = offers;
  }

  lines(): readonly Line[] {
    return (this.#shown ??= this.#flatten());
  }

  /** The filter is another one: what is listed may change. */
  offersChanged(): void {
    this.#shown = undefined;
  }

  /** Where Tab enters the list; never a line that is not there. */
  get active(): TreeNode | undefined {
    const lines = this.lines();
    return (lines.find(({ node }) => node.id === this.#activeId) ?? this.#nearest() ?? lines[0])?.node;
  }

  isOpen(node: TreeNode): boolean {
    return this.#open.has(node.id);
  }

  activate(id: string): TreeNode | undefined {
    const line = this.lines().find(({ node }) => node.id === id);
    if (line !== undefined) this.#activeId = id;
    return line?.node;
  }

  toggle(node: TreeNode): void {
    if (!this.#tree.opens(node)) return;
    if (!this.#open.delete(node.id)) this.#open.set(node.id, node);
    this.#shown = undefined;
    this.#closeOldest(node);
  }

  /** Opens the way to a seat and stands on it. False: it is not in the list, or the filter leaves it out. */
  goTo(seatNo: number): boolean {
    const path = this.#tree.pathTo(seatNo);
    const seat = path.at(-1);
    if (seat === undefined || !this.#offers(seat)) return false;
    for (const node of path.slice(0, -1)) {
      this.#open.delete(node.id);
      this.#open.set(node.id, node);
    }
    this.#shown = undefined;
    this.#activeId = seat.id;
    this.#closeOldest(seat);
    return true;
  }

  /** Up and down the lines; stops at the ends. */
  move(by: number): TreeNode | undefined {
    const lines = this.lines();
    const at = lines.findIndex(({ node }) => node === this.active);
    return this.#stand(lines[Math.min(Math.max(at + by, 0), lines.length - 1)]?.node);
  }

  first(): TreeNode | undefined {
    return this.#stand(this.lines()[0]?.node);
  }

  last(): TreeNode | undefined {
    return this.#stand(this.lines().at(-1)?.node);
  }

  /** Opens, or goes to the first of what is open. */
  inward(): TreeNode | undefined {
    const { active } = this;
    if (active === undefined || !this.#tree.opens(active)) return active;
    if (this.isOpen(active)) return this.move(1);
    this.#stand(active);
    this.toggle(active);
    return this.active;
  }

  /** Closes, or goes up to what it belongs to. */
  outward(): TreeNode | undefined {
    const { active } = this;
    if (active === undefined) return undefined;
    this.#stand(this.isOpen(active) ? active : (active.parent ?? active));
    if (this.isOpen(active)) this.toggle(active);
    return this.active;
  }

  /** Type-ahead: the next line whose label begins with what was typed shortly before and now. */
  type(character: string, now: number, textOf: (node: TreeNode) => string): TreeNode | undefined {
    const goesOn = now - this.#typed.at < TYPED_TOGETHER_MS;
    this.#typed = { text: (goesOn ? this.#typed.text : '') + character.toLowerCase(), at: now };
    const { text } = this.#typed;
    // The same letter again and again goes through all that begin with it.
    const sought = new Set(text).size === 1 ? text.slice(0, 1) : text;
    const lines = this.lines();
    const at = lines.findIndex(({ node }) => node === this.active);
    const start = sought === text && text.length > 1 ? at : at + 1;
    const fits = (node: TreeNode): boolean =>
      [node.label, textOf(node)].some((label) => label.toLowerCase().startsWith(sought));
    const ordered = [...lines.slice(start), ...lines.slice(0, start)];
    const found = ordered.find(({ node }) => fits(node))?.node;
    if (found !== undefined) this.#activeId = found.id;
    return found;
  }

  /** By an arrow or the like: what is typed after it is a new word. */
  #stand(node: TreeNode | undefined): TreeNode | undefined {
    this.#typed = NOTHING_TYPED;
    if (node !== undefined) this.#activeId = node.id;
    return node;
  }

  /** What stood above a line that is gone. */
  #nearest(): Line | undefined {
    const lines = this.lines();
    let node = this.#remembered;
    while (node !== undefined) {
      const { id } = node;
      const line = lines.find((candidate) => candidate.node.id === id);
      if (line !== undefined) return line;
      node = node.parent;
    }
    return undefined;
  }

  #remembered: TreeNode | undefined;

  #flatten(): Line[] {
    const lines: Line[] = [];
    const add = (nodes: readonly TreeNode[], level: number): void => {
      const offered = nodes.filter((node) => this.#offers(node));
      offered.forEach((node, index) => {
        const opens = this.#tree.opens(node);
        const expanded = opens ? this.#open.has(node.id) : undefined;
        if (node.id === this.#activeId) this.#remembered = node;
        lines.push({ node, level, position: index + 1, size: offered.length, expanded });
        if (expanded === true) add(this.#tree.children(node), level + 1);
      });
    };
    add(this.#tree.roots, 1);
    return lines;
  }

  #closeOldest(keep: TreeNode): void {
    for (const [id, node] of [...this.#open]) {
      if (this.lines().length <= MOST_LINES) return;
      if (isWithin(keep, node) || isWithin(node, keep)) continue;
      this.#open.delete(id);
      this.#shown = undefined;
    }
  }
}

function isWithin(node: TreeNode, outer: TreeNode): boolean {
  let at: TreeNode | undefined = node;
  while (at !== undefined) {
    if (at.id === outer.id) return true;
    at = at.parent;
  }
  return false;
}
