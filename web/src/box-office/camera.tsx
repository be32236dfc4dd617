import type { VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { frameLoop, QRCanvas, rearCamera, type QRCamera } from 'qr/dom.js';
import { ErrorNote } from '../shared/ui.js';
import { ApiError } from '../shared/api.js';

/** The same code is not read again for so long: a ticket stays in front of the camera for a moment. */
const SAME_CODE_MS = 4_000;

/** Reads QR codes from the camera, on this device alone: no picture leaves it. */
export function Camera({ onCode, onStop }: { onCode: (code: string) => void; onStop: () => void }): VNode {
  const video = useRef<HTMLVideoElement>(null);
  const [error, setError] = useState<unknown>(undefined);
  const [cameras, setCameras] = useState<readonly { deviceId: string; label: string }[]>([]);
  const [device, setDevice] = useState<string | undefined>(undefined);
  const camera = useRef<QRCamera | null>(null);
  const latest = useRef(onCode);
  latest.current = onCode;
  useEffect(() => {
    const player = video.current;
    if (player === null) return undefined;
    const gone = new AbortController();
    watch(player, gone.signal, (code) => latest.current(code)).then(
      async (opened) => {
        camera.current = opened;
        if (!gone.signal.aborted) setCameras(await opened.listDevices());
      },
      (failure: unknown) => {
        if (!gone.signal.aborted) setError(refusal(failure));
      },
    );
    return () => {
      gone.abort();
      camera.current = null;
    };
  }, []);
  useEffect(() => {
    if (device !== undefined) camera.current?.setDevice(device).catch((failure: unknown) => setError(refusal(failure)));
  }, [device]);
  return (
    <div class="camera">
      <video ref={video} class="camera-view" muted playsInline aria-label="What the camera sees" />
      {error === undefined ? null : <ErrorNote error={error} />}
      <div class="actions">
        {cameras.length > 1 ? (
          <select
            class="small-select"
            aria-label="Camera"
            value={device}
            onChange={(e) => setDevice(e.currentTarget.value)}
          >
            {cameras.map(({ deviceId, label }, at) => (
              <option key={deviceId} value={deviceId}>
                {label === '' ? `Camera ${String(at + 1)}` : label}
              </option>
            ))}
          </select>
        ) : null}
        <button type="button" class="button" onClick={onStop}>
          Camera off
        </button>
      </div>
    </div>
  );
}

/** Until `signal`. The camera is let go then, whenever it was opened. */
async function watch(player: HTMLVideoElement, signal: AbortSignal, onCode: (code: string) => void): Promise<QRCamera> {
  const camera = await rearCamera(player);
  if (signal.aborted) {
    camera.stop();
    return camera;
  }
  await player.play().catch(() => undefined);
  const canvas = new QRCanvas({}, { cropToSquare: false, overlayTimeout: 0 });
  let last = { code: '', at: 0 };
  const look = async (): Promise<void> => {
    const code = await camera.readFrame(canvas, true);
    if (typeof code !== 'string' || code === '' || signal.aborted) return;
    const now = performance.now();
    const again = code === last.code && now - last.at < SAME_CODE_MS;
    last = { code, at: now };
    if (!again) onCode(code);
  };
  // A frame that cannot be read is followed by the next.
  const stop = frameLoop(() => void look().catch(() => undefined), player);
  signal.addEventListener('abort', () => {
    stop();
    camera.stop();
    player.srcObject = null;
  });
  return camera;
}

function refusal(error: unknown): ApiError {
  const name = error instanceof Error ? error.name : '';
  if (name === 'NotAllowedError') {
    return new ApiError(
      'CAMERA',
      'The camera may not be used.',
      'Allow it for this page in the browser’s settings, or use a hand scanner or type the code.',
      0,
    );
  }
  return new ApiError('CAMERA', 'There is no camera to use here.', 'Use a hand scanner, or type the code.', 0);
}
