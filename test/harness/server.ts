/**
 * The language server inside the test's own process, behind the real protocol: what it holds can be looked at, and its
 * timers are those of the test. And what a fresh audit of the same files says, to compare it with.
 */
import { PassThrough } from 'node:stream';
import {
  createConnection,
  type Diagnostic,
  type Message,
  ProposedFeatures,
  StreamMessageReader,
  StreamMessageWriter,
} from 'vscode-languageserver/node';
import { type WorkspaceDiagnosticReport, WorkspaceDiagnosticRequest } from 'vscode-languageserver-protocol/node';
import { URI } from 'vscode-uri';
import type { EngineConfiguration } from '../../server/src/core/engine/configuration.ts';
import type { Engine } from '../../server/src/core/engine/engine.ts';
import type { Problem } from '../../server/src/core/engine/problem.ts';
import { isManifest } from '../../server/src/core/engine/roles.ts';
import { directoryOf } from '../../server/src/core/model/path.ts';
import { buildAudit } from '../../server/src/core/present/build.ts';
import { toJsonReport } from '../../server/src/core/present/json.ts';
import { findWorkspace, VOCABULARY } from '../../server/src/entry/workspace.ts';
import { type Host, isProblem } from '../../server/src/host/host.ts';
import { createNodeHost } from '../../server/src/host/node/nodeHost.ts';
import { componentsOf } from '../../server/src/knowledge/project/components.ts';
import { toDiagnostic } from '../../server/src/lsp/convert.ts';
import { shakeHands } from '../../server/src/lsp/handshake.ts';
import { serve } from '../../server/src/lsp/server.ts';
import { REPORT_REQUEST, type ReportResult } from '../../server/src/protocol.ts';
import { chooseRubric, DEFAULT_RUBRIC } from '../../server/src/rubrics/rubrics.ts';
import { RULES } from '../../server/src/rules/index.gen.ts';
import { type ClientOptions, TestClient, type Transport } from '../lsp/client.ts';
import { newEngine, TODAY, testSyntax } from './engine.ts';

export interface ServerHere {
  readonly transport: Transport;
  /** The server's engine; undefined until it has started. */
  engine(): Engine | undefined;
}

export interface ServerSetup {
  /** The server's view of the disk. */
  readonly hostOf?: (folder: string) => Host;
  /** Called with each message at the moment that the server sends it. */
  readonly onSend?: (message: Message, engine: Engine | undefined) => void;
}

/** Starts a server here. */
export function serveHere({ hostOf = createNodeHost, onSend }: ServerSetup = {}): ServerHere {
  const toServer = new PassThrough();
  const toClient = new PassThrough();
  let engine: Engine | undefined;
  const writer = new StreamMessageWriter(toClient);
  const write = writer.write.bind(writer);
  writer.write = (message) => {
    onSend?.(message, engine);
    return write(message);
  };
  const reader = new StreamMessageReader(toServer);
  shakeHands(
    (messageStrategy) => createConnection(ProposedFeatures.all, reader, writer, { messageStrategy }),
    async (connection, params) =>
      serve(
        {
          connection,
          createEngine: async () => {
            // What rests is as good as what is awake: the audits that these servers are compared with know no rest.
            engine = newEngine(await testSyntax(), RULES, { factLimit: 100, editLimit: 500 });
            return engine;
          },
          createHost: hostOf,
          vocabulary: VOCABULARY,
          chooseRubric,
          now: () => `${TODAY}T12:00:00Z`,
        },
        params,
      ),
  );
  return {
    transport: { reader: new StreamMessageReader(toClient), writer: new StreamMessageWriter(toServer) },
    engine: () => engine,
  };
}

/** A client of a server that was started here. */
export async function startHere(
  folder: string,
  options: Omit<ClientOptions, 'server'> = { pull: true },
  setup: ServerSetup = {},
): Promise<{ readonly client: TestClient; readonly engine: Engine }> {
  const server = serveHere(setup);
  const client = await TestClient.start(folder, { ...options, server: server.transport });
  await client.ready();
  return { client, engine: server.engine()! };
}

type Report = Omit<ReturnType<typeof toJsonReport>, 'root'>;

/** What is found in a workspace: the report, and the diagnostics of each file that has any. */
export interface Shown {
  readonly report: Report;
  readonly diagnostics: Readonly<Record<string, readonly Diagnostic[]>>;
}

/** The report without the name of the workspace, which is that of a temporary folder. */
export function withoutRoot(report: string): Report {
  const { root, ...rest } = JSON.parse(report) as Report & { readonly root: string };
  // A component at the root that nothing names has the name of the folder, too.
  const components = rest.components.map((each) =>
    each.path === '' && each.name === root ? { ...each, name: '' } : each,
  );
  return { ...rest, components };
}

/** What the server shows when it has settled. */
export async function shownBy(client: TestClient): Promise<Shown> {
  const { content }: ReportResult = await client.connection.sendRequest(REPORT_REQUEST, { format: 'json' });
  const { items }: WorkspaceDiagnosticReport = await client.connection.sendRequest(WorkspaceDiagnosticRequest.type, {
    previousResultIds: [],
  });
  const diagnostics = items.flatMap((item) => (item.kind === 'full' ? [[item.uri, item.items] as const] : []));
  return { report: withoutRoot(content), diagnostics: findingsIn(diagnostics) };
}

/** Diagnostics by URI, of findings only: what is wrong with the configuration no audit says. */
export function findingsIn(
  all: Iterable<readonly [uri: string, items: readonly Diagnostic[]]>,
): Readonly<Record<string, readonly Diagnostic[]>> {
  const findings = [...all].map(
    ([uri, items]) => [uri, items.filter((item) => item.code !== 'configuration')] as const,
  );
  return sorted(findings.filter(([, items]) => items.length > 0));
}

export interface FreshOptions {
  /** Documents that are open: they stand for what the disk holds. */
  readonly texts?: ReadonlyMap<string, string>;
  readonly rules?: EngineConfiguration['rules'];
  readonly exclude?: readonly string[];
}

/** What a fresh audit shows of a folder. */
export async function shownAfresh(folder: string, options: FreshOptions = {}): Promise<Shown> {
  const { engine, unread } = await auditAfresh(folder, options);
  const uriOf = (path: string): string => URI.file(`${folder}/${path}`).toString();
  const diagnostics = engine.paths.flatMap((path) => {
    const items = engine.findings(path).map((finding) => {
      return toDiagnostic(finding, uriOf, undefined, engine.ruleOf(finding.ruleId));
    });
    return items.length === 0 ? [] : [[uriOf(path), items] as const];
  });
  const audit = buildAudit(engine, {
    root: '',
    rubric: DEFAULT_RUBRIC,
    unread,
    detail: 'full',
    components: (workspace) => componentsOf(workspace, []),
  });
  const shown = { report: withoutRoot(JSON.stringify(toJsonReport(audit))), diagnostics: sorted(diagnostics) };
  engine.dispose();
  return JSON.parse(JSON.stringify(shown)) as Shown;
}

async function auditAfresh(
  folder: string,
  { texts = new Map(), rules = {}, exclude = [] }: FreshOptions,
): Promise<{ readonly engine: Engine; readonly unread: readonly Problem[] }> {
  const host = createNodeHost(folder);
  const { configuration, listing } = await findWorkspace(host, async () => {}, exclude);
  const engine = newEngine(await testSyntax(), RULES);
  const settings = configuration.engineSettings();
  engine.configure({ ...settings, rules: { ...settings.rules, ...rules }, today: TODAY });
  const { paths, problems } = listing;
  const filter = host.filter([...exclude, ...configuration.excludeOf('')]);
  const unread = [...problems];
  engine.setManifestDirectories(paths.filter(isManifest).map(directoryOf));
  for (const path of [...new Set([...paths, ...texts.keys()])].sort()) {
    const given = (await filter.takes(path)) ? texts.get(path) : undefined;
    const source = given === undefined && paths.includes(path) ? await host.open(path) : null;
    if (given !== undefined) engine.setFile(path, given, false);
    else if (source !== null && isProblem(source)) unread.push(source);
    else if (source !== null) engine.setFile(path, source.text(), false);
  }
  engine.judge();
  return { engine, unread };
}

function sorted<T>(entries: readonly (readonly [string, T])[]): Readonly<Record<string, T>> {
  return Object.fromEntries([...entries].sort(([a], [b]) => (a < b ? -1 : 1)));
}
