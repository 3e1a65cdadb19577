/** Go: selectors of imported packages, by a table that is written from the documentation of the standard library. */
import type { Fix, Verdict } from '../../../core/model/verdict.ts';
import type { NodeDetector } from '../../../core/rulekit/rule.ts';
import { packageMemberOf } from '../../../languages/go/calls.ts';
import { type GoHeader, localNameOf } from '../../../languages/go/header.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import { lineSpanOf } from '../../../languages/go/syntax.ts';

interface Replacement {
  /** What to use, for the message. */
  readonly instead: string;
  /** A name with the same types: path of its package and the name. */
  readonly name?: readonly [path: string, name: string];
  /** The statement that calls it can go. */
  readonly removable?: boolean;
}

const same = (path: string, name: string): Replacement => ({
  instead: `${path.slice(path.lastIndexOf('/') + 1)}.${name}`,
  name: [path, name],
});

const REPLACEMENTS: ReadonlyMap<string, Replacement> = new Map<string, Replacement>([
  ['io/ioutil.ReadAll', same('io', 'ReadAll')],
  ['io/ioutil.NopCloser', same('io', 'NopCloser')],
  ['io/ioutil.Discard', same('io', 'Discard')],
  ['io/ioutil.ReadFile', same('os', 'ReadFile')],
  ['io/ioutil.WriteFile', same('os', 'WriteFile')],
  ['io/ioutil.TempFile', same('os', 'CreateTemp')],
  ['io/ioutil.TempDir', same('os', 'MkdirTemp')],
  ['io/ioutil.ReadDir', { instead: 'os.ReadDir' }],
  ['strings.Title', { instead: 'cases.Title of golang.org/x/text' }],
  ['bytes.Title', { instead: 'cases.Title of golang.org/x/text' }],
  ['math/rand.Seed', { instead: 'rand.New with a source of its own; Go seeds the package itself', removable: true }],
  ['math/rand.Read', { instead: 'crypto/rand.Read' }],
  ['os.SEEK_SET', same('io', 'SeekStart')],
  ['os.SEEK_CUR', same('io', 'SeekCurrent')],
  ['os.SEEK_END', same('io', 'SeekEnd')],
  ['path/filepath.HasPrefix', { instead: 'filepath.Rel or strings.HasPrefix with a separator' }],
  ['reflect.PtrTo', same('reflect', 'PointerTo')],
  ['reflect.SliceHeader', { instead: 'unsafe.Slice' }],
  ['reflect.StringHeader', { instead: 'unsafe.String' }],
  ['runtime.GOROOT', { instead: 'go env GOROOT' }],
  // Keys that others encrypted have to be read: only who encrypts has a choice.
  ['crypto/x509.EncryptPEMBlock', { instead: 'PKCS #8 encryption; this one can be broken' }],
  ['crypto/x509.ParseCRL', { instead: 'x509.ParseRevocationList' }],
  ['crypto/x509.ParseDERCRL', { instead: 'x509.ParseRevocationList' }],
  ['crypto/elliptic.Marshal', { instead: 'crypto/ecdh' }],
  ['crypto/elliptic.Unmarshal', { instead: 'crypto/ecdh' }],
  ['crypto/elliptic.GenerateKey', { instead: 'crypto/ecdh or ecdsa.GenerateKey' }],
  ['crypto/cipher.NewOFB', { instead: 'an AEAD such as cipher.NewGCM' }],
  ['crypto/cipher.NewCFBEncrypter', { instead: 'an AEAD such as cipher.NewGCM' }],
  ['crypto/cipher.NewCFBDecrypter', { instead: 'an AEAD such as cipher.NewGCM' }],
  ['net/http.CloseNotifier', { instead: 'Request.Context' }],
  ['net/http/httputil.NewClientConn', { instead: 'http.Client' }],
  ['net/http/httputil.NewServerConn', { instead: 'http.Server' }],
  ['go/ast.NewPackage', { instead: 'go/types' }],
]);

/** Names by package, so that most selectors need one look-up. */
const NAMES = new Set([...REPLACEMENTS.keys()].map((key) => key.slice(key.lastIndexOf('.') + 1)));

const uses: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['selector_expression', 'qualified_type'],
  triggers: [
    'ioutil.',
    '.Title(',
    '.Seed(',
    '.Read(',
    '.SEEK_',
    '.HasPrefix(',
    '.PtrTo(',
    '.SliceHeader',
    '.StringHeader',
    '.GOROOT(',
    'PEMBlock',
    '.ParseCRL',
    '.ParseDERCRL',
    'elliptic.',
    'cipher.',
    'CloseNotifier',
    'httputil.',
    'ast.NewPackage',
  ],
  when: (node) => NAMES.has(node.child(node.kind === 'qualified_type' ? 'name' : 'field')?.text ?? ''),
  *check(node, ctx): Generator<Verdict> {
    const member = packageMemberOf(node, ctx);
    const replacement = member === null ? undefined : REPLACEMENTS.get(`${member.path}.${member.name}`);
    if (member === null || replacement === undefined) return;
    // One of several versions of the code, each for another version of Go.
    if (/\bgo1\.\d/.test(ctx.file.header.buildConstraint)) return;
    const fixes: Fix[] = [];
    if (replacement.name !== undefined) {
      const [path, name] = replacement.name;
      const local = localNameOf(ctx.file.header, path) ?? path;
      fixes.push({
        title: `Use ${replacement.instead}`,
        safety: 'safe',
        preferred: true,
        edits: [
          { kind: 'replace', span: node.span, newText: `${local}.${name}` },
          { kind: 'import', add: [path], remove: [member.path] },
        ],
      });
    }
    const call = node.parent;
    if (
      replacement.removable === true &&
      call?.parent?.kind === 'expression_statement' &&
      call.parent.parent?.kind === 'statement_list' &&
      /^[^)]*time\.Now\(\)/.test(call.text)
    ) {
      fixes.push({
        title: 'Remove the call (Go 1.20 and newer seed the package at random)',
        safety: 'suggestion',
        preferred: true,
        edits: [
          { kind: 'replace', span: lineSpanOf(call.parent), newText: '' },
          { kind: 'import', remove: ['math/rand', 'time'] },
        ],
      });
    }
    yield {
      kind: 'fail',
      subject: node.span,
      message: 'replaced',
      args: { name: node.text, instead: replacement.instead },
      fixes,
    };
  },
};

/** What replaced the names above. */
const supported: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['selector_expression'],
  triggers: [
    'io.ReadAll',
    'io.NopCloser',
    'io.Discard',
    'os.ReadFile',
    'os.WriteFile',
    'os.CreateTemp',
    'os.MkdirTemp',
    'os.ReadDir',
  ],
  when: (node) =>
    /^(?:ReadAll|NopCloser|Discard|ReadFile|WriteFile|CreateTemp|MkdirTemp|ReadDir)$/.test(
      node.child('field')?.text ?? '',
    ),
  *check(node, ctx): Generator<Verdict> {
    const member = packageMemberOf(node, ctx);
    if (member?.path === 'io' || member?.path === 'os') yield { kind: 'pass', subject: node.span };
  },
};

export const goDetectors = [uses, supported] as readonly NodeDetector[];
