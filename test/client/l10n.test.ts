/**
 * Every text that people read can be translated. The client runs under a pseudo-locale against an editor that remembers
 * what it is given: a text that did not go through `vscode.l10n.t`, and is not the server's, is one that was forgotten.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { expect, test } from 'vitest';
import { registerCommands } from '../../client/src/commands.ts';
import { createDashboard } from '../../client/src/pages/dashboard.ts';
import { pageLabels } from '../../client/src/pages/labels.ts';
import { createRulePages } from '../../client/src/pages/rulePage.ts';
import { createViewOptions } from '../../client/src/scorecard/options.ts';
import { createStatusBar } from '../../client/src/scorecard/statusBar.ts';
import { serverGoneStatus, startingStatus } from '../../client/src/status.ts';
import { registerTools } from '../../client/src/tools.ts';
import { textsToTranslate } from '../../tools/gen/l10n.ts';
import { given, PSEUDO, Uri } from './vscodeStub.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** Begins texts that come from the server here. */
const SERVER = '§';
/** Names, which are the same in every language. */
const NAMES = new Set(['Shipworthy', 'Markdown', 'HTML', 'JSON', 'SARIF']);

/** Words that somebody would read: two of them, or one that begins a sentence. */
function isProse(text: string): boolean {
  if (NAMES.has(text) || text.startsWith('<!DOCTYPE')) return false;
  return /\p{L}{2,}[,.;:]? +\p{L}{2,}/u.test(text) || /^\p{Lu}\p{Ll}+/u.test(text);
}

function textsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value.flatMap(textsIn);
  if (typeof value === 'object' && value !== null) return Object.values(value).flatMap(textsIn);
  return [];
}

function forgotten(): readonly string[] {
  return given.flatMap(({ name, value }) =>
    textsIn(value)
      .filter((text) => isProse(text) && !text.includes(PSEUDO) && !text.includes(SERVER))
      .map((text) => `${name}: ${text}`),
  );
}

/** Callbacks that the client registered with a function of the editor. */
function registered(name: string): readonly unknown[] {
  return given.filter((each) => each.name === name).map(({ value }) => value);
}

/** Answers every request of the client with an error in the words of the server, and some with data. */
const connection = new Proxy(
  {
    rules: async () => [{ ruleId: 'rule', title: `${SERVER}Title`, detail: `${SERVER}detail`, findings: 1 }],
    ruleFix: async () => null,
    report: async () => ({ content: `${SERVER}Content of report` }),
    filters: async () => ({ groups: [] }),
  } as Record<string, unknown>,
  { get: (target, key) => target[String(key)] ?? (async () => Promise.reject(new Error(`${SERVER}Not now`))) },
) as never;

test('everything that the client shows is translated', async () => {
  const extension = Uri as never;
  const pages = {
    rulePages: createRulePages(connection, extension),
    dashboard: createDashboard(connection, extension),
  };
  const memory = { get: () => ({}), update: async () => undefined } as never;
  const options = createViewOptions(connection, memory);
  const output = { show: () => undefined } as never;
  registerTools(connection);
  registerCommands(connection, output, pages, options, () => undefined);
  const statusBar = createStatusBar('command');
  for (const status of [startingStatus(), serverGoneStatus()]) statusBar.show(status);
  for (const status of [startingStatus(), serverGoneStatus()]) given.push({ name: 'status', value: status });
  given.push({ name: 'labels', value: pageLabels() });
  const commands = registered('commands.registerCommand').filter((value) => typeof value === 'function');
  expect(commands.length).toBeGreaterThan(8);
  for (const command of commands) {
    const element = { label: `${SERVER}Label of row`, description: '', ruleId: 'rule' };
    await Promise.resolve((command as (argument: unknown) => unknown)(element)).catch(() => undefined);
  }
  await pages.rulePages.show(undefined);
  for (const name of ['window.createWebviewPanel().webview.onDidReceiveMessage']) {
    for (const receive of registered(name)) {
      for (const kind of ['ready', 'fix', 'explain', 'openSettings', 'copyMarkdown', 'exportReport', 'rescan']) {
        await (receive as (action: object) => Promise<unknown>)({ kind, ruleId: 'rule' });
      }
    }
  }
  for (const tool of registered('lm.registerTool')) {
    if (typeof tool === 'object')
      given.push({ name: 'tool', value: (tool as { prepareInvocation(): unknown }).prepareInvocation() });
  }
  const pseudo = given.flatMap(({ value }) => textsIn(value)).filter((text) => text.includes(PSEUDO));
  expect(new Set(pseudo).size).toBeGreaterThan(25);
  expect(forgotten()).toEqual([]);
});

test('scripts of pages hold no words of their own', () => {
  const folder = join(ROOT, 'client/webview');
  const found: string[] = [];
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.ts'))) {
    const source = ts.createSourceFile(name, readFileSync(join(folder, name), 'utf8'), ts.ScriptTarget.Latest, true);
    const visit = (node: ts.Node): void => {
      const isText = ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node);
      if (isText && isProse(node.text) && !/^[a-z0-9-]+(?: [a-z0-9-]+)*$/.test(node.text))
        found.push(`${name}: ${node.text}`);
      ts.forEachChild(node, visit);
    };
    visit(source);
  }
  expect(found).toEqual([]);
});

test('the bundle for translators holds every text', () => {
  const bundle = JSON.parse(readFileSync(join(ROOT, 'l10n/bundle.l10n.json'), 'utf8')) as Record<string, string>;
  expect(Object.keys(bundle)).toEqual(textsToTranslate());
});

test('every text of the manifest is translated, and no translation is left over', () => {
  const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    contributes: object;
    capabilities: object;
  };
  const texts = JSON.parse(readFileSync(join(ROOT, 'package.nls.json'), 'utf8')) as Record<string, string>;
  const used = new Set<string>();
  const untranslated: string[] = [];
  /** What people read; what language models read stays in the language that they are addressed in. */
  const shown =
    /^(?:title|name|displayName|description|markdownDescription|userDescription|contents|contextualTitle|enumDescriptions|markdownDeprecationMessage)$/;
  const visit = (value: unknown, key: string): void => {
    if (typeof value === 'string') {
      const id = /^%(.+)%$/.exec(value)?.[1];
      if (id !== undefined) used.add(id);
      else if (shown.test(key) && isProse(value)) untranslated.push(`${key}: ${value}`);
    } else if (Array.isArray(value)) for (const item of value) visit(item, key);
    else if (typeof value === 'object' && value !== null) {
      for (const [name, item] of Object.entries(value)) if (name !== 'inputSchema') visit(item, name);
    }
  };
  visit(manifest.contributes, '');
  visit(manifest.capabilities, '');
  expect(untranslated).toEqual([]);
  expect([...used].filter((id) => texts[id] === undefined)).toEqual([]);
  expect(Object.keys(texts).filter((id) => !used.has(id) && id !== 'capabilities.untrustedWorkspaces')).toEqual([]);
});
