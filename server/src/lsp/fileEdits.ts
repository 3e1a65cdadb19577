/** Edits of the files that people keep decisions in: the configuration, and the baseline. Nothing else in them changes. */
import { applyEdits, modify } from 'jsonc-parser';
import type { CreateFile, TextDocumentEdit, WorkspaceEdit } from 'vscode-languageserver';
import { parseDocument } from 'yaml';
import type { Json } from '../core/model/json.ts';
import { indexLines, positionAt } from '../core/text/lines.ts';

/** A file as it is now. */
export interface FileText {
  readonly uri: string;
  /** Version of the open document, null when it is not open. */
  readonly version: number | null;
  /** Null: there is no such file. */
  readonly text: string | null;
}

/** A JSON text with another value at a path; what else stands there keeps its form. */
export function withJsonValue(text: string | null, path: readonly string[], value: Json): string {
  const before = text === null || text.trim() === '' ? '{}\n' : text;
  const eol = before.includes('\r\n') ? '\r\n' : '\n';
  const insertSpaces = !/^\t/m.test(before);
  const edits = modify(before, [...path], value, { formattingOptions: { insertSpaces, tabSize: 2, eol } });
  return applyEdits(before, edits);
}

/** A configuration with another value at a path, in the format that its name says. */
export function withSetting(name: string, text: string | null, path: readonly string[], value: Json): string {
  if (!/\.ya?ml$/.test(name)) return withJsonValue(text, path, value);
  const document = parseDocument(text ?? '');
  // What is no YAML is mended by its author.
  if (document.errors.length > 0) return text ?? '';
  document.setIn(path, value);
  return document.toString();
}

/** The edit that leaves these texts in these files; files that are not there are created. */
export function replacingEdit(files: readonly { readonly file: FileText; readonly text: string }[]): WorkspaceEdit {
  const documentChanges: (TextDocumentEdit | CreateFile)[] = [];
  for (const { file, text } of files) {
    const { uri, version } = file;
    if (file.text === null) documentChanges.push({ kind: 'create', uri, options: { ignoreIfExists: true } });
    documentChanges.push({ textDocument: { uri, version }, edits: [difference(file.text ?? '', text)] });
  }
  return { documentChanges };
}

/** One edit that spans what is different. */
function difference(before: string, after: string): TextDocumentEdit['edits'][number] {
  let start = 0;
  const shorter = Math.min(before.length, after.length);
  while (start < shorter && before[start] === after[start]) start++;
  let end = 0;
  while (end < shorter - start && before[before.length - 1 - end] === after[after.length - 1 - end]) end++;
  const lines = indexLines(before);
  const range = { start: positionAt(lines, start), end: positionAt(lines, before.length - end) };
  return { range, newText: after.slice(start, after.length - end) };
}
