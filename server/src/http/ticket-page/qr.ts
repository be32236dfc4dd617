import { html, raw } from 'hono/html';
import { encodeQR } from 'qr';

/** A scanner needs four modules of white around it. */
const QUIET_MODULES = 4;

/**
 * A QR code as inline SVG, dark on white whatever the page's colours. Error correction M: a crease or a thumb's width may be
 * missing.
 */
export function qrSvg(text: string, label: string) {
  const rows = encodeQR(text, 'raw', { ecc: 'medium', border: QUIET_MODULES });
  const size = rows.length;
  return html`<svg
    class="qr"
    viewBox="0 0 ${size} ${size}"
    role="img"
    aria-label="${label}"
    shape-rendering="crispEdges"
  >
    <rect width="${size}" height="${size}" fill="#fff" />
    <path fill="#000" d="${raw(pathOf(rows))}" />
  </svg>`;
}

/** One rectangle a run of dark modules: no hairlines between them, and a third of the size. */
function pathOf(rows: readonly (readonly boolean[])[]): string {
  const parts: string[] = [];
  for (const [y, row] of rows.entries()) {
    for (let x = 0; x < row.length; x += 1) {
      if (row[x] !== true) continue;
      const start = x;
      while (row[x + 1] === true) x += 1;
      const width = x - start + 1;
      parts.push(`M${start} ${y}h${width}v1h-${width}z`);
    }
  }
  return parts.join('');
}
