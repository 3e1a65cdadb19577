/** From the engine's plain data to LSP's. The only place that builds protocol objects of findings and fixes. */
import {
  type ChangeAnnotation,
  type CodeAction,
  CodeActionKind,
  type CreateFile,
  type Diagnostic,
  DiagnosticSeverity,
  DiagnosticTag,
  type TextEdit as LspTextEdit,
  type TextDocumentEdit,
  type WorkspaceEdit,
} from 'vscode-languageserver';
import type { Finding, Position, ResolvedFix } from '../core/model/finding.ts';
import type { TextEdit } from '../core/model/location.ts';
import { ruleDocsUri } from '../core/present/build.ts';
import { type DiagnosticLevel, diagnosticLevel, diagnosticMessage } from '../core/present/diagnostics.ts';
import type { Rule } from '../core/rulekit/rule.ts';
import { SOURCE } from './handshake.ts';

const SEVERITIES: Readonly<Record<DiagnosticLevel, DiagnosticSeverity>> = {
  error: DiagnosticSeverity.Error,
  warning: DiagnosticSeverity.Warning,
  information: DiagnosticSeverity.Information,
};

/** `data` of a diagnostic: names the finding when a code action is asked for it. */
export interface DiagnosticData {
  readonly fingerprint: string;
}

/** A finding as a diagnostic. `ruleUri`: where its code leads. */
export function toDiagnostic(
  finding: Finding,
  toUri: (path: string) => string,
  ruleUri: (ruleId: string) => string = ruleDocsUri,
  rule?: Pick<Rule, 'unnecessary'>,
): Diagnostic {
  return {
    range: finding.location.range,
    severity: SEVERITIES[diagnosticLevel(finding)],
    code: finding.ruleId,
    codeDescription: { href: ruleUri(finding.ruleId) },
    source: SOURCE,
    message: diagnosticMessage(finding),
    ...(rule?.unnecessary === true ? { tags: [DiagnosticTag.Unnecessary] } : {}),
    ...(finding.related.length === 0
      ? {}
      : {
          relatedInformation: finding.related.map(({ location, message }) => ({
            location: { uri: toUri(location.path), range: location.range },
            message,
          })),
        }),
    data: { fingerprint: finding.fingerprint } satisfies DiagnosticData,
  };
}

/** `data` of a code action that is resolved later. */
export type ActionData =
  | { readonly path: string; readonly fingerprint: string; readonly fix: number }
  | {
      readonly path: string;
      readonly fingerprint: string;
      readonly accept: 'line' | 'file';
      readonly reason?: string;
    }
  | { readonly path: string; readonly fixAll: true }
  /** The rule in a file, or in the workspace, which is shown before it is applied. */
  | { readonly fixRule: string; readonly path?: string }
  | { readonly fixSafe: true }
  | { readonly ruleOff: string; readonly path: string }
  | { readonly path: string; readonly fingerprint: string; readonly baseline: true }
  | { readonly baselines: 'create' | 'prune' };

/** The quick fixes of a finding, without their edits. */
export function toCodeActions(finding: Finding, diagnostic: Diagnostic): CodeAction[] {
  return finding.fixes.map((fix, index) => ({
    title: fix.title,
    kind: CodeActionKind.QuickFix,
    diagnostics: [diagnostic],
    isPreferred: fix.preferred,
    data: { path: finding.location.path, fingerprint: finding.fingerprint, fix: index } satisfies ActionData,
  }));
}

/** The action that accepts a finding by a comment, of which the reason is left to be written. It mends nothing. */
export function toAcceptAction(finding: Finding): CodeAction {
  return {
    title: `Accept ${finding.ruleId} here, with a reason`,
    kind: CodeActionKind.QuickFix,
    data: { path: finding.location.path, fingerprint: finding.fingerprint, accept: 'line' } satisfies ActionData,
  };
}

export interface EditTarget {
  readonly uri: string;
  /** Version of the open document, `null` when it is not open. */
  readonly version: number | null;
  positionAt(offset: number): Position;
}

function toTextEdit(target: EditTarget, edit: TextEdit): LspTextEdit {
  return { range: { start: target.positionAt(edit.start), end: target.positionAt(edit.end) }, newText: edit.newText };
}

/** Name of the annotation of edits that are to be looked at before they are applied. */
const PREVIEW = 'preview';

/** A workspace edit of fixes that do not overlap. `preview`: it is shown first, under that label. */
export function toWorkspaceEdit(
  fixes: readonly Pick<ResolvedFix, 'changes' | 'creates'>[],
  target: (path: string) => EditTarget,
  preview?: { readonly label: string; readonly description: string },
): WorkspaceEdit {
  const annotated = preview === undefined ? {} : { annotationId: PREVIEW };
  const documentChanges: (TextDocumentEdit | CreateFile)[] = [];
  const byPath = new Map<string, TextEdit[]>();
  for (const fix of fixes) {
    for (const { path, edits } of fix.changes) byPath.set(path, [...(byPath.get(path) ?? []), ...edits]);
    for (const { path, content } of fix.creates) {
      const { uri } = target(path);
      documentChanges.push({ kind: 'create', uri, options: { ignoreIfExists: true }, ...annotated });
      const range = { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } };
      documentChanges.push({
        textDocument: { uri, version: null },
        edits: [{ range, newText: content, ...annotated }],
      });
    }
  }
  for (const [path, edits] of byPath) {
    const document = target(path);
    documentChanges.push({
      textDocument: { uri: document.uri, version: document.version },
      edits: edits.map((edit) => ({ ...toTextEdit(document, edit), ...annotated })),
    });
  }
  if (preview === undefined) return { documentChanges };
  return { documentChanges, changeAnnotations: { [PREVIEW]: { ...preview, needsConfirmation: true } } };
}

/**
 * A workspace edit of fixes, each named in the preview of the client. Where they are several, suggestions wait there until
 * somebody has agreed.
 * The fixes do not overlap.
 */
export function toAnnotatedEdit(fixes: readonly ResolvedFix[], target: (path: string) => EditTarget): WorkspaceEdit {
  const changes: (TextDocumentEdit | CreateFile)[] = [];
  const annotations: Record<string, ChangeAnnotation> = {};
  for (const [index, fix] of fixes.entries()) {
    const annotationId = String(index);
    // A single one was asked for as such, and is undone as easily as any quick fix.
    const needsConfirmation = fixes.length > 1 && fix.safety !== 'safe';
    annotations[annotationId] = { label: fix.title, needsConfirmation };
    for (const change of toWorkspaceEdit([fix], target).documentChanges ?? []) {
      if ('textDocument' in change) {
        const edits = change.edits.map((edit) => ({ ...edit, annotationId }));
        changes.push({ ...change, edits } as TextDocumentEdit);
      } else changes.push({ ...change, annotationId } as CreateFile);
    }
  }
  return { documentChanges: changes, changeAnnotations: annotations };
}

/** A command of the client that opens the page of a rule, as a link. */
export function ruleCommandUri(ruleId: string): string {
  return `command:shipworthy.showRuleDoc?${encodeURIComponent(JSON.stringify([ruleId]))}`;
}

/** URI of a place, with its line for whoever opens it. */
export function placeUri(uri: string, { start }: Finding['location']['range']): string {
  return `${uri}#L${start.line + 1}`;
}
