import { after, FREE, keyOf, type Loss, type SeatOperation, type SeatState } from './linear-model.js';

/*
 * Is there an order of one seat's operations, each at some instant between its sending and its answer, that the model allows?
 * Wing and Gong's search, with Lowe's memory of what has been tried: J. M. Wing, C. Gong, "Testing and verifying concurrent
 * objects" (1993); G. Lowe, "Testing for linearizability" (2016).
 */
export interface SearchOptions {
  readonly losses: readonly Loss[];
  /** Clocks and the way of an answer: a hold may lapse by so much before its deadline. */
  readonly slackMs: number;
  /** I3: so long after its deadline a hold is gone. Infinity: not asked. */
  readonly lingerMs: number;
  /** So many steps, then it gives up. */
  readonly maxSteps: number;
}

export type SearchResult =
  | { readonly is: 'explained' }
  | { readonly is: 'gave up'; readonly steps: number }
  | {
      readonly is: 'impossible';
      /** The longest way that could be explained, what the seat was at its end, and what could not come next. */
      readonly way: readonly Step[];
      readonly state: SeatState;
      readonly stuck: readonly SeatOperation[];
    };

export interface Step {
  readonly what: SeatOperation | 'lapsed' | 'lost' | 'came back';
  readonly state: SeatState;
}

interface Node {
  readonly state: SeatState;
  /** How many of the answered ones, by the time of their answers, have all taken effect. */
  readonly prefix: number;
  /** Those beyond, and unanswered ones, that have. */
  readonly beyond: ReadonlySet<SeatOperation>;
  /** How many answered ones have: prefix and beyond. */
  readonly placed: number;
  /** No earlier than this is it now. */
  readonly now: number;
  readonly step: Step | null;
  readonly parent: Node | null;
}

export function search(operations: readonly SeatOperation[], options: SearchOptions): SearchResult {
  return new Search(operations, options).run();
}

class Search {
  /** By the time of their answers. */
  readonly #answered: SeatOperation[];
  /** The answered ones by when they were sent, and where among them the first is that a prefix of so many leaves out. */
  readonly #sent: SeatOperation[];
  readonly #firstBeyond: number[] = [];
  readonly #unanswered: SeatOperation[];
  readonly #rank = new Map<SeatOperation, number>();
  readonly #tried = new Set<string>();

  constructor(
    operations: readonly SeatOperation[],
    private readonly options: SearchOptions,
  ) {
    this.#answered = operations.filter(({ must }) => must).sort((a, b) => a.by - b.by || a.id - b.id);
    this.#answered.forEach((operation, rank) => this.#rank.set(operation, rank));
    this.#sent = [...this.#answered].sort((a, b) => a.from - b.from || a.id - b.id);
    this.#unanswered = operations.filter(({ must }) => !must);
    const place = new Map(this.#sent.map((operation, index) => [operation, index]));
    let first = this.#sent.length;
    for (let prefix = this.#answered.length - 1; prefix >= 0; prefix--) {
      const operation = this.#answered[prefix];
      if (operation !== undefined) first = Math.min(first, place.get(operation) ?? first);
      this.#firstBeyond[prefix] = first;
    }
  }

  run(): SearchResult {
    const start = { state: FREE, prefix: 0, beyond: new Set<SeatOperation>(), placed: 0, now: -Infinity };
    const open: Node[] = [{ ...start, step: null, parent: null }];
    let best: Node | undefined;
    for (let steps = 0; ; steps++) {
      const next = open.pop();
      if (next === undefined) break;
      if (steps >= this.options.maxSteps) return { is: 'gave up', steps };
      const node = this.#settleReads(next);
      if (best === undefined || node.placed > best.placed) best = node;
      if (node.prefix === this.#answered.length) return { is: 'explained' };
      const key = this.#keyOf(node);
      if (this.#tried.has(key)) continue;
      this.#tried.add(key);
      // The likeliest last, for it is taken first: what was answered, in the order of the answers.
      open.push(...this.#byThemselves(node), ...this.#operations(node).reverse());
    }
    if (best === undefined) return { is: 'explained' };
    const stuck = this.#missing(best);
    return { is: 'impossible', way: wayTo(best), state: best.state, stuck };
  }

  /**
   * What never changes anything and fits is placed at once: whatever explains the rest without it explains the rest after it. 500
   * who are refused the same seat at the same time are then one step, not their orders.
   */
  #settleReads(start: Node): Node {
    let node = start;
    for (;;) {
      const fits = this.#missing(node).filter(
        (operation) => isRead(operation) && this.#after(node, operation) !== null,
      );
      fits.sort((a, b) => a.by - b.by);
      if (fits.length === 0) return node;
      // Nor does it move the time on: a loss that came before it may as well be told after it.
      for (const operation of fits) node = { ...this.#place(node, operation, node.state), now: start.now };
    }
  }

  /** All that may come next: sent before any that is still missing was answered. Those answered first come first. */
  #candidates(node: Node): SeatOperation[] {
    const found: SeatOperation[] = this.#missing(node);
    const limit = this.#limit(node);
    found.sort((a, b) => a.by - b.by);
    for (const operation of this.#unanswered)
      if (operation.from <= limit && !node.beyond.has(operation)) found.push(operation);
    return found;
  }

  /** Those of them that were answered. */
  #missing(node: Node): SeatOperation[] {
    const limit = this.#limit(node);
    const found: SeatOperation[] = [];
    for (let i = this.#firstBeyond[node.prefix] ?? Infinity; i < this.#sent.length; i++) {
      const operation = this.#sent[i];
      if (operation === undefined || operation.from > limit) break;
      if ((this.#rank.get(operation) ?? 0) >= node.prefix && !node.beyond.has(operation)) found.push(operation);
    }
    return found;
  }

  /** By now the first of the missing ones was answered. */
  #limit(node: Node): number {
    return this.#answered[node.prefix]?.by ?? Infinity;
  }

  #after({ state }: Node, operation: SeatOperation): SeatState | null {
    const gone =
      (state.is === 'held' || state.is === 'reserved') && operation.from > state.overdue + this.options.lingerMs;
    return gone ? null : after(state, operation);
  }

  #operations(node: Node): Node[] {
    return this.#candidates(node).flatMap((operation) => {
      const state = this.#after(node, operation);
      if (state === null || (!operation.must && keyOf(state) === keyOf(node.state))) return [];
      return [this.#place(node, operation, state)];
    });
  }

  #place(node: Node, operation: SeatOperation, state: SeatState): Node {
    let { prefix, beyond } = node;
    if (operation === this.#answered[prefix] && beyond.size === 0) prefix++;
    else {
      const more = new Set(beyond).add(operation);
      for (let first = this.#answered[prefix]; first !== undefined && more.delete(first); prefix++)
        first = this.#answered[prefix + 1];
      beyond = more;
    }
    const now = Math.max(node.now, operation.from);
    const placed = node.placed + (operation.must ? 1 : 0);
    return { state, prefix, beyond, placed, now, step: { what: operation, state }, parent: node };
  }

  /** Deadlines that pass, and what a lost Redis loses. Never a sale, never a block. */
  #byThemselves(node: Node): Node[] {
    const { state } = node;
    const limit = this.#limit(node);
    const becomes = (what: 'lapsed' | 'lost' | 'came back', next: SeatState, from: number): Node => {
      const now = Math.max(node.now, from);
      return { ...node, state: next, now, step: { what, state: next }, parent: node };
    };
    const found: Node[] = [];
    for (const loss of this.options.losses) {
      if (loss.from > limit || loss.to < node.now) continue;
      if (state.is === 'held') found.push(becomes('lost', { is: state.origin }, loss.from));
      if (loss.rewound === true && state.is === 'free') {
        for (const earlier of heldBefore(node)) found.push(becomes('came back', earlier, loss.from));
      }
    }
    if (state.is === 'held' || state.is === 'reserved') {
      const from = state.until - this.options.slackMs;
      if (from <= limit) found.push(becomes('lapsed', { is: state.origin }, from));
    }
    return found;
  }

  #keyOf(node: Node): string {
    const beyond = [...node.beyond].map(({ id }) => id).sort((a, b) => a - b);
    return `${keyOf(node.state)}|${node.prefix}|${beyond.join()}`;
  }
}

/** Whatever the seat is. A hold that changes nothing because its token has the seat already would change it elsewhere. */
const isRead = ({ claim, kind }: SeatOperation): boolean => claim !== 'took effect' || kind === 'see';

/** Holds that this seat was in before. */
function heldBefore(node: Node): SeatState[] {
  const found = new Map<string, SeatState>();
  for (let at: Node | null = node; at !== null; at = at.parent) {
    if (at.state.is === 'held') found.set(at.state.token, at.state);
  }
  return [...found.values()];
}

function wayTo(node: Node): Step[] {
  const way: Step[] = [];
  for (let at: Node | null = node; at !== null; at = at.parent) if (at.step !== null) way.push(at.step);
  return way.reverse();
}
