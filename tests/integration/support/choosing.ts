import { openPicker, type Device, type Presence } from '../../../client-sdk/src/picker/buying/index.js';
import { loadLanguage } from '../../../client-sdk/src/picker/messages/index.js';
import type { PickerModel, PickerSettings, Told } from '../../../client-sdk/src/picker/model.js';
import type { TestAisle } from '../../helpers/aisle.js';

export type Storage = NonNullable<Device['storage']>;

/** What localStorage is, for the tabs of one browser. */
export function memoryStorage(): Storage {
  const kept = new Map<string, string>();
  return {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: (key) => void kept.delete(key),
  };
}

/** Somebody before the page, or not. */
export class Somebody implements Presence {
  shown = true;
  idle = Infinity;
  cable = true;
  readonly #listeners: (() => void)[] = [];
  visible = (): boolean => this.shown;
  idleMs = (): number => this.idle;
  offline = (): boolean => !this.cable;
  onReturn(listener: () => void): void {
    this.#listeners.push(listener);
  }
  returns(): void {
    this.shown = true;
    for (const listener of this.#listeners) listener();
  }
  close(): void {
    this.#listeners.length = 0;
  }
}

export interface Opened {
  readonly model: PickerModel;
  readonly told: Told[];
  readonly somebody: Somebody;
}

/** All that was told, one after the other. */
export const said = (told: readonly Told[]): string => told.map(({ text }) => text).join('\n');

/** Opens pickers as the element does, without an element; closes them all. */
export class Choosing {
  readonly #ended: AbortController[] = [];

  constructor(private readonly aisle: () => TestAisle) {}

  async picker(eventId: string, settings: Partial<PickerSettings> = {}, device: Device = {}): Promise<Opened> {
    const ended = new AbortController();
    this.#ended.push(ended);
    const somebody = new Somebody();
    const told: Told[] = [];
    const model = await openPicker(
      {
        ...{ eventId, url: this.aisle().urls[0] ?? '', mode: 'buy', selectable: new Set(['free']) },
        ...{ orphans: 'off', together: 'off', language: await loadLanguage('en'), signal: ended.signal },
        ...settings,
      },
      { storage: memoryStorage(), presence: somebody, ...device },
    );
    model.onTold((one) => told.push(one));
    return { model, told, somebody };
  }

  closeAll(): void {
    for (const ended of this.#ended.splice(0)) ended.abort();
  }
}
