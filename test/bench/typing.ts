/**
 * From a key to its diagnostics in large files, through the real protocol: against a server that does nothing, and in the
 * largest file against the language server of ast-grep with its fifty rules.
 */
import { type TestClient, temporaryWorkspace } from '../lsp/client.ts';
import { AST_GREP_CONFIGURATION, astGrepBinary } from './astGrep.ts';
import type { BenchLanguage } from './languages.ts';
import { bundle, median, peakProbe, percentile, type Row, ratios, rowsOf } from './measure.ts';
import { ping, placeOf, pulling, pushedWhole, startServer, startTyping, type Typist } from './typist.ts';

const SIZES = [1_000, 5_000, 20_000];
const LARGEST = 20_000;
/** Keys whose time is not counted: they run code that is not compiled yet. */
const WARM_UP = 60;
/** ast-grep takes hundreds of milliseconds for a key. */
const AST_GREP_KEYS = 10;

interface Contender {
  readonly typist: Typist;
  readonly keys: number;
  /** Times of each round. */
  readonly rounds: number[][];
}

export interface TypingOptions {
  readonly rounds: number;
  /** Keys per round. */
  readonly keys: number;
}

export async function typingRows(language: BenchLanguage, options: TypingOptions): Promise<readonly Row[]> {
  const rows: Row[] = [];
  /** Median beyond the echo server, by round and number of lines. */
  const beyond = new Map<number, number[]>();
  for (const lines of SIZES) {
    const { rows: own, own: work } = await rowsOfSize(language, lines, options);
    rows.push(...own);
    beyond.set(lines, work);
  }
  const { row } = rowsOf(`Typing (${language.id})`);
  const growth = ratios(beyond.get(20_000)!, beyond.get(5_000)!);
  rows.push(row('beyond the echo server, 20,000 lines / 5,000 lines, median', growth, 'x', 2.5));
  return rows;
}

async function rowsOfSize(
  language: BenchLanguage,
  lines: number,
  { rounds, keys }: TypingOptions,
): Promise<{ readonly rows: readonly Row[]; readonly own: number[] }> {
  const { row, missing } = rowsOf(`Typing (${language.id}), ${lines.toLocaleString('en')} lines`);
  const { file, indent, statement } = language;
  const text = language.largeFile(lines);
  const at = placeOf(text, language.behind, 0.5);
  const workspace = temporaryWorkspace({ ...language.others, [file]: text });
  const { folder } = workspace;

  const probe = peakProbe();
  const server = await startServer(folder, {
    pull: true,
    nodeArguments: probe.args,
    environment: probe.environment,
  });
  await server.ready();
  await server.open(file, text);
  await server.diagnostics(file);
  const echo = await startServer(folder, {
    pull: true,
    command: [process.execPath, await bundle('echoServer'), '--stdio'],
  });
  await echo.open(file, text);
  const contenders: Record<'server' | 'echo', Contender> & { astGrep?: Contender } = {
    server: { typist: await startTyping(pulling(server, file), at, indent, statement), keys, rounds: [] },
    echo: { typist: await startTyping(pulling(echo, file), at, indent, statement), keys, rounds: [] },
  };
  const isCompared = lines === LARGEST && language.astGrep;
  const binary = isCompared ? astGrepBinary() : null;
  let astGrep: TestClient | null = null;
  if (binary !== null) {
    astGrep = await startServer(folder, {
      pull: false,
      command: [binary, 'lsp', '--config', AST_GREP_CONFIGURATION],
    });
    await astGrep.open(file, text);
    const { pushed } = astGrep;
    const uri = astGrep.uri(file);
    await astGrep.until(() => pushed.has(uri));
    const typist = await startTyping(pushedWhole(astGrep, file, text), at, indent, statement);
    contenders.astGrep = { typist, keys: Math.min(keys, AST_GREP_KEYS), rounds: [] };
  }

  for (const { typist } of [contenders.server, contenders.echo]) {
    for (let key = 0; key < WARM_UP; key++) await typist.key();
  }
  const trips: number[] = [];
  for (let round = 0; round < rounds; round++) {
    for (const contender of Object.values(contenders)) {
      const times: number[] = [];
      for (let key = 0; key < contender.keys; key++) times.push(await contender.typist.key());
      contender.rounds.push(times);
    }
    for (let i = 0; i < keys; i++) trips.push(await ping(server));
  }
  for (const client of [server, echo, ...(astGrep === null ? [] : [astGrep])]) await client.stop();
  workspace.remove();

  const medians = (contender: Contender): number[] => contender.rounds.map(median);
  const tails = (contender: Contender): number[] => contender.rounds.map((times) => percentile(times, 0.95));
  const isLargest = lines === LARGEST;
  const overAstGrep = 'median / ast-grep lsp, 50 rules';
  const rows = [
    row('bare round trip of the server, median', median(trips), 'ms'),
    row('echo server, key to diagnostics, median', medians(contenders.echo), 'ms'),
    row('key to diagnostics, median', medians(contenders.server), 'ms'),
    row('key to diagnostics, p95', tails(contenders.server), 'ms', ...(isLargest ? [16] : [])),
    row(
      'median / echo server',
      ratios(medians(contenders.server), medians(contenders.echo)),
      'x',
      ...(isLargest ? [3] : []),
    ),
    ...(!isCompared
      ? []
      : contenders.astGrep === undefined
        ? [missing(overAstGrep, 'ast-grep is not installed')]
        : [
            row('ast-grep lsp, 50 rules, key to diagnostics, median', medians(contenders.astGrep), 'ms'),
            row(overAstGrep, ratios(medians(contenders.server), medians(contenders.astGrep)), 'x', 0.1),
          ]),
    row('peak memory of the server', probe.read(), 'MB', 90 + (30 * text.length) / 1e6),
  ];
  const own = contenders.server.rounds.map((times, round) => median(times) - median(contenders.echo.rounds[round]!));
  return { rows, own };
}
