import { createHash } from 'node:crypto';

/** Characters gathered before they go into the hash: one call a seat would cost more than the hashing. */
const FLUSH_CHARS = 65_536;

/** sha256 hex of the canonical JSON of `value`: keys sorted by code unit, no spaces, undefined left out. */
export function canonicalHash(value: unknown): string {
  const hash = createHash('sha256');
  let pending = '';
  write(value, (text) => {
    pending += text;
    if (pending.length >= FLUSH_CHARS) {
      hash.update(pending);
      pending = '';
    }
  });
  return hash.update(pending).digest('hex');
}

/** The canonical JSON itself. */
export function canonicalJson(value: unknown): string {
  const parts: string[] = [];
  write(value, (text) => parts.push(text));
  return parts.join('');
}

function write(value: unknown, emit: (text: string) => void): void {
  if (typeof value !== 'object' || value === null) {
    emit(JSON.stringify(value) ?? 'null');
    return;
  }
  if (Array.isArray(value)) {
    emit('[');
    value.forEach((item: unknown, index) => {
      if (index > 0) emit(',');
      write(item, emit);
    });
    emit(']');
    return;
  }
  emit('{');
  let first = true;
  for (const key of Object.keys(value).sort()) {
    const member: unknown = Reflect.get(value, key);
    if (member === undefined) continue;
    emit(`${first ? '' : ','}${JSON.stringify(key)}:`);
    first = false;
    write(member, emit);
  }
  emit('}');
}
