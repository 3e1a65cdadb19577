/**
 * Stands in for the editor where no editor is needed: takes every call, remembers what it was given, and translates every
 * text into a pseudo-locale, so that whatever was not translated can be told.
 */

/** Starts every text that went through `vscode.l10n.t`. */
export const PSEUDO = '⟦';

/** Every value that the client gave to the editor: name of the function or property, and the value. */
export const given: { readonly name: string; readonly value: unknown }[] = [];

type Anything = ((...args: unknown[]) => unknown) & Record<string, unknown>;

function anything(name: string): Anything {
  return new Proxy(function stub() {} as unknown as Anything, {
    get(_, key) {
      if (key === Symbol.toPrimitive) return () => name;
      if (typeof key === 'symbol') return key === Symbol.iterator ? [][Symbol.iterator].bind([]) : undefined;
      // Not a promise, or who awaits it would wait for ever.
      return key === 'then' ? undefined : anything(`${name}.${key}`);
    },
    set(_, key, value) {
      given.push({ name: `${name}.${String(key)}`, value });
      return true;
    },
    apply(_, __, args) {
      for (const value of args) given.push({ name, value });
      return anything(`${name}()`);
    },
    construct(_, args) {
      for (const value of args) given.push({ name, value });
      return anything(`new ${name}`);
    },
  });
}

export const l10n = { t: (text: string, ...args: unknown[]) => `${PSEUDO}${text}${args.join(' ')}⟧` };
export const window = anything('window');
export const workspace = anything('workspace');
export const commands = anything('commands');
export const env = anything('env');
export const languages = anything('languages');
export const lm = anything('lm');
export const Uri = anything('Uri');
export const Range = anything('Range');
export const Disposable = anything('Disposable');
export const EventEmitter = anything('EventEmitter');
export const MarkdownString = anything('MarkdownString');
export const ThemeIcon = anything('ThemeIcon');
export const ThemeColor = anything('ThemeColor');
export const TreeItem = anything('TreeItem');
export const ViewColumn = anything('ViewColumn');
export const StatusBarAlignment = anything('StatusBarAlignment');
export const TreeItemCollapsibleState = anything('TreeItemCollapsibleState');
export const QuickPickItemKind = anything('QuickPickItemKind');
export const LanguageModelToolResult = anything('LanguageModelToolResult');
export const LanguageModelTextPart = anything('LanguageModelTextPart');
