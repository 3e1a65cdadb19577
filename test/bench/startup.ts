/**
 * Starting: the server until it answers, until the first diagnostics of an open document and until the full scorecard of
 * a repository, and the activation of the extension.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { temporaryWorkspace } from '../lsp/client.ts';
import { bundle, DIST, interleave, peakProbe, type Row, ratios, rowsOf, runNode } from './measure.ts';
import { startServer } from './typist.ts';

const DOCUMENT = `package main

import "net/http"

func main() {
	_ = http.ListenAndServe(":8080", nil)
}
`;

/** The server with nothing but one small document, and the extension without an editor. */
export async function startRows(rounds: number): Promise<readonly Row[]> {
  const { row } = rowsOf('Start');
  const activate = await bundle('activate');
  const workspace = temporaryWorkspace({ 'go.mod': 'module example.com/small\n\ngo 1.22\n', 'main.go': DOCUMENT });
  const firstDiagnostics: number[] = [];
  const walls = await interleave(rounds, {
    floor: () => runNode('-e', '0').wall,
    async initialize() {
      const start = performance.now();
      const client = await startServer(workspace.folder, { pull: false });
      const answered = performance.now();
      await client.open('main.go', DOCUMENT);
      const uri = client.uri('main.go');
      await client.until(() => (client.pushed.get(uri)?.length ?? 0) > 0);
      firstDiagnostics.push(performance.now() - start);
      await client.ready();
      await client.stop();
      return answered - start;
    },
    activate: () => Number(runNode(activate, join(DIST, 'client.cjs')).stdout),
  });
  workspace.remove();
  return [
    row('node -e 0', walls.floor, 'ms'),
    row('server: start to `initialize` answered', walls.initialize, 'ms'),
    row('start to `initialize` answered / node -e 0', ratios(walls.initialize, walls.floor), 'x', 1.6),
    row('server: start to first diagnostics of an open document', firstDiagnostics, 'ms'),
    row('extension: load and activate, without an editor', walls.activate, 'ms', 50),
  ];
}

/** The server with a repository. */
export async function scorecardRows(folder: string, rounds: number): Promise<readonly Row[]> {
  const { row } = rowsOf(`Start in ${basename(folder)}`);
  const cacheFolder = mkdtempSync(join(tmpdir(), 'shipworthy-cache-'));
  const peaks: Record<'cold' | 'warm', number[]> = { cold: [], warm: [] };
  const start = async (kind: 'cold' | 'warm'): Promise<number> => {
    const probe = peakProbe();
    const begin = performance.now();
    const client = await startServer(folder, {
      pull: true,
      nodeArguments: probe.args,
      environment: probe.environment,
      ...(kind === 'warm' ? { cacheFolder } : {}),
    });
    await client.ready();
    const time = performance.now() - begin;
    await client.stop();
    peaks[kind].push(probe.read());
    return time;
  };
  await start('warm');
  peaks.warm.length = 0;
  const walls = await interleave(rounds, { cold: () => start('cold'), warm: () => start('warm') });
  rmSync(cacheFolder, { recursive: true, force: true });
  return [
    row('server: start to full scorecard, cold', walls.cold, 'ms'),
    row('server: start to full scorecard, warm', walls.warm, 'ms'),
    row('warm / cold', ratios(walls.warm, walls.cold), 'x'),
    row('server: peak memory, cold', peaks.cold, 'MB', 250),
    row('server: peak memory, warm', peaks.warm, 'MB', 250),
  ];
}
