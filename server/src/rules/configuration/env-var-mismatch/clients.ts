/**
 * Python: clients of the project that get their key from one variable in one file and from another variable elsewhere.
 * Which of the two is meant is told by the library that the client is made of: `OPENROUTER_API_KEY` is none of Gemini's.
 */
import type { Place } from '../../../core/model/location.ts';
import type { FactVerdict } from '../../../core/model/verdict.ts';
import {
  type ChunkContext,
  defineDerivation,
  type FactView,
  fact,
  type NodeDetector,
} from '../../../core/rulekit/rule.ts';
import { allFacts, type Part, placeIn } from '../../../knowledge/facts.ts';
import { pythonModules } from '../../../knowledge/python/modules.ts';
import { callChain, chainOf, headerOf } from '../../../languages/python/chains.ts';
import type { PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import { scopesAround } from '../../../languages/python/scope.ts';
import { assignedValue, stringValue } from '../../../languages/python/strings.ts';
import {
  argumentOf,
  calledName,
  keywordArguments,
  positionalArguments,
  unparenthesized,
} from '../../../languages/python/syntax.ts';

/** Key: name of a class. Its call gets a key; `global`: the module's name that holds it, `variable` where it is read in place. */
export const CLIENT = 'env-var-mismatch.client';
/** Key: a name at module level that holds a variable. */
const HELD = 'env-var-mismatch.held';

type Read = { readonly variable: string } & Part;
type Client = { readonly chain: string; readonly global: string; readonly read: Read | null };

/** Whether two names end the same, so that one may stand in the place of the other: `A_API_KEY` and `B_API_KEY`. */
export function isSameKind(a: string, b: string): boolean {
  const kind = /(?:API_KEY|SECRET_KEY|ACCESS_KEY|TOKEN|PASSWORD|DATABASE_URL|REDIS_URL|DSN)$/.exec(a)?.[0];
  return kind !== undefined && b.endsWith(kind);
}

/** The variable that an expression reads, with the place of its name. */
function readIn(value: PythonNode, ctx: ChunkContext): Read | null {
  const inner = unparenthesized(value);
  const key =
    inner.kind === 'subscript'
      ? chainOf(inner.child('value') ?? inner, ctx) === 'os.environ'
        ? inner.child('subscript')
        : null
      : inner.kind === 'call' && /^os\.(?:getenv|environ\.get)$/.test(callChain(inner, ctx))
        ? argumentOf(inner, 'key', 0)
        : null;
  const variable = key?.kind === 'string' ? stringValue(key) : null;
  if (key === null || variable === null || !key.text.endsWith(`${variable}${key.text.at(-1)}`)) return null;
  return { variable, start: key.end - 1 - variable.length, end: key.end - 1 };
}

const held: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['assignment'],
  triggers: ['getenv', 'environ'],
  *check(node, ctx): Iterable<FactVerdict> {
    const left = node.child('left');
    const right = node.child('right');
    if (left?.kind !== 'identifier' || right === null) return;
    if (node.ancestor('function_definition', 'class_definition', 'if_statement') !== null) return;
    const read = readIn(right, ctx);
    if (read !== null) yield fact(HELD, left.text, read, node);
  },
};

const made: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call'],
  triggers: ['key', 'KEY', 'token', 'TOKEN', 'secret', 'SECRET'],
  calls: (name) => /^[A-Z][a-z]/.test(name),
  *check(node, ctx): Iterable<FactVerdict> {
    if (!headerOf(ctx).imports.some(({ module }) => module === 'os')) return;
    const values = [...positionalArguments(node), ...keywordArguments(node).map(({ value }) => value)];
    // What else the client is given may be what makes it another client.
    const [value] = values;
    if (value === undefined || values.length !== 1) return;
    const chain = callChain(node, ctx);
    if (chain === '') return;
    const inner = unparenthesized(value);
    const assigned = inner.kind === 'identifier' ? assignedValue(inner, ctx) : null;
    const read = readIn(assigned ?? inner, ctx);
    const isGlobal =
      read === null &&
      inner.kind === 'identifier' &&
      headerOf(ctx).globals.some(({ name }) => name === inner.text) &&
      scopesAround(ctx, inner).bindingScope(inner) === null;
    if (read === null && !isGlobal) return;
    yield fact(CLIENT, calledName(node), { chain, global: isGlobal ? inner.text : '', read } satisfies Client, node);
  },
};

export const clientDetectors: readonly NodeDetector[] = [held as NodeDetector, made as NodeDetector];

/** A variable that a client is made with in one place. */
interface Use {
  readonly client: string;
  readonly variable: string;
  /** The name of the variable where it is read. */
  readonly place: Place;
}

export interface WrongRead extends Use {
  readonly meant: Use;
}

/** The file that a class is defined in, by how its call is written; null for classes of libraries. */
function definingFile(facts: FactView, { chain }: Client, path: string): string | null {
  if (chain.startsWith(':')) return path;
  const module = chain.slice(0, chain.lastIndexOf('.'));
  const found = module === '' ? null : pythonModules(facts).resolve(module, path);
  return found?.kind === 'file' ? found.path : null;
}

/** Words of the libraries that a file imports, as they occur in names of variables. */
function libraryWords(facts: FactView, path: string): ReadonlySet<string> {
  const words = new Set<string>();
  for (const { key, place, value } of allFacts(facts, 'python.import')) {
    if (place.path !== path || value.typing) continue;
    const module = value.member === '' ? key : `${key}.${value.member}`;
    if (/^google\.(?:generativeai|genai)\b|^vertexai\b/.test(module)) words.add('GEMINI').add('GOOGLE').add('GENAI');
    else for (const word of module.split(/[._]/)) if (word.length > 3) words.add(word.toUpperCase());
  }
  return words;
}

/** Reads of a variable that belongs to another library than the client which gets it, by path and name. */
export const wrongReads = defineDerivation('env-var-mismatch.clients', (facts): readonly WrongRead[] => {
  const clients = new Map<string, Use[]>();
  for (const made of facts.all(CLIENT)) {
    const { path } = made.place;
    const value = made.value as Client;
    const file = facts.role(path) === 'production' ? definingFile(facts, value, path) : null;
    const holders =
      value.read === null ? facts.lookup(HELD, value.global).filter(({ place }) => place.path === path) : [made];
    const [holder] = holders;
    if (file === null || holder === undefined || holders.length > 1) continue;
    const { variable, start, end } = value.read ?? (holder.value as Read);
    const key = `${file} ${made.key}`;
    const uses = clients.get(key) ?? [];
    clients.set(key, uses);
    uses.push({ client: made.key, variable, place: placeIn(holder, { start, end }) });
  }
  const wrong: WrongRead[] = [];
  for (const [key, uses] of clients) {
    if (new Set(uses.map(({ variable }) => variable)).size !== 2) continue;
    const words = libraryWords(facts, key.slice(0, key.lastIndexOf(' ')));
    const fits = ({ variable }: Use): boolean => variable.split('_').some((word) => words.has(word));
    const meant = uses.find(fits);
    if (meant === undefined) continue;
    for (const use of uses) {
      if (fits(use) || use.place.path === meant.place.path || !isSameKind(use.variable, meant.variable)) continue;
      wrong.push({ ...use, meant });
    }
  }
  return wrong;
});
