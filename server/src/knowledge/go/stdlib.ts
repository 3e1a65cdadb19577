/**
 * What the rules know of Go's standard library: result types of functions and methods, which of them can fail, and
 * what has to be released. The bulk is generated (stdlib.gen.ts); judgements are written here by hand.
 *
 * The facts describe one version of Go. A later version has more names, so that a name which is missing here proves
 * nothing by itself, and packages may be missing altogether.
 */
import { STDLIB_PACKAGES } from './stdlib.gen.ts';

export interface StdlibType {
  /** Result types of the methods that have results, those of embedded fields included. */
  readonly methods: ReadonlyMap<string, readonly (string | null)[]>;
  /** Types of the exported fields that are more than a plain number or text; of few packages. */
  readonly fields: ReadonlyMap<string, string | null>;
}

/** One package. Types are written with the import path: `*net/http.Client`; null stands for a type without a name. */
export interface StdlibPackage {
  /** All exported names of Go 1.19 (see STDLIB_GO_VERSION). */
  readonly names: ReadonlySet<string>;
  /** Result types of functions. */
  readonly functions: ReadonlyMap<string, readonly (string | null)[]>;
  readonly types: ReadonlyMap<string, StdlibType>;
  /** Types of some variables and constants. */
  readonly values: ReadonlyMap<string, string | null>;
}

const texts = new Map(Object.entries(STDLIB_PACKAGES));
const packages = new Map<string, StdlibPackage>();

/** Facts of a package by import path; null when there are none. Some packages are recorded by names alone. */
export function stdlibPackage(path: string): StdlibPackage | null {
  const known = packages.get(path);
  if (known !== undefined) return known;
  const text = texts.get(path);
  if (text === undefined) return null;
  const read = readPackage(path, text);
  packages.set(path, read);
  return read;
}

/**
 * Reads the generated entries, which `;` separates: `Name`, `Name:type` (variable or constant), `Name(results` and
 * `Name{members`, with members `Name:type` and `Name(results` separated by `,`. Results are separated by `|`;
 * `!` is error, `$` string, `#` int, `?` bool. Types of the package itself stand without its path.
 */
function readPackage(path: string, text: string): StdlibPackage {
  const names = new Set<string>();
  const functions = new Map<string, readonly (string | null)[]>();
  const types = new Map<
    string,
    { methods: Map<string, readonly (string | null)[]>; fields: Map<string, string | null> }
  >();
  const values = new Map<string, string | null>();
  const entries = text.split(';').map(splitEntry);
  for (const [name, sign] of entries) {
    names.add(name);
    if (sign === '{') types.set(name, { methods: new Map(), fields: new Map() });
  }
  const isType = (name: string): boolean => types.has(name);
  for (const [name, sign, rest] of entries) {
    if (sign === '(') functions.set(name, readResults(path, rest, isType));
    if (sign === ':') values.set(name, qualify(path, rest, isType));
    if (sign !== '{' || rest === '') continue;
    const { methods, fields } = types.get(name)!;
    for (const [member, kind, type] of rest.split(',').map(splitEntry)) {
      if (kind === '(') methods.set(member, readResults(path, type, isType));
      else fields.set(member, qualify(path, type, isType));
    }
  }
  return { names, functions, types, values };
}

function splitEntry(entry: string): readonly [name: string, sign: string, rest: string] {
  const at = entry.search(/[:({]/);
  return at < 0 ? [entry, '', ''] : [entry.slice(0, at), entry[at]!, entry.slice(at + 1)];
}

const ABBREVIATIONS: Readonly<Record<string, string>> = { '!': 'error', $: 'string', '#': 'int', '?': 'bool' };

function readResults(path: string, text: string, isType: (name: string) => boolean): readonly (string | null)[] {
  if (text === '') return [];
  return text.split('|').map((part) => ABBREVIATIONS[part] ?? qualify(path, part, isType));
}

const PLAIN_WORD =
  /^(map|chan|struct|any|bool|byte|error|float32|float64|rune|string|u?int(8|16|32|64)?|uintptr|complex(64|128)|\d+)$/;

/** Puts the package's path before its own types; null when a word is no type that one can name. */
function qualify(path: string, text: string, isType: (name: string) => boolean): string | null {
  // Functions, interfaces and structs without a name are cut off in the generated facts.
  if (/\b(func|interface|struct(?!\{\}))\b/.test(text)) return null;
  let named = true;
  const qualified = text.replace(/[\w./-]*\w/g, (word) => {
    if (word.includes('.') || PLAIN_WORD.test(word)) return word;
    // `<-chan` begins with a sign that paths may contain, too.
    if (word === '-chan') return word;
    if (!isType(word)) named = false;
    return `${path}.${word}`;
  });
  return named ? qualified : null;
}

/** A type string taken apart: package path and name of `net/http.Client`, `*net/http.Client`; null for others. */
export function namedType(type: string): { readonly path: string; readonly name: string } | null {
  const match = /^\*?([\w./~-]+)\.(\w+)(?:\[.*\])?$/.exec(type);
  return match === null ? null : { path: match[1]!, name: match[2]! };
}

/** Result types of a function of the library; null when it is not known to be one. */
export function stdlibResults(path: string, name: string): readonly (string | null)[] | null {
  return stdlibPackage(path)?.functions.get(name) ?? null;
}

/** Result types of a method; null when the type or the method is not known, or has no results. */
export function stdlibMethodResults(receiver: string, method: string): readonly (string | null)[] | null {
  if (receiver === 'error') return method === 'Error' ? ['string'] : null;
  const type = typeFacts(receiver);
  if (type === null) return null;
  // Left out of the generated facts, because it is the same for every type that has it.
  if (method === 'Error' || method === 'String') return ['string'];
  return type.methods.get(method) ?? null;
}

/** Type of a field of a struct of the library, or null. */
export function stdlibFieldType(struct: string, field: string): string | null {
  return typeFacts(struct)?.fields.get(field) ?? null;
}

/** Whether the package declares a type with that name. */
export function isStdlibType(path: string, name: string): boolean {
  return stdlibPackage(path)?.types.has(name) ?? false;
}

function typeFacts(type: string): StdlibType | null {
  const named = namedType(type);
  return named === null ? null : (stdlibPackage(named.path)?.types.get(named.name) ?? null);
}

/** Index of the `error` among results; -1 when there is none. */
export function errorIndex(results: readonly (string | null)[]): number {
  return results.lastIndexOf('error');
}

/** Whether the import path belongs to the standard library: its first element has no dot. */
export function isStdlibPath(path: string): boolean {
  return !path.split('/', 1)[0]!.includes('.');
}

/**
 * Functions and methods that return an error which is always nil, or which nobody can act upon. Keys as in
 * `calleeId` of languages/go/types.ts; `*` stands for every name.
 */
const NEVER_FAILS: ReadonlySet<string> = new Set([
  'strings.Builder.*',
  'bytes.Buffer.Write',
  'bytes.Buffer.WriteByte',
  'bytes.Buffer.WriteRune',
  'bytes.Buffer.WriteString',
  'hash.Hash.*',
  'hash.Hash32.*',
  'hash.Hash64.*',
  'hash/maphash.Hash.*',
  'math/rand.Read',
  'math/rand.Rand.Read',
  'fmt.Print',
  'fmt.Printf',
  'fmt.Println',
  'net/http/httptest.ResponseRecorder.*',
]);

/** Functions that pass on the error of their first argument, a writer, and nothing else. */
const FAILS_LIKE_WRITER: ReadonlySet<string> = new Set(['fmt.Fprint', 'fmt.Fprintf', 'fmt.Fprintln', 'io.WriteString']);

/** Writers that keep their first error until it is asked for, by `Flush` for instance. */
const STICKY_WRITERS: ReadonlySet<string> = new Set(['bufio.Writer', 'bufio.ReadWriter', 'text/tabwriter.Writer']);

/**
 * Whether the error of a call may be ignored without a second thought. `firstArgument` is the type of the first
 * argument, for functions that write to it.
 */
export function neverFails(callee: string, firstArgument: string | null = null): boolean {
  const owner = callee.slice(0, callee.lastIndexOf('.'));
  if (NEVER_FAILS.has(callee) || NEVER_FAILS.has(`${owner}.*`)) return true;
  if (STICKY_WRITERS.has(owner)) return /\.Write(String|Byte|Rune)?$/.test(callee);
  if (!FAILS_LIKE_WRITER.has(callee) || firstArgument === null) return false;
  const writer = firstArgument.replace(/^\*/, '');
  return STICKY_WRITERS.has(writer) || neverFails(`${writer}.Write`);
}

/**
 * How values are released: calls of which one has to happen, by type, as selectors behind the value. A value that was
 * handed on or stored is the receiver's business; a rule has to look at that itself.
 */
export const RELEASES: Readonly<Record<string, readonly string[]>> = {
  '*os.File': ['Close'],
  '*net/http.Response': ['Body.Close'],
  '*database/sql.DB': ['Close'],
  '*database/sql.Conn': ['Close'],
  '*database/sql.Rows': ['Close'],
  '*database/sql.Stmt': ['Close'],
  '*database/sql.Tx': ['Commit', 'Rollback'],
  'net.Conn': ['Close'],
  'net.Listener': ['Close'],
  'net.PacketConn': ['Close'],
  '*net.TCPConn': ['Close'],
  '*net.UDPConn': ['Close'],
  '*net.UnixConn': ['Close'],
  '*net.IPConn': ['Close'],
  '*net.TCPListener': ['Close'],
  '*net.UnixListener': ['Close'],
  '*crypto/tls.Conn': ['Close'],
  '*compress/gzip.Reader': ['Close'],
  '*compress/gzip.Writer': ['Close'],
  '*compress/zlib.Writer': ['Close'],
  '*compress/flate.Writer': ['Close'],
  '*archive/zip.ReadCloser': ['Close'],
  '*archive/zip.Writer': ['Close'],
  '*archive/tar.Writer': ['Close'],
  '*mime/multipart.Writer': ['Close'],
  'mime/multipart.File': ['Close'],
  '*io.PipeReader': ['Close', 'CloseWithError'],
  '*io.PipeWriter': ['Close', 'CloseWithError'],
  'io.ReadCloser': ['Close'],
  'io.WriteCloser': ['Close'],
  'io.ReadWriteCloser': ['Close'],
  'io/fs.File': ['Close'],
  'net/http.File': ['Close'],
  '*time.Ticker': ['Stop'],
  '*net/http/httptest.Server': ['Close'],
};
