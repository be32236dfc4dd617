import { createHash } from 'node:crypto';

/** A4 and a phone's width; light, dark, and paper, which is light. The QR code is black on white in all of them. */
export const STYLES = `
:root { color-scheme: light dark; --page: #f1f2f5; --card: #fff; --text: #16181d; --soft: #5a6070; --line: #d5d8e0; --mark: #3d5a99; }
@media (prefers-color-scheme: dark) {
  :root { --page: #101216; --card: #1b1e25; --text: #eceef3; --soft: #a4abba; --line: #363b47; --mark: #9db8f2; }
}
* { box-sizing: border-box; }
body { margin: 0; padding: 1.25rem; background: var(--page); color: var(--text); font: 1rem/1.45 system-ui, sans-serif; }
main { max-width: 46rem; margin: 0 auto; }
h1 { margin: 0; font-size: 1.6rem; line-height: 1.2; overflow-wrap: anywhere; }
h2 { margin: 0; font-size: 1.2rem; line-height: 1.25; overflow-wrap: anywhere; }
p { margin: 0; }
.head { margin-bottom: 1.25rem; }
.soft { color: var(--soft); font-size: .92rem; }
.notice { margin-top: .75rem; padding: .6rem .8rem; border-left: .25rem solid var(--mark); background: var(--card); }
ol { list-style: none; margin: 0; padding: 0; }
.ticket { display: grid; grid-template-columns: minmax(0, 1fr) 15.5rem; background: var(--card); border: 1px solid var(--line); border-radius: .75rem; margin-bottom: 1rem; overflow: hidden; }
.told { padding: 1.1rem 1.25rem; display: flex; flex-direction: column; gap: .8rem; }
.stub { padding: 1rem; border-left: 2px dashed var(--line); display: flex; flex-direction: column; justify-content: center; gap: .5rem; }
.qr { display: block; width: 100%; height: auto; background: #fff; border-radius: .3rem; }
.code { font: .66rem/1.35 ui-monospace, monospace; color: var(--soft); word-break: break-all; }
dl { margin: 0; display: flex; flex-wrap: wrap; gap: .7rem 1.6rem; }
dt { font-size: .78rem; letter-spacing: .04em; text-transform: uppercase; color: var(--soft); }
dd { margin: 0; font-weight: 600; overflow-wrap: anywhere; }
.place dd { font-size: 1.5rem; line-height: 1.2; }
.void { text-align: center; font-weight: 700; font-size: 1.15rem; }
.cancelled .place dd { text-decoration: line-through; }
.sr { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@media (max-width: 36rem) {
  body { padding: .75rem; }
  .ticket { grid-template-columns: minmax(0, 1fr); }
  .stub { border-left: 0; border-top: 2px dashed var(--line); padding: 1rem 1.25rem 1.25rem; }
  .qr { max-width: 19rem; margin: 0 auto; }
}
@page { size: A4; margin: 14mm; }
@media print {
  :root { color-scheme: light; --page: #fff; --card: #fff; --text: #000; --soft: #444; --line: #888; --mark: #000; }
  body { padding: 0; }
  main { max-width: none; }
  .ticket { grid-template-columns: minmax(0, 1fr) 62mm; break-inside: avoid; }
  .stub { border-left: 2px dashed var(--line); border-top: 0; padding: 4mm; }
  .qr { max-width: none; }
  .screen { display: none; }
}
`;

const HASH = createHash('sha256').update(STYLES).digest('base64');
/** These styles and nothing else: no script, no picture, no frame around it, no form, nothing loaded. */
export const PAGE_POLICY = `default-src 'none'; style-src 'sha256-${HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;
