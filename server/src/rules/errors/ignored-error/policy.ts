/**
 * How much the error of a call matters when nobody looks at it, by what is called and how the error was dropped. It
 * knows names and types, and never looks at syntax.
 */
import type { Severity } from '../../../core/model/verdict.ts';
import { neverFails } from '../../../knowledge/go/stdlib.ts';

/**
 * - `statement`: the call stands alone.
 * - `blank`: all that is assigned is `_`: somebody decided to drop it.
 * - `partial`: another result is used as if there were no error.
 * - `go`: the call runs in a goroutine of its own.
 * - `defer`: the call runs when the function is left.
 */
export type DropForm = 'statement' | 'blank' | 'partial' | 'go' | 'defer';

/** What is known of a call besides its name. */
export type Circumstances = {
  readonly form: DropForm;
  /** Type of the first argument; null when unknown. */
  readonly firstType: string | null;
  /** Type of the second argument; null when unknown. */
  readonly secondType: string | null;
  /** First argument as written, shortened. */
  readonly firstText: string;
  /** Expression of the receiver as written, shortened; '' for functions. */
  readonly receiverText: string;
  /** Type of what an encoder writes to; null when the receiver is none, or that is unknown. */
  readonly sinkType: string | null;
  /** Every argument is a literal or a name of a package, which is as good as one. */
  readonly constant: boolean;
  /** Name of the function that holds the call. */
  readonly owner: string;
};

/** What ends the use of something: nobody can act upon its failure, or it has been reported before. */
const CLEAN_UP =
  /^(?:[cC]lose|[sS]hutdown|[sS]top|[cC]lean|[rR]elease|[rR]ollback|[aA]bort|[cC]ancel\w*|[kK]ill|[dD]isconnect|[uU]nsubscribe|[uU]nregister|[dD]eregister|[dD]estroy|[tT]erminate|[dD]rain|[dD]iscard|[uU]nmount|[tT]ear[dD]own|[qQ]uit|[hH]angup|[dD]etach|[rR]emove(?:All|File|Dir|Temp)?$)(?![a-z])|[cC]lose(?:All|Quietly)?$|[cC]leanup$|[uU]nlock/;

/** Logging and printing: there is nobody left to tell. */
const REPORTING =
  /^(?:[lL]og|[pP]rint|[dD]ebug|[iI]nfo|[wW]arn|[tT]race|[nN]otice|[eE]rrorf?$|[fF]atal|[aA]udit|[nN]otify|[pP]ing$|[sS]ync$)/;

/** Whether the name of a function says that its error is not worth a look. */
export function isBestEffort(name: string): boolean {
  return CLEAN_UP.test(name) || REPORTING.test(name);
}

const SILENT: readonly RegExp[] = [
  /\.Close$/,
  /\.CloseWithError$/,
  /\.Set(?:Read|Write)?Deadline$/,
  /\.(?:UnreadByte|UnreadRune)$/,
  /^os\.(?:Setenv|Unsetenv)$/,
  /^os\.Process\.(?:Kill|Release|Signal)$/,
  /^flag\.(?:FlagSet\.)?(?:Parse|Set)$/,
  /^fmt\.(?:Print|Fprint)/,
  /\.Rollback$/,
  /\.Shutdown$/,
  /^net\/http\.(?:ResponseWriter|Pusher)\./,
  /^net\/http\.ResponseController\./,
  /^net\/http\.Request\.ParseMultipartForm$/,
  /^encoding\/csv\.Writer\.Write$/,
  /^text\/tabwriter\./,
  /^(?:bytes|strings)\.Reader\./,
  /^bytes\.Buffer\.(?:Read(?:Byte|Bytes|Rune|String)?|WriteTo)$/,
  /^(?:syscall|testing|testing\/.*|net\/http\/httptest|runtime\/pprof|runtime\/trace)\./,
  /^context\.Context\.Err$/,
  /^bufio\.Scanner\.Err$/,
  /^error\.Error$/,
  /^errors\.(?:Unwrap|Join)$/,
  /^net\.(?:Listener|Conn)\.(?:Addr|LocalAddr|RemoteAddr)$/,
  /^io\/fs\.SkipDir$/,
];

/** Failures that are rare or lead to a usable result. */
const LOW: readonly RegExp[] = [
  /^os\.(?:Hostname|Getwd|UserHomeDir|UserCacheDir|UserConfigDir|Executable|Chtimes|Lchown|Remove|RemoveAll|File\.Sync)$/,
  /^os\/user\.Current$/,
  /^path\/filepath\.(?:Abs|Rel|EvalSymlinks|Match|Glob)$/,
  /^path\.Match$/,
  /^net\.SplitHostPort$/,
  /^encoding\/json\.(?:Marshal|MarshalIndent)$/,
  /^net\/http\.Request\.ParseForm$/,
  /^bufio\.Reader\.Read(?:String|Line|Bytes|Rune)$/,
];

/** Functions that fail only for wrong text: constant text is right or wrong for ever. */
const PARSERS =
  /^(?:net\/url\.(?:Parse|ParseRequestURI|QueryUnescape)|net\/http\.NewRequest(?:WithContext)?|time\.(?:Parse|ParseDuration|ParseInLocation)|strconv\.\w+|regexp\.(?:Match|MatchString|Compile)|net\.(?:ParseCIDR|SplitHostPort)|encoding\/(?:hex\.DecodeString|base64\.Encoding\.DecodeString)|path(?:\/filepath)?\.(?:Match|Glob))$/;

/** Kinds of values that always become JSON. */
const PLAIN_JSON =
  /^(?:\*?(?:string|bool|u?int(?:8|16|32|64)?|byte|rune)|(?:\[\]|map\[(?:string|u?int(?:8|16|32|64)?)\])+(?:string|bool|u?int(?:8|16|32|64)?|byte|rune))$/;

const CONNECTION = /^(?:\*?net\.(?:TCP|Unix|UDP|IP)?Conn|\*?crypto\/tls\.Conn)$/;

/**
 * How bad it is to drop the error of a function or method of the standard library, named as by `calleeId`; null: not
 * at all.
 */
export function libraryDrop(callee: string, how: Circumstances): Severity | null {
  const { form, firstType, firstText, sinkType } = how;
  if (neverFails(callee, firstType) || SILENT.some((pattern) => pattern.test(callee))) return null;
  if (/std(?:out|err|log)/i.test(how.receiverText) || /^os\.Std(?:out|err)$/.test(firstText)) return null;
  if (form === 'defer' || form === 'go') {
    return form === 'go' && /^net\/http\.(?:Server\.)?(?:ListenAndServe|Serve)(?:TLS)?$/.test(callee) ? 'medium' : null;
  }
  const name = callee.slice(callee.lastIndexOf('.') + 1);
  if (form === 'blank' && (isBestEffort(name) || /^(?:Flush|Read\w*)$/.test(name))) return null;
  if (/^os\.Remove(?:All)?$/.test(callee) && (form === 'blank' || !isDeletion(how))) return null;
  // Waiting for the Enter key.
  if (/^fmt\.Scan/.test(callee)) return firstText === '' ? null : 'low';
  if (how.constant && PARSERS.test(callee)) return null;
  if (/^time\.LoadLocation$/.test(callee) && /^"(?:UTC|Local)?"$/.test(firstText)) return null;
  if (callee === 'net.SplitHostPort' && /Addr(?:\(\))?(?:\.String\(\))?$/.test(firstText)) return null;
  if (/^io\.Copy/.test(callee) && /(?:^|\.)Discard$/.test(firstText)) return null;
  if (/^encoding\/json\.Marshal/.test(callee) && firstType !== null && PLAIN_JSON.test(firstType)) return null;
  // Binary data goes into memory.
  if (/^encoding\/binary\.Write$/.test(callee) && /^\*?bytes\.Buffer$/.test(firstType ?? '')) return null;
  if (/^encoding\/pem\.Encode$/.test(callee) && /^\*?bytes\.Buffer$/.test(firstType ?? '')) return null;
  // Passing on between two connections ends with an error whenever one side hangs up.
  if (/^io\.Copy/.test(callee) && CONNECTION.test(firstType ?? '') && CONNECTION.test(how.secondType ?? ''))
    return null;
  // The same as a Write of the client's connection.
  if (callee === 'io.WriteString' && firstType === 'net/http.ResponseWriter') return null;
  // What cannot be written to a client any more cannot be told to it either.
  if (firstType === 'net/http.ResponseWriter' || sinkType === 'net/http.ResponseWriter') return 'low';
  if (firstType !== null && /^\*text\/tabwriter\.Writer$/.test(firstType)) return 'low';
  return LOW.some((pattern) => pattern.test(callee)) ? 'low' : 'medium';
}

/** Deleting is what the function is for, and what it deletes is no left-over. */
function isDeletion({ owner, firstText }: Circumstances): boolean {
  if (/te?mp|sock|lock|pid/i.test(firstText)) return false;
  return /delete|remove|prune|purge|clean|rotate|evict|expire|retention/i.test(owner);
}

/** Functions whose failure changes what the program may rely on. */
const CONSEQUENTIAL =
  /^(?:[sS]ave|[sS]tore|[pP]ersist|[cC]ommit|[iI]nsert|[uU]pdate|[dD]elete|[cC]reate|[mM]igrate|[bB]ackup|[rR]estore|[vV]alidate|[vV]erify|[aA]uthenticate|[aA]uthorize|[eE]ncrypt|[dD]ecrypt|[sS]ign|[pP]arse|[dD]ecode|[uU]nmarshal|[lL]oad|[iI]nit)(?![a-z])/;

/** How bad it is to drop the error of a function of the workspace; null: not at all. */
export function ownDrop(name: string, how: Circumstances): Severity | null {
  if (isBestEffort(name) || how.form === 'defer' || how.form === 'go') return null;
  if (/std(?:out|err|log)/i.test(how.receiverText) || /(?:^|\.)Discard$/.test(how.firstText)) return null;
  if (/^[rR]emove|^[dD]elete/.test(name) && /te?mp|sock|lock|pid/i.test(how.firstText)) return null;
  if (how.form !== 'blank') return 'medium';
  return CONSEQUENTIAL.test(name) ? 'low' : null;
}

/** Functions without side effects: a call of which nothing is used does nothing. */
const PURE: readonly RegExp[] = [
  /^errors\.(?:New|Join)$/,
  /^fmt\.(?:Errorf|Sprint|Sprintf|Sprintln)$/,
  /^strings\.(?!NewReplacer)(?:[A-Z]\w*)$/,
  /^strconv\.(?:Itoa|Format\w+|Quote\w*)$/,
  /^path\.\w+$/,
  /^path\/filepath\.(?:Join|Base|Dir|Clean|Ext|FromSlash|ToSlash)$/,
  /^net\/http\.Request\.(?:WithContext|Clone)$/,
  /^context\.(?:WithValue|WithoutCancel)$/,
  /^time\.Time\.(?:Add|AddDate|UTC|Local|In|Round|Truncate|Format)$/,
];

export function isPure(callee: string): boolean {
  return PURE.some((pattern) => pattern.test(callee));
}
