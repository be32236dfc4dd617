import type { VNode } from 'preact';
import type { FindingMessages } from '../messages/en/finding.js';

/** The keys of map and list, folded away until asked for. */
export function KeysHelp({ words }: { readonly words: FindingMessages['keys'] }): VNode {
  const { names, rows } = words;
  return (
    <details class="f-keys">
      <summary>{words.title}</summary>
      <h3>{words.onMap}</h3>
      <dl>
        <Row keys={[names.arrows]} does={rows.walk} />
        <Row keys={[names.enter, names.space]} does={rows.press} />
        <Row keys={[`${names.shift} + ${names.arrows}`]} does={rows.pan} />
        <Row keys={['+', '−']} does={rows.zoom} />
        <Row keys={['0']} does={rows.all} />
      </dl>
      <h3>{words.inList}</h3>
      <dl>
        <Row keys={['↑', '↓']} does={rows.move} />
        <Row keys={['→', '←']} does={rows.open} />
        <Row keys={[names.enter, names.space]} does={rows.press} />
        <Row keys={[names.home, names.end]} does={rows.ends} />
        <Row keys={[names.letters]} does={rows.type} />
      </dl>
    </details>
  );
}

function Row({ keys, does }: { readonly keys: readonly string[]; readonly does: string }): VNode {
  return (
    <div>
      <dt>
        {keys.map((key) => (
          <kbd key={key}>{key}</kbd>
        ))}
      </dt>
      <dd>{does}</dd>
    </div>
  );
}
