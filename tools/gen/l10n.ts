/** Writes l10n/bundle.l10n.json: every text that the client asks to be translated, as translators get it. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const CLIENT = join(ROOT, 'client/src');
const BUNDLE = 'l10n/bundle.l10n.json';

/** The texts of all calls of `vscode.l10n.t` below a folder, in order. */
export function textsToTranslate(folder: string = CLIENT): readonly string[] {
  const texts = new Set<string>();
  for (const path of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!path.endsWith('.ts')) continue;
    const source = ts.createSourceFile(path, readFileSync(join(folder, path), 'utf8'), ts.ScriptTarget.Latest, true);
    const visit = (node: ts.Node): void => {
      if (ts.isCallExpression(node) && node.expression.getText(source).endsWith('l10n.t')) {
        const [first] = node.arguments;
        if (first === undefined || !ts.isStringLiteralLike(first)) {
          throw new Error(`${path}: the text to translate must be a plain string: ${node.getText(source)}`);
        }
        texts.add(first.text);
      }
      ts.forEachChild(node, visit);
    };
    visit(source);
  }
  return [...texts].sort();
}

/** Returns the paths that were stale; with `check` nothing is written. */
export function generateL10n(check: boolean): readonly string[] {
  const file = join(ROOT, BUNDLE);
  const texts = Object.fromEntries(textsToTranslate().map((text) => [text, text]));
  const wanted = `${JSON.stringify(texts, null, 2)}\n`;
  if (existsSync(file) && readFileSync(file, 'utf8') === wanted) return [];
  if (!check) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, wanted);
  }
  return [BUNDLE];
}
