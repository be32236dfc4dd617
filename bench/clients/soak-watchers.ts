import { createClient, type AisleClient, type SeatMap } from '@aisle/client';
import { answerCalls } from '../harness/calls.js';

export interface WatcherCalls {
  watch: { ask: { urls: string[]; tokens: string[]; eventId: string }; answer: { watchers: number } };
  /** How each watcher's map stands to these letters. */
  compare: { ask: { letters: string; epoch: number }; answer: { differing: number; behind: number; seats: number } };
}

let watching: { client: AisleClient; map: SeatMap }[] = [];

/** Browsers, as far as the map goes: the SDK itself, which catches up, notices gaps and follows reloads. */
answerCalls<WatcherCalls>({
  async watch({ urls, tokens, eventId }) {
    watching = await Promise.all(
      tokens.map(async (token, i) => {
        const client = createClient({ url: urls[i % urls.length] ?? '', getToken: () => Promise.resolve(token) });
        return { client, map: await client.watch(eventId).whenReady() };
      }),
    );
    return { watchers: watching.length };
  },
  async compare({ letters, epoch }) {
    let differing = 0;
    let behind = 0;
    let seats = 0;
    for (const { map } of watching) {
      const wrong = Array.from(map.letters).filter((letter, no) => letter !== letters.charCodeAt(no)).length;
      if (wrong > 0) differing++;
      if (map.epoch !== epoch) behind++;
      seats += wrong;
    }
    return { differing, behind, seats };
  },
});
