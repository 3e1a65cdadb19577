/**
 * Files of Go programs that a request or an archive names: os.Open and its like, http.ServeFile, the file answers of
 * web frameworks. A name that was cut to its last element, rooted, or tested in any way is fine; so are arguments of
 * the command line and what functions of the code base return.
 */
import type { Fix, Verdict } from '../../../core/model/verdict.ts';
import type { NodeDetector } from '../../../core/rulekit/rule.ts';
import { plainType } from '../../../knowledge/go/frameworks.ts';
import { inputSinkJudge, parameterSink } from '../../../knowledge/go/inputFlow.ts';
import { INPUT_NAMES } from '../../../knowledge/go/inputs.ts';
import { type GoHeader, localNameOf } from '../../../languages/go/header.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import { type Leaf, originsAround } from '../../../languages/go/origin.ts';
import {
  assignedValues,
  callArguments,
  calledName,
  enclosingFunction,
  indentationOf,
  lineBreakOf,
  parametersOf,
  resultsOf,
  shortText,
  statementOf,
} from '../../../languages/go/syntax.ts';
import { typesAround } from '../../../languages/go/types.ts';

/** Functions that open, write or remove what a path names, and which argument the path is. */
const FUNCTIONS: Readonly<Record<string, readonly number[]>> = {
  'os.Open': [0],
  'os.OpenFile': [0],
  'os.Create': [0],
  'os.ReadFile': [0],
  'os.WriteFile': [0],
  'os.ReadDir': [0],
  'os.Remove': [0],
  'os.RemoveAll': [0],
  'os.Mkdir': [0],
  'os.MkdirAll': [0],
  'os.Rename': [0, 1],
  'os.Symlink': [0, 1],
  'os.Link': [0, 1],
  'os.Chmod': [0],
  'io/ioutil.ReadFile': [0],
  'io/ioutil.WriteFile': [0],
  'io/ioutil.ReadDir': [0],
  'net/http.ServeFile': [2],
  'html/template.ParseFiles': [0],
  'text/template.ParseFiles': [0],
};

/** Methods of contexts that send or keep a file, by type. */
const METHODS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  'github.com/gin-gonic/gin.Context': { File: 0, FileAttachment: 0, SaveUploadedFile: 1 },
  'github.com/labstack/echo.Context': { File: 0, Attachment: 0, Inline: 0 },
  'github.com/gofiber/fiber.Ctx': { SendFile: 0, Download: 0, SaveFile: 1 },
};

const NAMES = new Set([
  ...Object.keys(FUNCTIONS).map((id) => id.slice(id.lastIndexOf('.') + 1)),
  ...Object.values(METHODS).flatMap((methods) => Object.keys(methods)),
]);

/** What leaves no way out of the folder. */
function isHarmless(via: string): boolean {
  return /^(?:rooted|path(?:\/filepath)?\.(?:Base|Ext)|net\/url\.(?:Path|Query)Escape)$/.test(via);
}

const files: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  triggers: [
    'Open',
    'Create',
    'File',
    'Remove',
    'Mkdir',
    'Rename',
    'Dir',
    'link',
    'Link',
    'Chmod',
    'Download',
    'Attachment',
    'Inline',
  ],
  calls: (name) => NAMES.has(name),
  *check(node, ctx): Iterable<Verdict> {
    if (node.child('function')?.kind !== 'selector_expression') return;
    const types = typesAround(ctx, node);
    const callee = types?.calleeOf(node);
    if (callee === undefined) return;
    let paths: readonly number[] = [];
    let id = '';
    if (callee.kind === 'package') {
      id = `${callee.path}.${callee.name}`;
      paths = Object.hasOwn(FUNCTIONS, id) ? FUNCTIONS[id]! : [];
    } else if (callee.kind === 'method') {
      const methods = METHODS[plainType(callee.type) ?? ''];
      const at = methods !== undefined && Object.hasOwn(methods, callee.name) ? methods[callee.name] : undefined;
      if (at !== undefined) paths = [at];
    }
    const values = callArguments(node);
    for (const position of paths) {
      const value = values[position];
      if (value === undefined || value.kind.endsWith('string_literal')) continue;
      const origins = originsAround(ctx, node);
      if (origins === null) return;
      const input = origins.inputIn(value, isHarmless);
      if (input === null) {
        // Input that was made harmless shows that somebody thought of it.
        if (origins.leavesOf(value).some((leaf) => leaf.nature === 'input'))
          yield { kind: 'pass', subject: value.span };
        const sink = parameterSink('path-traversal', value, origins, {
          message: 'input',
          args: { value: shortText(value) },
          neutral: isHarmless,
        });
        if (sink !== null && !isUsedBefore(value, origins.leavesOf(value))) yield sink;
        continue;
      }
      // net/http has cut the name of an upload to its last element.
      if (input.input === 'fileName') continue;
      // ServeFile itself refuses a path of the request with `..` in it.
      if (id === 'net/http.ServeFile' && (input.input === 'url' || input.input === 'path')) continue;
      if (input.input === 'body' && input.fields.length === 0) continue;
      if (isUsedBefore(value, [input])) return;
      yield {
        kind: 'fail',
        subject: value.span,
        message: input.input === 'archive' ? 'archive' : 'input',
        args: { value: shortText(value), source: INPUT_NAMES[input.input!] },
        fixes: checkFix(node, input, ctx.file.header),
      };
      return;
    }
  },
};

/** Whether an earlier call uses the same variable as a path: one finding is enough. */
function isUsedBefore(value: GoNode, leaves: readonly Leaf[]): boolean {
  const variables = new Set(leaves.flatMap((leaf) => leaf.bindings.slice(0, 1)));
  return [...variables].some((variable) =>
    variable.uses.some((use) => {
      if (use.start >= value.start) return false;
      for (let call = use.ancestor('call_expression', 'block'); call?.kind === 'call_expression'; ) {
        if (NAMES.has(calledName(call)) && call.child('function')?.contains(use) === false) return true;
        call = call.ancestor('call_expression', 'block');
      }
      return false;
    }),
  );
}

/** Checks the name before it is used, where the function can say no. */
function checkFix(node: GoNode, leaf: Leaf, header: GoHeader): readonly Fix[] {
  const variable = leaf.bindings.at(-1);
  const owner = enclosingFunction(node);
  const statement = statementOf(node);
  if (variable === undefined || owner === null || statement === null || variable.owner !== owner.index) return [];
  const declaration = variable.node.parent?.parent ?? null;
  if (leaf.fields.length > 0 || declaration?.kind !== 'short_var_declaration') return [];
  // Only the bare name can be checked; a path that is joined already may be absolute.
  const value = assignedValues(declaration)[0];
  if (value === undefined || value.kind === 'binary_expression' || /\b(?:Join|Sprintf)\(/.test(value.text)) return [];
  const block = declaration.parent;
  if (block?.kind !== 'statement_list' || !block.contains(statement) || statement.start <= declaration.start) return [];
  const answer = refusal(owner, variable.name, header);
  if (answer === null) return [];
  const indent = indentationOf(statement);
  const line = lineBreakOf(node);
  const filepath = localNameOf(header, 'path/filepath') ?? 'filepath';
  const lines = [`if !${filepath}.IsLocal(${variable.name}) {`, ...answer.lines.map((text) => `\t${text}`), '}'];
  return [
    {
      title: `Check that ${variable.name} stays in its folder`,
      safety: 'suggestion',
      preferred: true,
      edits: [
        {
          kind: 'replace',
          span: { start: statement.start, end: statement.start },
          newText: lines.map((text) => `${text}${line}${indent}`).join(''),
        },
        { kind: 'import', add: ['path/filepath', ...answer.imports] },
      ],
    },
  ];
}

function refusal(
  owner: GoNode,
  name: string,
  header: GoHeader,
): { readonly lines: readonly string[]; readonly imports: readonly string[] } | null {
  const results = resultsOf(owner);
  if (results.length === 1 && results[0]!.type.text === 'error') {
    return { lines: [`return fmt.Errorf("%q leaves the folder", ${name})`], imports: ['fmt'] };
  }
  if (results.length > 0) return null;
  const http = localNameOf(header, 'net/http') ?? 'http';
  for (const parameter of parametersOf(owner)) {
    if (parameter.name === '' || parameter.name === '_') continue;
    if (parameter.type.text === `${http}.ResponseWriter`) {
      return {
        lines: [`${http}.Error(${parameter.name}, "invalid name", ${http}.StatusBadRequest)`, 'return'],
        imports: [],
      };
    }
    if (parameter.type.text === '*gin.Context') {
      return {
        lines: [`${parameter.name}.AbortWithStatus(${http}.StatusBadRequest)`, 'return'],
        imports: ['net/http'],
      };
    }
  }
  return null;
}

export const go: readonly NodeDetector[] = [files as NodeDetector];

export const judge = inputSinkJudge('path-traversal', (kind) => kind !== 'fileName' && kind !== 'archive');
