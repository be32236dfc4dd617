import type { SoakCount } from '../clients/soak-tally.js';
import type { KeyKind, MemoryWatch } from '../harness/memory.js';
import type { Rebuild } from './soak-rebuild.js';

/** One minute of the run. */
export interface SoakMinute {
  readonly minute: number;
  readonly count: SoakCount;
  readonly rebuild: Rebuild;
  readonly drift: readonly string[];
  readonly load: number;
}
export interface SoakResult {
  readonly minutes: readonly SoakMinute[];
  readonly ceilingPerSecond: number;
  readonly perSecond: number;
  readonly memory: MemoryWatch;
  readonly warmUpMs: number;
  readonly kindsBefore: readonly KeyKind[];
  readonly kindsAfter: readonly KeyKind[];
  /** Found when all was quiet; watchers whose map differs. */
  readonly driftAtEnd: readonly string[];
  readonly watchersDiffering: number;
  readonly quietMs: number;
}
