/**
 * Elements from data. Text becomes text nodes and attributes are set one by one: no string is ever parsed as markup, so
 * nothing of the workspace can act.
 */

export type Child = Node | string | null;

interface Attributes {
  readonly class?: string;
  /** Stable name, by which focus and open state survive a new drawing. */
  readonly key?: string;
  readonly label?: string;
  readonly role?: string;
  readonly scope?: string;
  readonly lang?: string;
  readonly title?: string;
  readonly open?: boolean;
  readonly focusable?: boolean;
  readonly hidden?: boolean;
  readonly onClick?: () => void;
}

/** An HTML element with its children. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes | null,
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  if (attributes !== null) apply(element, attributes);
  for (const child of children) if (child !== null) element.append(child);
  return element;
}

const SVG = 'http://www.w3.org/2000/svg';

/** An SVG element; its attributes are numbers and names of ours. */
export function svg<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, string | number>>,
  ...children: readonly Child[]
): SVGElementTagNameMap[K] {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  for (const child of children) if (child !== null) element.append(child);
  return element;
}

function apply(element: HTMLElement, attributes: Attributes): void {
  const { class: classes, key, label, role, scope, lang, title, open, focusable, hidden, onClick } = attributes;
  if (classes !== undefined) element.className = classes;
  if (key !== undefined) element.dataset['key'] = key;
  if (label !== undefined) element.setAttribute('aria-label', label);
  if (role !== undefined) element.setAttribute('role', role);
  if (scope !== undefined) element.setAttribute('scope', scope);
  if (lang !== undefined) element.lang = lang;
  if (title !== undefined) element.title = title;
  if (open === true) element.setAttribute('open', '');
  if (focusable === true) element.tabIndex = 0;
  if (hidden === true) element.setAttribute('aria-hidden', 'true');
  if (onClick !== undefined) element.addEventListener('click', onClick);
}

/** A button that looks like one. */
export function button(
  text: string,
  key: string,
  onClick: () => void,
  kind: 'primary' | 'secondary' = 'secondary',
): HTMLElement {
  return h('button', { class: kind, key, onClick }, text);
}

/** A button that looks like a link, for places and pages inside of the editor. */
export function linkButton(text: Child, key: string, onClick: () => void, label?: string): HTMLElement {
  return h('button', { class: 'link', key, onClick, ...(label === undefined ? {} : { label }) }, text);
}

/** Words for the eye that say what a colour says. */
export function pill(text: string, tone: string): HTMLElement {
  return h('span', { class: `pill tone-${tone}` }, text);
}
