/** Draws the page of a rule. */
import type { CodeExample, RulePage } from '../../server/src/protocol.ts';
import type { Labels } from '../src/pages/messages.ts';
import { button, h, linkButton } from './dom.ts';
import { send } from './host.ts';
import { announce, placeList, rich } from './parts.ts';

export function drawRulePage(page: RulePage, labels: Labels): HTMLElement {
  return h(
    'article',
    { class: 'rule-page' },
    h('h1', null, page.title),
    h(
      'dl',
      { class: 'facts' },
      ...page.facts.map(({ label, value }) => h('div', null, h('dt', null, label), h('dd', null, value))),
    ),
    page.notice === '' ? null : h('p', { class: 'notice' }, page.notice),
    ...page.sections.slice(0, 3).map(({ title, text }) => section(title, h('p', null, ...rich(text)))),
    examples(page.examples, labels),
    hereSection(page.here, labels),
    ...page.sections.slice(3).map(({ title, text }) => section(title, h('p', null, ...rich(text)))),
    settingsSection(page.settings, labels),
    references(page.references, labels),
  );
}

function section(title: string, ...children: readonly (HTMLElement | null)[]): HTMLElement {
  return h('section', null, h('h2', null, title), ...children);
}

function hereSection({ title, sentences, places, more }: RulePage['here'], labels: Labels): HTMLElement {
  return section(
    title,
    h('p', null, sentences.join(' ')),
    places.length === 0 ? null : placeList(places, 'place', labels.places),
    more === '' ? null : h('p', { class: 'quiet' }, more),
  );
}

function examples(all: readonly CodeExample[], labels: Labels): HTMLElement {
  return h('div', { class: 'examples' }, ...all.map((example) => codeFigure(example, labels)));
}

function codeFigure({ title, tone, name, lines, isCut }: CodeExample, labels: Labels): HTMLElement {
  const rows = lines.flatMap(({ number, tokens, notes }) => [
    h(
      'span',
      { class: notes.length === 0 ? 'line' : 'line reported' },
      h('span', { class: 'number', hidden: true }, String(number)),
      ...tokens.map(({ text, kind, marked }) =>
        kind === 'plain' && !marked ? text : h(marked ? 'mark' : 'span', { class: `code-${kind}` }, text),
      ),
      '\n',
    ),
    ...notes.map(({ severity, text }) =>
      h('span', { class: `note tone-${severity}` }, h('strong', null, severity), ` ${text}\n`),
    ),
  ]);
  const heading = h(
    'figcaption',
    null,
    h('span', { class: 'mark-sign', hidden: true }, tone === 'failing' ? '✗' : '✓'),
    h('strong', null, title),
    h('span', { class: 'quiet' }, name),
  );
  const code = h('code', { lang: 'en' }, ...rows);
  return h(
    'figure',
    { class: `example ${tone}` },
    heading,
    h('pre', { focusable: true, role: 'group', label: `${title}: ${name}` }, code),
    isCut ? h('p', { class: 'quiet' }, labels.cut) : null,
  );
}

function settingsSection({ title, sentences, snippet }: RulePage['settings'], labels: Labels): HTMLElement {
  const [state, change, ...others] = sentences.map((text) => h('p', null, ...rich(text)));
  const copy = (): void => {
    send({ kind: 'copy', text: snippet });
    announce(labels.copied);
  };
  return section(
    title,
    state ?? null,
    change ?? null,
    h('pre', { focusable: true, role: 'group', label: labels.configuration }, h('code', null, snippet)),
    h(
      'p',
      { class: 'buttons' },
      button(labels.openSettings, 'open-settings', () => send({ kind: 'openSettings' })),
      button(labels.copySnippet, 'copy-snippet', copy),
    ),
    ...others,
  );
}

function references(all: RulePage['references'], labels: Labels): HTMLElement | null {
  if (all.length === 0) return null;
  const items = all.map(({ label, uri }, index) =>
    h('li', null, uri === '' ? label : linkButton(label, `reference:${index}`, () => send({ kind: 'browse', uri }))),
  );
  return section(labels.references, h('ul', null, ...items));
}
