/**
 * The longest time that the server does not answer while somebody types a brace or quote that has no partner, at random
 * places of a file of 20,000 lines: right after the key, and while the text settles.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { temporaryWorkspace } from '../lsp/client.ts';
import type { BenchLanguage } from './languages.ts';
import { median, percentile, type Row, randomFrom, rowsOf } from './measure.ts';
import { type Change, ping, startServer } from './typist.ts';

const LINES = 20_000;
/** Milliseconds for which the server is asked after a key: the text settles within. */
const WATCH = 450;
/** Milliseconds between an answer and the next question. */
const PAUSE = 2;

export interface RecoveryOptions {
  readonly places: number;
  readonly seed: number;
}

export async function recoveryRows(
  language: BenchLanguage,
  { places, seed }: RecoveryOptions,
): Promise<readonly Row[]> {
  const { row } = rowsOf(
    `Unbalanced (${language.id}), ${LINES.toLocaleString('en')} lines, ${places} places, seed ${seed}`,
  );
  const random = randomFrom(seed);
  const text = language.largeFile(LINES);
  const lines = text.split('\n');
  const { file } = language;
  const workspace = temporaryWorkspace({ ...language.others, [file]: text });
  const client = await startServer(workspace.folder, { pull: true });
  await client.ready();
  await client.open(file, text);
  await client.diagnostics(file);
  const textDocument = { uri: client.uri(file), version: 1 };
  const send = ({ range, text: inserted }: Change): Promise<void> => {
    textDocument.version++;
    const contentChanges = [{ range, text: inserted }];
    return client.connection.sendNotification('textDocument/didChange', { textDocument, contentChanges });
  };

  const idle: number[] = [];
  for (let i = 0; i < 200; i++) {
    idle.push(await ping(client));
    await wait(PAUSE);
  }
  const afterKey: number[] = [];
  const settling: number[] = [];
  for (let place = 0; place < places; place++) {
    const line = Math.floor(random() * lines.length);
    const start = { line, character: Math.floor(random() * (lines[line]!.length + 1)) };
    const typed = language.unbalanced[Math.floor(random() * language.unbalanced.length)]!;
    const begin = performance.now();
    await send({ range: { start, end: start }, text: typed });
    afterKey.push(await ping(client));
    let longest = 0;
    while (performance.now() - begin < WATCH) {
      await wait(PAUSE);
      longest = Math.max(longest, await ping(client));
    }
    settling.push(longest);
    await send({ range: { start, end: { line, character: start.character + 1 } }, text: '' });
    await ping(client);
  }
  await client.stop();
  workspace.remove();
  const longest = afterKey.map((time, place) => Math.max(time, settling[place]!));
  return [
    row('no answer while idle, longest', Math.max(...idle), 'ms'),
    row('no answer after the key, median', median(afterKey), 'ms'),
    row('no answer after the key, p95', percentile(afterKey, 0.95), 'ms'),
    row('no answer after the key, longest', Math.max(...afterKey), 'ms'),
    row('no answer while the text settles, median', median(settling), 'ms'),
    row('no answer while the text settles, longest', Math.max(...settling), 'ms'),
    row('no answer, longest of all', Math.max(...longest), 'ms', 60),
  ];
}
