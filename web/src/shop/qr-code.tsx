import encodeQR from 'qr';
import type { VNode } from 'preact';
import { useMemo } from 'preact/hooks';

/** A ticket's code for the reader at the gate: black on white in any scheme, with the quiet border that readers need. */
export function QrCode({ code, label }: { code: string; label: string }): VNode {
  const { size, path } = useMemo(() => {
    const rows = encodeQR(code, 'raw', { ecc: 'medium', border: 3 });
    const squares = rows.flatMap((row, y) => row.flatMap((dark, x) => (dark ? [`M${x} ${y}h1v1h-1z`] : [])));
    return { size: rows.length, path: squares.join('') };
  }, [code]);
  return (
    <svg class="qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={label} shape-rendering="crispEdges">
      <rect width={size} height={size} fill="#ffffff" />
      <path d={path} fill="#000000" />
    </svg>
  );
}
