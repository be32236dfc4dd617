import { ACCESSIBLE, type SeatIndex } from './seat-index.js';
import type { Wish } from './wish.js';
import { MAX_GROUPS } from './choose.js';

/** Pieces of each length looked at, nearest to the focal point first. */
const PIECES_PER_LENGTH = 128;
const POOL_PIECES = 1024;
/** Comparisons one ranking may cost (about 20 ns each), so that a party of 1,000 stays under 50 ms. */
const MAX_COMPARISONS = 1_000_000;
const MAX_SEEDS = 48;
const MIN_SEEDS = 2;
/** Parting a group over two sections is as bad as this many seats of distance. */
const OTHER_SECTION_SEATS = 4;
/** Leaving one seat alone is as bad as this many seats of distance. */
const ORPHAN_SEATS = 6;

/** Free seats side by side, [start, start + length). */
interface Piece {
  readonly start: number;
  readonly length: number;
  readonly distance: number;
  readonly x: number;
  readonly y: number;
  readonly section: string;
}

/**
 * Groups for those who would rather sit apart than go home: as few pieces as can be, near each other and the focal point.
 * For use where no whole group exists, so every piece is shorter than the group. Answers positions; `all`: there is
 * exactly one way, or none.
 */
export function scatteredGroups(
  index: SeatIndex,
  wish: Wish,
  random: () => number,
): { groups: number[][]; all: boolean } {
  const isAccessible = (position: number): boolean => index.kind[position] === ACCESSIBLE;
  let pieces = findPieces(index, wish, wish.accessible ? isAccessible : () => true);
  // Companion seats only where the accessible ones do not suffice, and only beside one of them.
  if (wish.accessible && seatsIn(pieces) < wish.quantity) {
    pieces = findPieces(index, wish, () => true).filter((piece) => positionsOf(piece).some(isAccessible));
  }
  const free = seatsIn(pieces);
  if (free < wish.quantity) return { groups: [], all: true };
  if (free === wish.quantity) return { groups: [pieces.flatMap(positionsOf)], all: true };
  const pool = poolOf(pieces, wish.quantity);
  const candidates = seedsOf(pool, wish.quantity, random).map((seed) => grow(index, wish, pool, seed));
  candidates.sort((a, b) => a.pieces - b.pieces || a.cost - b.cost);
  return { groups: distinct(candidates.map((candidate) => candidate.positions)).slice(0, MAX_GROUPS), all: false };
}

const seatsIn = (pieces: readonly Piece[]): number => pieces.reduce((sum, piece) => sum + piece.length, 0);
const positionsOf = (piece: Piece): number[] => Array.from({ length: piece.length }, (_, i) => piece.start + i);

function findPieces(index: SeatIndex, wish: Wish, also: (position: number) => boolean): Piece[] {
  const pieces: Piece[] = [];
  index.runSection.forEach((section, run) => {
    if (!wish.wantsRun(run)) return;
    const end = index.runStart[run + 1] ?? 0;
    let start = -1;
    for (let position = index.runStart[run] ?? 0; position <= end; position++) {
      const usable = position < end && wish.isFree(position) && wish.isWanted(position) && also(position);
      if (usable && start < 0) start = position;
      if (usable || start < 0) continue;
      pieces.push(pieceOf(index, section, start, position));
      start = -1;
    }
  });
  return pieces;
}

function pieceOf(index: SeatIndex, section: string, start: number, end: number): Piece {
  const middle = (start + end - 1) >> 1;
  const distance = ((index.distanceSum[end] ?? 0) - (index.distanceSum[start] ?? 0)) / (end - start);
  return { start, length: end - start, distance, x: index.x[middle] ?? 0, y: index.y[middle] ?? 0, section };
}

/** The longest pieces, of each length the nearest; enough of them to seat everybody. */
function poolOf(pieces: readonly Piece[], quantity: number): Piece[] {
  const byLength = new Map<number, Piece[]>();
  for (const piece of pieces) {
    const same = byLength.get(piece.length);
    if (same === undefined) byLength.set(piece.length, [piece]);
    else same.push(piece);
  }
  const pool: Piece[] = [];
  let seats = 0;
  for (const length of [...byLength.keys()].sort((a, b) => b - a)) {
    if (pool.length >= POOL_PIECES && seats >= quantity) break;
    const nearest = nearestOf(byLength.get(length) ?? [], Math.max(PIECES_PER_LENGTH, Math.ceil(quantity / length)));
    pool.push(...nearest);
    seats += nearest.length * length;
  }
  return pool;
}

function nearestOf(pieces: readonly Piece[], count: number): Piece[] {
  // Sorting bare numbers is ten times faster than sorting pieces, and there may be 40,000 single seats.
  const limit = Float64Array.from(pieces, (piece) => piece.distance).sort()[count - 1] ?? Infinity;
  const near = pieces.filter((piece) => piece.distance <= limit);
  return near.sort((a, b) => a.distance - b.distance).slice(0, count);
}

/** Where to start from: half of them the best, half anywhere in the pool, so that buyers at the same moment differ. */
function seedsOf(pool: readonly Piece[], quantity: number, random: () => number): Piece[] {
  const affordable = Math.floor(MAX_COMPARISONS / (quantity * pool.length));
  const count = Math.min(pool.length, Math.max(MIN_SEEDS, Math.min(MAX_SEEDS, affordable)));
  const seeds = pool.slice(0, count >> 1);
  while (seeds.length < count) {
    const any = pool[Math.floor(random() * pool.length)];
    if (any !== undefined) seeds.push(any);
  }
  return seeds;
}

interface Candidate {
  readonly positions: number[];
  readonly pieces: number;
  readonly cost: number;
}

function grow(index: SeatIndex, wish: Wish, pool: readonly Piece[], seed: Piece): Candidate {
  const used = new Set<Piece>([seed]);
  const positions = positionsOf(seed).slice(0, wish.quantity);
  const centre = { x: seed.x, y: seed.y };
  let spread = 0;
  while (positions.length < wish.quantity) {
    const missing = wish.quantity - positions.length;
    const next = bestNext(index, pool, used, seed.section, centre, missing);
    if (next === undefined) break;
    used.add(next);
    spread += Math.hypot(next.x - centre.x, next.y - centre.y);
    const taken = partOf(index, next, missing, centre);
    const weight = taken.length / (positions.length + taken.length);
    centre.x += (next.x - centre.x) * weight;
    centre.y += (next.y - centre.y) * weight;
    positions.push(...taken);
  }
  const near = positions.reduce((sum, position) => sum + (index.distance[position] ?? 0), 0) / positions.length;
  return { positions, pieces: used.size, cost: near + spread };
}

/** The piece that seats most of those missing; among equal ones the nearest that leaves no seat alone. */
function bestNext(
  index: SeatIndex,
  pool: readonly Piece[],
  used: ReadonlySet<Piece>,
  section: string,
  centre: { x: number; y: number },
  missing: number,
): Piece | undefined {
  let best: Piece | undefined;
  let bestSeats = 0;
  let bestCost = Infinity;
  for (const piece of pool) {
    const seats = Math.min(piece.length, missing);
    if (seats < bestSeats || used.has(piece)) continue;
    const parted = piece.section === section ? 0 : OTHER_SECTION_SEATS;
    const orphans = piece.length - missing === 1 ? ORPHAN_SEATS : 0;
    const cost = Math.hypot(piece.x - centre.x, piece.y - centre.y) + (parted + orphans) * index.spacing;
    if (seats > bestSeats || cost < bestCost) [best, bestSeats, bestCost] = [piece, seats, cost];
  }
  return best;
}

/** `count` seats side by side of the piece: with the most accessible ones, else flush with its end nearer to the others. */
function partOf(index: SeatIndex, piece: Piece, count: number, centre: { x: number; y: number }): number[] {
  const all = positionsOf(piece);
  if (count >= piece.length) return all;
  const ends = [all.slice(0, count), all.slice(-count)];
  const accessible = (part: readonly number[]): number =>
    part.filter((position) => index.kind[position] === ACCESSIBLE).length;
  const away = (part: readonly number[]): number => {
    const middle = part[part.length >> 1] ?? 0;
    return Math.hypot((index.x[middle] ?? 0) - centre.x, (index.y[middle] ?? 0) - centre.y);
  };
  const windows =
    accessible(all) === 0 ? ends : all.slice(0, all.length - count + 1).map((_, i) => all.slice(i, i + count));
  return windows.sort((a, b) => accessible(b) - accessible(a) || away(a) - away(b))[0] ?? all.slice(0, count);
}

function distinct(groups: readonly number[][]): number[][] {
  const seen = new Set<string>();
  return groups.filter((group) => {
    const key = [...group].sort((a, b) => a - b).join();
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
