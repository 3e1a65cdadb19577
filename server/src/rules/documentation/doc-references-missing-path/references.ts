/**
 * Files of the project that a Markdown document names: targets of links, names written as code, programs that commands
 * start, and modules that Python examples import. Only what is written out; whether it is there is for the judge.
 */
import { directoryOf } from '../../../core/model/path.ts';
import type { FactVerdict } from '../../../core/model/verdict.ts';
import { fact, type TextDetector } from '../../../core/rulekit/rule.ts';
import { resolvedPath } from '../../../knowledge/project/tree.ts';

/** Key: the name as written. */
export const NAMED = 'doc-references-missing-path.named';
export type Named = {
  /** `module`: the file of a module that an example imports. `past`: named in a document about other times. */
  readonly kind: 'link' | 'file' | 'program' | 'module' | 'past';
  /** Where it should be, from the root; '' when that is not known. */
  readonly path: string;
};

/** Documents about what was, will be, or is the business of somebody else. */
const OTHER_TIMES =
  /change|history|release|roadmap|proposal|rfcs?\b|\badrs?\b|decision|design|plan|todo|news|migrat|upgrad|archive|blog|post-?mortem|clean-?up|audit|review|\bspecs?\b|template|(?:^|\/)\.|(?:^|\/)v\d+\.md$/i;
/** Lines about what is not there, not yet, or made by the reader. */
const HEDGED =
  /deprecat|remov|no longer|former|previous|rename|legacy|obsolete|future|planned|todo|will be|coming soon|not yet|e\.g\.|for instance|such as|would|could|\bif\b|creat|generat|\bsav|\bwrit|\boutput|\badd\b|\bnew\b|ignored|instead of|replaced|delet|missing|copy|upload|download|your|produc|例如|比如|示例|如：|自动|生成|创建|新建|删除/i;
const PLACEHOLDER = /xxx|\bfoo|\bbar\b|baz|your|\bmy|path\/to|<|>|\.\.\.|\*|placeholder|some|\$|\{|%|\bN\b/i;
/** Names that stand for any file of their kind, or that every project may have. */
const GENERIC =
  /^(?:examples?|app|main|script|test|tests|hello(?:[_-]?world)?|demo|file|module|index|settings|manage|wsgi|asgi|urls|models|views|admin|config|conftest|setup|run|start|install|build|deploy|__init__|__main__|utils|plugin|server|client|agent|discord|web|\w+_(?:config|settings)|(?:README|CHANGELOG|CONTRIBUTING|LICENSE|SECURITY|CLAUDE|AGENTS|GEMINI|SKILLS?|MEMORY|TODO|NOTES)(?=\.md$))\.\w+$/i;

const FENCE = /^[ \t]*(?:>[ \t]*)?(`{3,}|~{3,})[ \t]*([\w+-]*)(.*)/;
const SHELL = /^(?:|sh|bash|shell|console|zsh|terminal|shell-session|shellsession|text|cmd|powershell|ps1|pwsh|bat)$/;
const LINK =
  /\]\(\s*<?([^)#\s:<>?$]+\.(?:go|py|md|ya?ml|json|toml|sh|ps1|proto|sql|mod|txt))(?:#[^)\s]*)?>?(?:\s+"[^"]*")?\s*\)/g;
const FILE = /(?<!`)`(?:\.[\\/])?((?:[\w-][\w.-]*\/)*[\w-][\w.-]*\.(?:py|sh|ps1|md))(?::\d+)?`(?!`)/g;
const PROGRAM =
  /(?:^|&&|;|`)[ \t]*(?:(?:[$%>]|PS[^>]*>)[ \t]+)?(?:python3?|py|bash|sh|pwsh|powershell)[ \t]+(?:-[uBEIs][ \t]+|-File[ \t]+)?((?:\.[\\/])?[\w-][\w.\\/-]*\.(?:py|sh|ps1))(?=[\s`"'&;|]|$)/g;
const STARTED =
  /^[ \t]*(?:(?:[$%>]|PS[^>]*>)[ \t]+)?\.[\\/]((?:[\w-]+[\\/])+[\w-][\w.-]*\.(?:py|sh|ps1)|[\w-]+\.ps1)(?=\s|$)/g;
const IMPORT = /^(?:from[ \t]+([a-z_]\w*)[ \t]+import\b|import[ \t]+([a-z_]\w*)[ \t]*(?:as\b|#|$))/g;

/** What leads to a list of files that are only thought of. */
const PROPOSED = /建议|新增|优先|后续|计划|规划|可以?新增|planned|future|proposed|suggest|roadmap|\btodo\b/i;

/** Headings of sections about what is gone. */
const GONE = /^#+.*(?:remov|delet|dropp|obsolet|deprecat)|^\W*(?:files?|modules?|scripts?)\b.*(?:removed|deleted)\W*$/i;

/** What the reader of the document makes or fetches. */
const MAKES =
  /\b(?:touch|nano|vim?|curl|wget|cp|mv|tee|New-Item|code)\b|>|creat|generat|\bsave\b|\bnew file|https?:|创建|新建/i;

interface Line {
  readonly text: string;
  readonly start: number;
  /** Language of the code block around, null for prose. */
  readonly block: string | null;
}

function linesOf(text: string): readonly Line[] {
  const lines: Line[] = [];
  let fence: { readonly marker: string; readonly language: string } | null = null;
  for (const match of text.matchAll(/[^\r\n]+/g)) {
    const mark: RegExpExecArray | null = FENCE.exec(match[0]);
    if (fence !== null && mark !== null && mark[1]!.startsWith(fence.marker) && mark[2] === '') fence = null;
    else if (fence === null && mark !== null) {
      fence = { marker: mark[1]!, language: mark[2]!.toLowerCase() };
      // What the block shows may be named behind its language.
      lines.push({ text: mark[3]!, start: match.index + match[0].length - mark[3]!.length, block: '#' });
    } else lines.push({ text: match[0], start: match.index, block: fence?.language ?? null });
  }
  return lines;
}

function lastOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** Names of files that the document shows the content of, or that it has its reader make. */
function madeBy(lines: readonly Line[]): ReadonlySet<string> {
  const made = new Set<string>();
  for (const [index, { text, block }] of lines.entries()) {
    const names = [...text.matchAll(/[\w-][\w.-]*\.(?:py|sh|ps1|md|json|ya?ml|txt|toml)\b/g)].map((match) => match[0]);
    if (names.length === 0) continue;
    const next = lines[index + 1];
    const isTitle =
      block === '#' ||
      (block === null && next?.block === '#') ||
      (block !== null && lines[index - 1]?.block === '#' && /^\s*(?:#|\/\/|<!--)/.test(text));
    if (isTitle || MAKES.test(text)) for (const name of names) made.add(name);
  }
  return made;
}

export const references: TextDetector = {
  text: true,
  triggers: ['.py', '.sh', '.ps1', '.md', '](', 'import '],
  *check(source, ctx) {
    const { path } = ctx.file;
    if (source.length > 300_000) return;
    if (OTHER_TIMES.test(path)) {
      for (const name of new Set([...source.matchAll(/`([\w-]+\.py)`/g)].map((match) => match[1]!)))
        yield fact(NAMED, name, { kind: 'past', path: '' } satisfies Named, { start: 0, end: 0 });
      return;
    }
    // A byte order mark counts as a blank, so that offsets stay as they are.
    const text = source.replace(/^\uFEFF/, ' ');
    // Generators of sites resolve links in ways of their own.
    const isSite = /^\s*---\r?\n/.test(text) || text.includes('{{<') || text.includes('{%');
    const lines = linesOf(text);
    const made = madeBy(lines);
    const directory = directoryOf(path);
    const said = new Set<string>();
    const named = function* (kind: Named['kind'], name: string, start: number, length: number): Generator<FactVerdict> {
      const plain = name.replace(/^\.[\\/]/, '').replaceAll('\\', '/');
      const id = kind === 'module' ? `import ${plain}` : plain;
      if (PLACEHOLDER.test(plain) || said.has(id) || (kind !== 'link' && made.has(lastOf(plain)))) return;
      said.add(id);
      const where = resolvedPath(directory, plain);
      yield fact(NAMED, plain, { kind, path: where ?? '' } satisfies Named, { start, end: start + length });
    };
    let leading = '';
    let showsProgram = false;
    let isGone = false;
    for (const { text: line, start, block } of lines) {
      if (block === null && !/^\s*[-*+|\d]/.test(line)) leading = line;
      if (block === null && (line.startsWith('#') || GONE.test(line))) isGone = GONE.test(line);
      if (block !== null && /^(?:def |class |if __name__|@\w+\.)/.test(line)) showsProgram = true;
      if (block === null) {
        if (!isSite) {
          for (const match of line.matchAll(LINK)) {
            if (!match[1]!.startsWith('/'))
              yield* named('link', match[1]!, start + match.index + match[0].indexOf(match[1]!), match[1]!.length);
          }
        }
        if (!isGone && !HEDGED.test(line) && !PROPOSED.test(leading)) {
          for (const match of line.matchAll(FILE)) {
            if (!GENERIC.test(lastOf(match[1]!)))
              yield* named('file', match[1]!, start + match.index + match[0].indexOf(match[1]!), match[1]!.length);
          }
        }
      }
      if (block === null || SHELL.test(block)) {
        for (const pattern of block === null ? [PROGRAM] : [PROGRAM, STARTED]) {
          for (const match of line.matchAll(pattern)) {
            const name = match[1]!;
            if (/^(?:example|script|test|hello|file|demo|setup|get-pip)\w*\./.test(name)) continue;
            if (block === null && !match[0].startsWith('`')) continue;
            // It may be the program that the document shows.
            if (showsProgram && name.endsWith('.py') && !/[\\/]/.test(name)) continue;
            yield* named('program', name, start + match.index + match[0].lastIndexOf(name), name.length);
          }
        }
      } else if (/^(?:py|python\d?)$/.test(block)) {
        for (const match of line.matchAll(IMPORT)) {
          const name = match[1] ?? match[2]!;
          yield* named('module', `${name}.py`, start + match.index + match[0].indexOf(name, 4), name.length);
        }
      }
    }
  },
};
