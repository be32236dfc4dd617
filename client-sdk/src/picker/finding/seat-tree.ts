import type { Chart } from '../../protocol/chart.js';
import { NO_SECTION } from '../map/geometry.js';
import type { PickerModel } from '../model.js';

/** More than this many beside each other are put into parts, "A – M", "N – Z": no reader walks 400 lines. */
export const MOST_SIBLINGS = 100;

interface Common {
  /** The same node from visit to visit, also when it was made anew. */
  readonly id: string;
  readonly parent: TreeNode | undefined;
  /** As printed: "C", "12", "Stalls"; of a part its first and last. */
  readonly label: string;
}
export interface SectionNode extends Common {
  readonly kind: 'section';
  /** Position in chart.sections; -1 for places without one. */
  readonly position: number;
  /** In no order: children() are in that in which people read. */
  readonly seatNos: readonly number[];
  readonly areaNos: readonly number[];
}
export interface RowNode extends Common {
  readonly kind: 'row';
  readonly seatNos: readonly number[];
}
/** A piece of a long list of sections, rows or seats. */
export interface PartNode extends Common {
  readonly kind: 'part';
  readonly last: string;
  readonly nodes: readonly TreeNode[];
  readonly seatNos: readonly number[];
  readonly areaNos: readonly number[];
}
export interface SeatNode extends Common {
  readonly kind: 'seat';
  readonly seatNo: number;
  readonly seatNos: readonly number[];
}
export interface AreaNode extends Common {
  readonly kind: 'area';
  readonly areaNo: number;
}
/** A ticket type of a seat that has several. */
export interface TypeNode extends Common {
  readonly kind: 'type';
  readonly seatNo: number;
  readonly ticketType: string;
}
export type TreeNode = SectionNode | RowNode | PartNode | SeatNode | AreaNode | TypeNode;

/**
 * A chart as sections → rows → seats, in the order in which people read them. What was never opened is never made, so
 * that 80,000 seats cost one pass over the chart. Independent of the DOM and of what is free.
 */
export class SeatTree {
  readonly sections: readonly SectionNode[];
  readonly roots: readonly TreeNode[];
  readonly #made = new Map<string, readonly TreeNode[]>();

  constructor(private readonly model: Pick<PickerModel, 'chart' | 'seatsOf' | 'ticketTypes'>) {
    this.sections = groupSections(model.chart);
    const [only] = this.sections;
    // A hall without sections begins with its rows.
    this.roots =
      only !== undefined && this.sections.length === 1 && only.position === -1
        ? this.#rowsOf(only, undefined)
        : inParts(this.sections, undefined, 'top');
  }

  children(node: TreeNode): readonly TreeNode[] {
    // Prices may change while the event is on sale, and ticket types with them.
    if (node.kind === 'seat') return this.#make(node);
    const known = this.#made.get(node.id);
    if (known !== undefined) return known;
    const made = this.#make(node);
    this.#made.set(node.id, made);
    return made;
  }

  opens(node: TreeNode): boolean {
    if (node.kind === 'seat')
      return this.model.ticketTypes(this.model.chart.seats[node.seatNo]?.category ?? '').length > 1;
    return node.kind !== 'area' && node.kind !== 'type';
  }

  /** The nodes from the top down to a seat; empty when the chart does not have it. */
  pathTo(seatNo: number): readonly TreeNode[] {
    const path: TreeNode[] = [];
    let level = this.roots;
    for (;;) {
      const next = level.find((node) => 'seatNos' in node && node.seatNos.includes(seatNo));
      if (next === undefined) return path.at(-1)?.kind === 'seat' ? path : [];
      path.push(next);
      if (next.kind === 'seat') return path;
      level = this.children(next);
    }
  }

  #make(node: TreeNode): readonly TreeNode[] {
    switch (node.kind) {
      case 'section':
        return this.#rowsOf(node, node);
      case 'row':
        return this.#seats(node.seatNos, node, node.id);
      case 'part':
        return node.nodes;
      case 'seat':
        return this.model.ticketTypes(this.model.chart.seats[node.seatNo]?.category ?? '').map(({ key, label }) => ({
          kind: 'type',
          id: `${node.id}:${key}`,
          parent: node,
          label: label === '' ? key : label,
          seatNo: node.seatNo,
          ticketType: key,
        }));
      case 'area':
      case 'type':
        return [];
    }
  }

  #rowsOf(section: SectionNode, parent: TreeNode | undefined): readonly TreeNode[] {
    const rows = new Map<string | undefined, number[]>();
    for (const seatNo of this.model.seatsOf(section.position === -1 ? NO_SECTION : section.position)) {
      const { row } = this.model.chart.seats[seatNo] ?? {};
      const seats = rows.get(row);
      if (seats === undefined) rows.set(row, [seatNo]);
      else seats.push(seatNo);
    }
    const areas = section.areaNos.map((areaNo): AreaNode => ({
      kind: 'area',
      id: `a${areaNo}`,
      parent,
      label: this.model.chart.areas[areaNo]?.label ?? '',
      areaNo,
    }));
    const rowless = rows.get(undefined) ?? [];
    rows.delete(undefined);
    const named = [...rows].map(([label = '', seatNos]): RowNode => ({
      kind: 'row',
      id: `${section.id}r${label}`,
      parent,
      label,
      seatNos,
    }));
    return [...areas, ...inParts(named, parent, `${section.id}r`), ...this.#seats(rowless, parent, section.id)];
  }

  #seats(seatNos: readonly number[], parent: TreeNode | undefined, id: string): readonly TreeNode[] {
    const nodes = seatNos.map((seatNo): SeatNode => {
      const seat = this.model.chart.seats[seatNo];
      return {
        kind: 'seat',
        id: `n${seatNo}`,
        parent,
        label: seat?.number ?? seat?.id ?? '',
        seatNo,
        seatNos: [seatNo],
      };
    });
    return inParts(nodes, parent, `${id}n`);
  }
}

function groupSections(chart: Chart): SectionNode[] {
  const positions = new Map(chart.sections.map(({ key }, position) => [key, position]));
  const groups = new Map<number, { seatNos: number[]; areaNos: number[] }>();
  const groupOf = (section: string | undefined): { seatNos: number[]; areaNos: number[] } => {
    const position = section === undefined ? -1 : (positions.get(section) ?? -1);
    let group = groups.get(position);
    if (group === undefined) groups.set(position, (group = { seatNos: [], areaNos: [] }));
    return group;
  };
  chart.seats.forEach(({ section }, seatNo) => groupOf(section).seatNos.push(seatNo));
  chart.areas.forEach(({ section }, areaNo) => groupOf(section).areaNos.push(areaNo));
  // The chart's order is the house's; what has no section comes last.
  return [...groups]
    .sort(([a], [b]) => (a === -1 ? 1 : b === -1 ? -1 : a - b))
    .map(([position, group]): SectionNode => ({
      kind: 'section',
      id: `s${position}`,
      parent: undefined,
      label: chart.sections[position]?.label ?? '',
      position,
      ...group,
    }));
}

/** As they are when few; else in parts of parts, so that no level has more than MOST_SIBLINGS. */
function inParts<N extends TreeNode>(
  nodes: readonly N[],
  parent: TreeNode | undefined,
  id: string,
): readonly TreeNode[] {
  if (nodes.length <= MOST_SIBLINGS) return nodes;
  // As even as they can be: 126 are 63 and 63, not 100 and 26.
  const most = MOST_SIBLINGS ** Math.ceil(Math.log(nodes.length) / Math.log(MOST_SIBLINGS) - 1);
  const size = Math.ceil(nodes.length / Math.ceil(nodes.length / most));
  const parts: PartNode[] = [];
  for (let start = 0; start < nodes.length; start += size) {
    const piece = nodes.slice(start, start + size);
    const inner: TreeNode[] = [];
    const part: PartNode = {
      kind: 'part',
      id: `${id}p${start}.${size}`,
      parent,
      label: piece[0]?.label ?? '',
      last: piece.at(-1)?.label ?? '',
      nodes: inner,
      seatNos: piece.flatMap((node) => ('seatNos' in node ? node.seatNos : [])),
      areaNos: piece.flatMap((node) => ('areaNos' in node ? node.areaNos : [])),
    };
    inner.push(
      ...inParts(
        piece.map((node) => ({ ...node, parent: part })),
        part,
        part.id,
      ),
    );
    parts.push(part);
  }
  return parts;
}
