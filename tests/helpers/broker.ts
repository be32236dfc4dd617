import { request } from 'node:http';
import { inject } from 'vitest';

/** Asks the run's broker (global-setup.ts), e.g. `askBroker<{url: string}>('/database')`. */
export function askBroker<T>(path: string, body: object = {}): Promise<T> {
  return new Promise((resolve, reject) => {
    const call = request({ socketPath: inject('aisleBroker'), path, method: 'POST' }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('end', () => {
        const answer = JSON.parse(text) as T & { error?: string };
        if (response.statusCode === 200) resolve(answer);
        else reject(new Error(answer.error));
      });
    });
    call.on('error', reject);
    call.end(JSON.stringify(body));
  });
}
