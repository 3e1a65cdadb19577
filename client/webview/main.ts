/**
 * The script of the pages: draws what the extension sends and reports what is clicked. It computes nothing, loads nothing,
 * and keeps focus, folds and position over every new drawing.
 */
import type { PageMessage } from '../src/pages/messages.ts';
import { drawDashboard } from './dashboard.ts';
import { h } from './dom.ts';
import { keep, keptState, send } from './host.ts';
import { drawRulePage } from './rulePage.ts';

const root = document.getElementById('page')!;

function draw(message: PageMessage): HTMLElement {
  switch (message.kind) {
    case 'rule':
      keep({ ruleId: message.page.ruleId });
      return drawRulePage(message.page, message.labels);
    case 'dashboard':
      return drawDashboard(message.page, message.labels);
    case 'nothing':
      return h('p', { class: 'nothing' }, message.text);
  }
}

/** Something that names what is shown: another rule begins at the top. */
function subjectOf(message: PageMessage): string {
  return message.kind === 'rule' ? message.page.ruleId : message.kind;
}

let subject = '';

window.addEventListener('message', ({ data }: MessageEvent<PageMessage>) => {
  const isSame = subject === subjectOf(data);
  subject = subjectOf(data);
  const focused = document.activeElement instanceof HTMLElement ? document.activeElement.dataset['key'] : undefined;
  const top = window.scrollY;
  root.replaceChildren(draw(data));
  restoreFolds();
  if (focused !== undefined) root.querySelector<HTMLElement>(`[data-key=${CSS.escape(focused)}]`)?.focus();
  window.scrollTo(0, isSame ? top : 0);
});

function restoreFolds(): void {
  const { unfolded = [], folded = [] } = keptState();
  for (const details of root.querySelectorAll<HTMLDetailsElement>('details[data-key]')) {
    const key = details.dataset['key']!;
    if (unfolded.includes(key)) details.open = true;
    if (folded.includes(key)) details.open = false;
    details.addEventListener('toggle', () => {
      const without = (keys: readonly string[] = []): readonly string[] => keys.filter((other) => other !== key);
      const state = keptState();
      keep({
        unfolded: details.open ? [...without(state.unfolded), key] : without(state.unfolded),
        folded: details.open ? without(state.folded) : [...without(state.folded), key],
      });
    });
  }
}

send({ kind: 'ready' });
