import type { VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { newRequestId } from '../../../client-sdk/src/request-id.js';
import { Camera } from './camera.js';
import { useDesk, useReach } from './desk.js';
import { keep, readKept } from './kept.js';
import { holderOf, scan, type Verdict } from './scan-verdict.js';
import { beep } from './sound.js';
import { moment } from './times.js';
import { useWedge } from './wedge.js';

interface Scanned {
  readonly key: string;
  readonly code: string;
  readonly at: string;
  readonly verdict: Verdict | null;
}
const KEPT = 30;
const ASK_AGAIN_MS = 2_000;

/** Lets visitors in: by the camera, by a hand scanner, or by hand. */
export function Scan(): VNode {
  const { up, why } = useReach();
  const { scans, take } = useScans();
  const [camera, setCamera] = useState(false);
  const [sound, setSound] = useState(readKept('local', 'sound') === 'on');
  useWedge(take);
  const [latest, ...earlier] = scans;
  useFeedback(latest, sound);
  return (
    <div class="scan">
      <Light scanned={latest} />
      <section class="scan-side" aria-label="Scan">
        {why === undefined ? null : (
          <p class="why">{why}: no ticket can be checked now. Scans that wait are asked again by themselves.</p>
        )}
        {camera ? (
          <Camera onCode={take} onStop={() => setCamera(false)} />
        ) : (
          <button type="button" class="button big" onClick={() => setCamera(true)}>
            Scan with the camera
          </button>
        )}
        <ByHand up={up} onCode={take} />
        <p class="hint">A hand scanner works at any time on this screen, wherever the cursor is.</p>
        <label class="check">
          <input
            type="checkbox"
            checked={sound}
            onChange={({ currentTarget: { checked } }) => {
              setSound(checked);
              keep('local', 'sound', checked ? 'on' : null);
            }}
          />
          Sound
        </label>
        {earlier.length === 0 ? null : <h2>Before</h2>}
        <ul class="scanned">
          {earlier.map(({ key, at, verdict }) => (
            <li key={key} data-light={verdict?.light ?? 'wait'}>
              <strong>{verdict?.title ?? 'Asking…'}</strong>
              <span>
                {verdict?.place ?? ''} {moment(at)}
              </span>
            </li>
          ))}
        </ul>
      </section>
    </div>
  );
}

/** What was scanned here, the latest first. An undecided one is asked again under its own number until it is decided. */
function useScans(): { scans: readonly Scanned[]; take: (code: string) => void } {
  const desk = useDesk();
  const { up } = useReach();
  const [scans, setScans] = useState<readonly Scanned[]>([]);
  const latest = useRef(desk);
  latest.current = desk;
  const settle = (key: string, change: (known: Scanned['verdict']) => Verdict | null): void =>
    setScans((known) =>
      known.map((scanned) => (scanned.key === key ? { ...scanned, verdict: change(scanned.verdict) } : scanned)),
    );
  const ask = async ({ key, code }: Pick<Scanned, 'key' | 'code'>): Promise<void> => {
    const verdict = await scan(latest.current, code, key);
    // Asked for more than once, and decided: a try that was given up later takes nothing back.
    settle(key, (known) => (verdict.light === 'wait' && isDecided(known) ? known : verdict));
    if (verdict.light === 'wait') return;
    const holder = await holderOf(latest.current, code);
    if (holder !== undefined) settle(key, () => ({ ...verdict, holder }));
  };
  const take = (text: string): void => {
    const code = text.trim();
    if (code === '') return;
    const scanned = { key: newRequestId(), code, at: new Date().toISOString(), verdict: null };
    setScans((known) => [scanned, ...known].slice(0, KEPT));
    void ask(scanned);
  };
  const waiting = scans.filter(({ verdict }) => verdict?.again === true);
  useEffect(() => {
    if (!up || waiting.length === 0) return undefined;
    const timer = setTimeout(() => {
      for (const scanned of waiting) void ask(scanned);
    }, ASK_AGAIN_MS);
    return () => clearTimeout(timer);
  }, [up, scans]);
  return { scans, take };
}

const isDecided = (verdict: Scanned['verdict']): boolean => verdict !== null && verdict.light !== 'wait';

/** By the light alone one sees from afar; by mark and words without telling colours apart. */
function Light({ scanned }: { scanned: Scanned | undefined }): VNode {
  const verdict = scanned?.verdict ?? null;
  const light = scanned === undefined ? 'ready' : (verdict?.light ?? 'asking');
  return (
    <section class="light" data-light={light} aria-live="assertive" aria-label="Result">
      <span class="light-mark" aria-hidden="true">
        {{ go: '✓', stop: '✕', wait: '?', ready: '', asking: '…' }[light]}
      </span>
      <p class="light-title">{scanned === undefined ? 'Ready to scan' : (verdict?.title ?? 'Asking…')}</p>
      {verdict?.place === undefined ? null : <p class="light-place">{verdict.place}</p>}
      {verdict?.holder === undefined ? null : <p class="light-holder">{verdict.holder}</p>}
      <p class="light-detail">{verdict?.detail}</p>
    </section>
  );
}

function ByHand({ up, onCode }: { up: boolean; onCode: (code: string) => void }): VNode {
  const [text, setText] = useState('');
  return (
    <form
      class="given-other"
      onSubmit={(submit) => {
        submit.preventDefault();
        onCode(text);
        setText('');
      }}
    >
      <input
        aria-label="Code of a ticket"
        placeholder="Or type a code"
        autocomplete="off"
        spellcheck={false}
        value={text}
        onInput={({ currentTarget }) => setText(currentTarget.value)}
      />
      <button type="submit" class="button" disabled={!up || text.trim() === ''}>
        Check
      </button>
    </form>
  );
}

const PATTERNS = { go: [80], stop: [250, 100, 250], wait: [60, 60, 60] } as const;

function useFeedback(scanned: Scanned | undefined, sound: boolean): void {
  const light = scanned?.verdict?.light;
  useEffect(() => {
    if (light === undefined) return;
    // Not on every device, and not before the first tap on the page.
    if ('vibrate' in navigator) navigator.vibrate([...PATTERNS[light]]);
    if (sound) beep(light);
  }, [scanned?.key, light]);
}
