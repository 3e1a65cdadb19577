/**
 * Go: calls that create files below `/tmp` or os.TempDir() where every part of the path is in sight and can be
 * foreseen. A part that comes from elsewhere may be random, and then nothing is said.
 */
import type { Fix, Verdict } from '../../../core/model/verdict.ts';
import type { NodeDetector } from '../../../core/rulekit/rule.ts';
import { packageCallId } from '../../../languages/go/calls.ts';
import type { GoHeader } from '../../../languages/go/header.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import { type PathPart, pathParts } from '../../../languages/go/paths.ts';
import { callArguments, calledExpression, stringLiteralValue } from '../../../languages/go/syntax.ts';

const CREATORS: ReadonlyMap<string, 'os.CreateTemp' | 'os.MkdirTemp'> = new Map([
  ['os.Create', 'os.CreateTemp'],
  ['os.OpenFile', 'os.CreateTemp'],
  ['os.WriteFile', 'os.CreateTemp'],
  ['io/ioutil.WriteFile', 'os.CreateTemp'],
  ['os.Mkdir', 'os.MkdirTemp'],
  ['os.MkdirAll', 'os.MkdirTemp'],
]);

/** Parts that anybody can compute. */
const FORESEEABLE =
  /^(?:os\.Getpid\(\)|os\.Getuid\(\)|time\.Now\(\)(?:\.(?:Unix\w*|Format|UTC|Local)\([^()]*\))+|strconv\.(?:Itoa|FormatInt)\((?:int\w*\()?(?:os\.Getpid\(\)|time\.Now\(\)\.Unix\w*\(\))\)?(?:, 10)?\))$/;
/** Sockets and files at places that a protocol fixes, and kinds of devices. */
const AGREED = /\.sock\b|\.X11-unix|\/\.s\.PGSQL|docker/;

function isShared(first: PathPart | undefined): boolean {
  if (first === undefined) return false;
  if (first.kind === 'text') return /^\/(?:var\/)?tmp(?:\/|$)|^\/dev\/shm\//.test(first.text);
  return first.kind === 'call' && first.text === 'os.TempDir()';
}

const creators: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  triggers: ['/tmp', 'TempDir()', '/dev/shm', 'CreateTemp', 'MkdirTemp', 'TempFile'],
  calls: (name) => /^(?:Create|OpenFile|WriteFile|Mkdir|MkdirAll|CreateTemp|MkdirTemp|TempFile|TempDir)$/.test(name),
  *check(node, ctx): Generator<Verdict> {
    const id = packageCallId(node, ctx);
    if (/^(?:os\.(?:CreateTemp|MkdirTemp)|io\/ioutil\.Temp(?:File|Dir))$/.test(id)) {
      yield { kind: 'pass', subject: node.span };
      return;
    }
    const maker = CREATORS.get(id);
    const [path] = callArguments(node);
    if (maker === undefined || path === undefined) return;
    if (id === 'os.OpenFile' && !/O_CREAT/.test(node.text)) return;
    // Such a call fails when somebody was there before.
    if (/O_EXCL/.test(node.text)) return;
    const parts = pathParts(path, ctx);
    if (!isShared(parts[0])) return;
    const rest = parts.slice(1);
    const whole = parts.map((part) => part.text).join('/');
    if (AGREED.test(whole) || (rest.length === 0 && parts[0]!.text.replace(/\/$/, '').split('/').length < 3)) return;
    if (!rest.every((part) => part.kind === 'text' || FORESEEABLE.test(part.text.replace(/\s+/g, ' ')))) return;
    const shown = parts.every((part) => part.kind === 'text')
      ? `"${parts
          .map((part) => part.text)
          .join('/')
          .replaceAll('//', '/')}"`
      : 'this path';
    yield {
      kind: 'fail',
      subject: path.span,
      message: 'fixed',
      args: { path: shown.slice(0, 80), maker },
      fixes: id === 'os.Create' ? createTemp(node, rest) : [],
    };
  },
};

/** `os.Create(filepath.Join(os.TempDir(), "x.log"))` gives the same types as `os.CreateTemp("", "x-*.log")`. */
function createTemp(call: GoNode, rest: readonly PathPart[]): readonly Fix[] {
  const callee = calledExpression(call);
  const [path] = callArguments(call);
  const name =
    rest.length === 1 && rest[0]!.kind === 'text'
      ? rest[0]!.text
      : path === undefined
        ? null
        : (stringLiteralValue(path)?.replace(/^.*\//, '') ?? null);
  if (
    callee === null ||
    path === undefined ||
    name === null ||
    !/^[\w.-]+$/.test(name) ||
    !path.contains(rest[0]?.node ?? path)
  )
    return [];
  const dot = name.lastIndexOf('.');
  const pattern = dot > 0 ? `${name.slice(0, dot)}-*${name.slice(dot)}` : `${name}-*`;
  return [
    {
      title: 'Let the system choose the name',
      safety: 'suggestion',
      preferred: true,
      edits: [
        { kind: 'replace', span: callee.span, newText: callee.text.replace(/Create$/, 'CreateTemp') },
        { kind: 'replace', span: path.span, newText: `"", ${JSON.stringify(pattern)}` },
        { kind: 'import', remove: ['path/filepath'] },
      ],
    },
  ];
}

export const goDetectors = [creators] as readonly NodeDetector[];
