import type { LocalBroadcast } from '../../server/src/domain/ports/seat-feed.js';

export interface Sent {
  readonly room: string;
  readonly name: string;
  readonly payload: object;
}

/** Sockets of a node, in memory: everything sent is kept and handed to whoever is in the room. */
export class MemoryBroadcast implements LocalBroadcast {
  readonly sent: Sent[] = [];
  readonly #members = new Map<string, Set<(name: string, payload: object) => void>>();

  join(room: string, listener: (name: string, payload: object) => void): void {
    const members = this.#members.get(room) ?? new Set();
    members.add(listener);
    this.#members.set(room, members);
  }
  leave(room: string, listener: (name: string, payload: object) => void): void {
    this.#members.get(room)?.delete(listener);
  }
  toEvent(eventId: string, name: string, payload: object): void {
    this.#send(`e:${eventId}`, name, payload);
  }
  toSubject(subject: string, name: string, payload: object): void {
    this.#send(`s:${subject}`, name, payload);
  }
  named(name: string): object[] {
    return this.sent.filter((frame) => frame.name === name).map(({ payload }) => payload);
  }

  #send(room: string, name: string, payload: object): void {
    // As on the wire: nobody shares an object with the sender.
    const copy: unknown = JSON.parse(JSON.stringify(payload));
    if (typeof copy !== 'object' || copy === null) return;
    this.sent.push({ room, name, payload: copy });
    for (const listener of this.#members.get(room) ?? []) listener(name, copy);
  }
}
