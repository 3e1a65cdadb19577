/** Parts that several pages have. */
import type { PlaceItem, RichText } from '../../server/src/protocol.ts';
import { h, linkButton, pill } from './dom.ts';
import { send } from './host.ts';

/** Text with code and strong parts. */
export function rich(text: RichText): (HTMLElement | string)[] {
  return text.map(({ text: part, style }) => (style === undefined ? part : h(style, null, part)));
}

/** Findings, each leading to its place. */
export function placeList(places: readonly PlaceItem[], keys: string, label: string): HTMLElement {
  const items = places.map(({ label: where, text, severity, uri, range }, index) =>
    h(
      'li',
      null,
      pill(severity, severity),
      ' ',
      linkButton(where, `${keys}:${index}`, () => send({ kind: 'open', uri, range })),
      ' ',
      h('span', { class: 'message' }, text),
    ),
  );
  return h('ul', { class: 'places', label }, ...items);
}

/** Says something to screen readers without moving the focus. */
export function announce(text: string): void {
  const status = document.getElementById('status');
  if (status !== null) status.textContent = text;
}
