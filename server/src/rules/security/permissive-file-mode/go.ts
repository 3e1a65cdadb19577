/**
 * Go: modes written in calls of the package os. Names tell what a file holds; when a marshalled value is written, so do
 * the fields of its type. Public assets, executables and generated sources are meant to be read and are left alone.
 */
import { directoryOf } from '../../../core/model/path.ts';
import type { FailVerdict, Severity, Verdict } from '../../../core/model/verdict.ts';
import { type ChunkContext, fact, type NodeDetector, type WorkspaceJudge } from '../../../core/rulekit/rule.ts';
import { secretNameOf, wordsOf } from '../../../knowledge/project/secrets.ts';
import { packageCallId } from '../../../languages/go/calls.ts';
import { chainContext, chainOf } from '../../../languages/go/chains.ts';
import type { GoHeader } from '../../../languages/go/header.ts';
import { typeOfChain } from '../../../languages/go/libraryChains.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import { onlyValueOf, pathParts } from '../../../languages/go/paths.ts';
import { pendingValue, settled } from '../../../languages/go/pending.ts';
import { declarationAround, receiverTypeAround } from '../../../languages/go/purpose.ts';
import { goIndex } from '../../../languages/go/resolve.ts';
import { scopeAround } from '../../../languages/go/scope.ts';
import type { GoTypeFact } from '../../../languages/go/symbols.ts';
import { callArguments, functionName, integerLiteralValue, unparenthesized } from '../../../languages/go/syntax.ts';
import { pointee, typesAround } from '../../../languages/go/types.ts';

/** Functions that set a mode, with its position. */
const FUNCTIONS: ReadonlyMap<string, { readonly mode: number; readonly directory: boolean }> = new Map([
  ['os.WriteFile', { mode: 2, directory: false }],
  ['io/ioutil.WriteFile', { mode: 2, directory: false }],
  ['os.OpenFile', { mode: 2, directory: false }],
  ['os.Chmod', { mode: 1, directory: false }],
  ['os.Mkdir', { mode: 1, directory: true }],
  ['os.MkdirAll', { mode: 1, directory: true }],
]);

const OTHERS_WRITE = 0o002;
const OTHERS_READ = 0o004;
const EXECUTE = 0o111;

const SECRETS =
  /^(?:password|passwd|passphrase|secrets?|credentials?|creds|privkey|keystore|keyfile|keyring|htpasswd|shadow|kubeconfig|wallet|mnemonic|seedphrase)$/;
/** What a service keeps for itself. */
const PRIVATE =
  /^(?:data|state|backups?|db|database|memory|sessions?|audit|security|auth|config|conf|history|wal|snapshots?|vault|users?|accounts?|logs?)$/;
/** What is made to be read by others, or is the work of a tool. */
const PUBLIC =
  /static|public|assets?|www|html|css|\bjs\b|templates?|i18n|locale|build|output|out|reports?|artifact|gen(?:erate)?|skill|code|source|src|\.go\b|image|avatar|thumbnail|media|attachment|cert(?!ificate.?key)|pub\b|\.crt|\.pem$|readme|docs?|example|install|scaffold|bench|profile|plugin|download|upload|lock\b|\bpid\b|testdata|migrat/i;

function wordsAround(
  call: GoNode,
  ctx: ChunkContext,
): {
  readonly path: readonly string[];
  readonly own: readonly string[];
  readonly around: readonly string[];
  readonly text: string;
} {
  const [path, data] = callArguments(call);
  const parts = path === undefined ? [] : pathParts(path, ctx);
  const owner = declarationAround(call);
  const last = (name: string): string => name.replace(/\(.*$/s, '');
  const pieces = [
    ...parts.map((part) => (part.kind === 'text' ? part.text : last(part.text))),
    ...(path === undefined ? [] : [last(path.text)]),
  ];
  const written = data?.kind === 'identifier' ? [data.text] : [];
  const name = owner === null ? '' : functionName(owner);
  const around = [name, receiverTypeAround(call)].filter((text) => text !== '');
  return {
    path: pieces.flatMap(wordsOf),
    own: [...pieces, ...written].flatMap(wordsOf),
    around: around.flatMap(wordsOf),
    text: [...pieces, name, directoryOf(ctx.file.path)].join(' '),
  };
}

function betterMode(mode: number, directory: boolean, text: string): string {
  const value = directory || (mode & EXECUTE) !== 0 ? (directory ? '750' : '700') : '600';
  return `${text.startsWith('0o') ? '0o' : '0'}${value}`;
}

function failure(mode: GoNode, better: string, message: string, severity: Severity): FailVerdict {
  return {
    kind: 'fail',
    subject: mode.span,
    message,
    args: { mode: mode.text, better },
    severity,
    fixes: [
      {
        title: `Use ${better}`,
        safety: 'suggestion',
        preferred: true,
        edits: [{ kind: 'replace', span: mode.span, newText: better }],
      },
    ],
  };
}

const MARSHALS =
  /^(?:encoding\/(?:json|xml|gob)|[\w./-]*yaml[\w./-]*|[\w./-]*toml[\w./-]*|[\w./-]*json[\w./-]*)\.(?:Marshal|MarshalIndent)$/;

/** Chain of the value that was marshalled into what is written; null when that is not in sight. */
function marshalled(call: GoNode, ctx: ChunkContext): string | null {
  const data = callArguments(call)[1];
  if (data === undefined || data.kind !== 'identifier') return null;
  const value = onlyValueOf(data, ctx);
  const source = value === null ? null : unparenthesized(value);
  if (source?.kind !== 'call_expression' || !MARSHALS.test(packageCallId(source, ctx))) return null;
  const [first] = callArguments(source);
  const scope = scopeAround(ctx, call);
  const types = typesAround(ctx, call);
  return first === undefined || scope === null || types === null ? null : chainOf(first, chainContext(scope, types));
}

const modes: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  calls: (name) => /^(?:WriteFile|OpenFile|Chmod|Mkdir|MkdirAll)$/.test(name),
  *check(node, ctx): Generator<Verdict> {
    const known = FUNCTIONS.get(packageCallId(node, ctx));
    const mode = known === undefined ? undefined : callArguments(node)[known.mode];
    const value = mode === undefined ? null : integerLiteralValue(mode);
    if (known === undefined || mode === undefined || value === null || !/^0o?[0-7]+$/.test(mode.text)) return;
    if (node.text.startsWith('os.OpenFile') && /O_RDONLY/.test(node.text) && !/O_CREATE/.test(node.text)) return;
    if ((value & 0o007) === 0) {
      yield { kind: 'pass', subject: mode.span };
      return;
    }
    const { path, own, around, text } = wordsAround(node, ctx);
    const better = betterMode(value, known.directory, mode.text);
    const isKey = own.some(
      (word, at) =>
        word === 'key' &&
        /^(?:private|secret|priv|api|signing|master|host|encryption|tls|server|client)$/.test(own[at - 1] ?? ''),
    );
    const open = (value & OTHERS_READ) !== 0;
    if (
      open &&
      !known.directory &&
      (isKey || own.some((word) => SECRETS.test(word)) || /\.env\b|id_rsa|\.key$/.test(text))
    ) {
      yield failure(mode, better, 'secret', 'high');
      return;
    }
    // Without umask: os.Chmod sets what it says; the others leave it to the umask, as 0666 and 0777 ask for.
    const writable = (value & OTHERS_WRITE) !== 0;
    if (writable && (node.text.startsWith('os.Chmod') || (!known.directory && (value & EXECUTE) !== 0))) {
      yield failure(mode, better, 'writable', 'medium');
      return;
    }
    if (known.directory && own.some((word) => SECRETS.test(word))) {
      yield failure(mode, better, 'secret', 'medium');
      return;
    }
    if (!open || (value & 0o022) !== 0) return;
    const chain = known.directory ? null : marshalled(node, ctx);
    const isPrivate = [...path, ...around].some((word) => PRIVATE.test(word));
    const executable = !known.directory && (value & EXECUTE) !== 0;
    const weaker = isPrivate && !executable && !PUBLIC.test(text) ? failure(mode, better, 'readable', 'low') : null;
    if (chain !== null) {
      const verdict = failure(mode, better, 'secret', 'high');
      yield fact(
        'file.mode.marshalled',
        chain,
        { secret: pendingValue(verdict), otherwise: weaker === null ? null : pendingValue(weaker) },
        mode.span,
      );
    } else if (weaker !== null) yield weaker;
  },
};

export const goDetectors = [modes] as readonly NodeDetector[];

/** Keys that open nothing: they find an entry. */
const LOOKUP_KEY =
  /cache|routing|partition|object|map|sort|foreign|primary|public|group|row|index|lookup|storage|hash|s3/i;

function isSecretField(name: string, type: string | null): boolean {
  if (type !== null && type !== 'string' && type !== '[]byte') return false;
  const kind = secretNameOf(name);
  if (kind === 'weak') return wordsOf(name).length > 1 && !LOOKUP_KEY.test(name);
  return kind !== null;
}

/** Settles what is written as a whole: a struct with a secret among its fields makes the file one. */
export const goJudge: WorkspaceJudge = {
  partition: 'directory',
  reads: ['file.mode.marshalled'],
  *judge(facts) {
    const written = facts.get('file.mode.marshalled');
    if (written.length === 0) return;
    const index = facts.derive(goIndex);
    for (const found of written) {
      const { secret, otherwise } = found.value as { secret: never; otherwise: never };
      const type = pointee(typeOfChain(index, found.place.path, found.key) ?? '');
      const name = type.slice(type.lastIndexOf('.') + 1);
      const declarations = /^\w+$/.test(type) ? index.declarations(facts.partition, name) : [];
      const fields = declarations.flatMap(({ value }) => {
        const declared = value as unknown as GoTypeFact;
        return declared.kind === 'type' ? Object.entries(declared.fields) : [];
      });
      if (fields.some(([field, fieldType]) => isSecretField(field, fieldType))) yield settled(found, secret);
      else if (otherwise !== null) yield settled(found, otherwise);
    }
  },
};
