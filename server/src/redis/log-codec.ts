import { LOG_KINDS, type LogEntry, type LogKind } from '../domain/log-entry.js';
import { ReplyError, toLetter } from './outcome-codec.js';

const isKind = (text: string | undefined): text is LogKind => LOG_KINDS.some((kind) => kind === text);
const rows = (text: string | undefined): string[][] =>
  text === undefined || text === '' ? [] : text.split(',').map((row) => row.split(':'));

function extraOf(text: string | undefined): Record<string, unknown> {
  if (text === undefined || text === '') return {};
  const parsed: unknown = JSON.parse(text);
  return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) ? { ...parsed } : {};
}

/** One entry of log:{E} as XRANGE gives it: id "<epoch>-<seq>", fields a flat list of names and values. Throws ReplyError. */
export function decodeLogEntry(id: string, fields: readonly string[]): LogEntry {
  const [epoch, seq] = id.split('-').map(Number);
  const values = new Map<string, string>();
  for (let i = 0; i + 1 < fields.length; i += 2) values.set(fields[i] ?? '', fields[i + 1] ?? '');
  const kind = values.get('k');
  if (epoch === undefined || seq === undefined || !isKind(kind)) throw new ReplyError(`log entry ${id}: kind ${kind}`);
  return {
    epoch,
    seq,
    kind,
    atMs: Number(values.get('at')),
    subject: values.get('s') ?? '',
    actor: values.get('a') ?? '',
    requestId: values.get('r') ?? '',
    holdHash: values.get('h') ?? '',
    seats: rows(values.get('c')).map(([seatNo, catNo, from, to]) => ({
      seatNo: Number(seatNo),
      catNo: Number(catNo),
      from: toLetter(from),
      to: toLetter(to),
    })),
    areas: rows(values.get('q')).map(([areaNo, catNo, from, to, quantity]) => ({
      areaNo: Number(areaNo),
      catNo: Number(catNo),
      from: toLetter(from),
      to: toLetter(to),
      quantity: Number(quantity),
    })),
    extra: extraOf(values.get('x')),
  };
}
