/** Draws the dashboard. Every number that a chart shows stands beside it as text. */
import type { Dashboard, DashboardCategory, DashboardRule } from '../../server/src/protocol.ts';
import type { Labels } from '../src/pages/messages.ts';
import { button, h, linkButton, pill, svg } from './dom.ts';
import { send } from './host.ts';
import { announce, placeList } from './parts.ts';

export function drawDashboard(page: Dashboard, labels: Labels): HTMLElement {
  return h(
    'article',
    { class: 'dashboard' },
    h('header', { class: 'top' }, h('h1', null, page.title), actions(labels)),
    h(
      'div',
      { class: 'cards' },
      h('div', null, overall(page.overall, labels), trend(page.trend, labels)),
      categories(page.categories, labels),
    ),
    ...page.groups.map((group) => ruleGroup(group, labels)),
  );
}

function actions(labels: Labels): HTMLElement {
  const copy = (): void => {
    send({ kind: 'copyMarkdown' });
    announce(labels.copied);
  };
  return h(
    'div',
    { class: 'buttons' },
    button(labels.exportReport, 'export', () => send({ kind: 'exportReport' })),
    button(labels.copyMarkdown, 'copy', copy),
    button(labels.rescan, 'rescan', () => send({ kind: 'rescan' })),
  );
}

function overall(
  { grade, score, verdict, tone, sentence, reason, facts }: Dashboard['overall'],
  labels: Labels,
): HTMLElement {
  return h(
    'section',
    { class: `card overall tone-${tone}`, label: sentence },
    dial(grade, score, tone, sentence, labels),
    h(
      'div',
      null,
      h('p', { class: 'verdict' }, h('strong', null, verdict)),
      reason === '' ? null : h('p', null, reason),
      h(
        'dl',
        { class: 'facts' },
        ...facts.map(({ label, value }) => h('div', null, h('dt', null, label), h('dd', null, value))),
      ),
    ),
  );
}

const RADIUS = 52;
/** The dial leaves a quarter of the circle open at the bottom. */
const ARC = 2 * Math.PI * RADIUS * 0.75;

function dial(grade: string, score: number | null, tone: string, sentence: string, labels: Labels): SVGElement {
  const ring = (className: string, length: number): SVGElement =>
    svg('circle', {
      class: className,
      cx: 64,
      cy: 64,
      r: RADIUS,
      fill: 'none',
      'stroke-width': 9,
      'stroke-dasharray': `${length} ${2 * Math.PI * RADIUS}`,
      transform: 'rotate(135 64 64)',
    });
  return svg(
    'svg',
    { class: `dial tone-${tone}`, viewBox: '0 0 128 128', role: 'img', 'aria-label': sentence },
    ring('dial-track', ARC),
    score === null ? null : ring('dial-value', (ARC * score) / 100),
    svg('text', { class: 'dial-grade', x: 64, y: 70, 'text-anchor': 'middle' }, grade === '' ? '–' : grade),
    svg(
      'text',
      { class: 'dial-score', x: 64, y: 92, 'text-anchor': 'middle' },
      score === null ? labels.notRated : `${score} ${labels.ofHundred}`,
    ),
  );
}

function ruleGroup({ title, outcome, ordered, rules }: Dashboard['groups'][number], labels: Labels): HTMLElement {
  return h(
    'section',
    null,
    h('h2', null, title),
    outcome === '' ? null : h('p', { class: 'quiet' }, outcome),
    h(
      ordered ? 'ol' : 'ul',
      { class: 'rules' },
      ...rules.map((rule) => h('li', null, ruleRow(rule, `${title}:${rule.ruleId}`, labels))),
    ),
  );
}

function ruleRow(rule: DashboardRule, key: string, labels: Labels): HTMLElement {
  const { ruleId, title, severity, detail, fix, places, more } = rule;
  const [first] = places;
  const buttons = [
    first === undefined
      ? null
      : button(labels.open, `${key}:open`, () => send({ kind: 'open', uri: first.uri, range: first.range })),
    fix === '' ? null : button(fix, `${key}:fix`, () => send({ kind: 'fix', ruleId }), 'primary'),
    button(labels.explain, `${key}:explain`, () => send({ kind: 'explain', ruleId })),
  ];
  for (const each of buttons) each?.setAttribute('aria-label', `${each.textContent}: ${title}`);
  return h(
    'div',
    { class: 'rule' },
    h(
      'details',
      { key },
      h(
        'summary',
        null,
        h('strong', null, title),
        ' ',
        pill(severity, severity),
        ' ',
        h('span', { class: 'quiet' }, detail),
      ),
      placeList(places, `${key}:place`, labels.places),
      more === '' ? null : h('p', { class: 'quiet' }, more),
    ),
    h('div', { class: 'buttons' }, ...buttons),
  );
}

function categories({ title, items }: Dashboard['categories'], labels: Labels): HTMLElement {
  return h(
    'section',
    { class: 'card' },
    h('h2', null, title),
    h('div', { class: 'categories' }, ...items.map((item) => categoryRow(item, labels))),
  );
}

function categoryRow(
  { id, title, grade, score, tone, detail, ledger }: DashboardCategory,
  labels: Labels,
): HTMLElement {
  const rows = ledger.map(({ text, points, ruleId }, index) =>
    h(
      'tr',
      null,
      h('td', { class: 'number-cell' }, points),
      h(
        'td',
        null,
        linkButton(text, `ledger:${id}:${index}`, () => send({ kind: 'explain', ruleId })),
      ),
    ),
  );
  return h(
    'details',
    { class: `category tone-${tone}`, key: `category:${id}` },
    h(
      'summary',
      null,
      h('span', { class: 'category-title' }, title),
      bar(score),
      h('span', { class: 'category-score' }, score === null ? labels.notRated : String(score)),
      h('strong', { class: 'category-grade' }, grade === '' ? '–' : grade),
    ),
    h('p', null, detail),
    rows.length === 0
      ? null
      : h(
          'table',
          { label: title },
          h(
            'tbody',
            null,
            h('tr', null, h('td', { class: 'number-cell' }, '100.0'), h('td', null, '')),
            ...rows,
            h('tr', null, h('td', { class: 'number-cell total' }, `= ${score ?? ''}`), h('td', null, labels.score)),
          ),
        ),
  );
}

/** Decoration: the number stands beside it. */
function bar(score: number | null): SVGElement {
  return svg(
    'svg',
    { class: 'bar', 'aria-hidden': 'true', viewBox: '0 0 100 8', preserveAspectRatio: 'none' },
    svg('rect', { class: 'bar-track', x: 0, y: 0, width: 100, height: 8 }),
    svg('rect', { class: 'bar-value', x: 0, y: 0, width: score ?? 0, height: 8 }),
  );
}

const WIDTH = 320;
const HEIGHT = 110;
const PADDING = 8;
/** Room for the numbers of the scale. */
const SCALE = 26;

function trend({ title, sentence, columns, entries }: Dashboard['trend'], labels: Labels): HTMLElement | null {
  const rated = entries.flatMap(({ score, label }) => (score === null ? [] : [{ score, label }]));
  if (entries.length === 0) return null;
  const x = (index: number): number =>
    rated.length === 1 ? WIDTH / 2 : SCALE + (index * (WIDTH - SCALE - PADDING)) / (rated.length - 1);
  const y = (score: number): number => PADDING + ((100 - score) * (HEIGHT - 2 * PADDING)) / 100;
  const scale = [0, 50, 100].flatMap((at) => [
    svg('line', { class: 'trend-grid', x1: SCALE - 4, x2: WIDTH, y1: y(at), y2: y(at) }),
    svg('text', { class: 'trend-scale', x: SCALE - 8, y: y(at) + 3, 'text-anchor': 'end' }, String(at)),
  ]);
  const points = rated.map(({ score }, index) => `${x(index).toFixed(1)},${y(score).toFixed(1)}`).join(' ');
  const dots = rated.map(({ score, label }, index) =>
    svg('circle', { class: 'trend-dot', cx: x(index), cy: y(score), r: 3 }, svg('title', {}, `${label}: ${score}`)),
  );
  const head = columns.map((column) => h('th', { scope: 'col' }, column));
  const body = [...entries].reverse().map(({ cells }) => h('tr', null, ...cells.map((cell) => h('td', null, cell))));
  return h(
    'section',
    { class: 'card' },
    h('h2', null, title),
    svg(
      'svg',
      {
        class: 'trend',
        viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
        role: 'img',
        'aria-label': `${labels.trendOf}. ${sentence}`,
      },
      ...scale,
      svg('polyline', { class: 'trend-line', points, fill: 'none' }),
      ...dots,
    ),
    sentence === '' ? null : h('p', null, sentence),
    h(
      'details',
      { key: 'trend-table' },
      h('summary', null, labels.table),
      h(
        'div',
        { class: 'scroll', focusable: true, role: 'group', label: title },
        h('table', { label: labels.trendOf }, h('thead', null, h('tr', null, ...head)), h('tbody', null, ...body)),
      ),
    ),
  );
}
