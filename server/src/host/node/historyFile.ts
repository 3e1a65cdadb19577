/**
 * The file in which audits are remembered, a line each. Lines are only added, so that what others wrote stays; a line that
 * was cut off is ended first. What it is asked to keep within a limit loses its oldest lines, in one step.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { debuglog } from 'node:util';
import type { HistoryStore } from '../host.ts';

/** Shown when the environment variable NODE_DEBUG names `shipworthy`. */
const debug = debuglog('shipworthy');

/** Bytes of a history that nobody but this program looks after. */
const KEPT_BYTES = 16_000_000;

/** The text of a history; '' when there is none yet. Rejects when it is there and cannot be read. */
export async function readHistoryFile(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw error;
  }
}

/** Adds a line, which ends in a line break; the file is made when it is not there. Rejects when it cannot be written. */
export async function appendToHistory(file: string, line: string): Promise<void> {
  const handle = await open(file, 'a+');
  try {
    const { size } = await handle.stat();
    const last = Buffer.alloc(1);
    if (size > 0) await handle.read(last, 0, 1, size - 1);
    await handle.appendFile(size > 0 && last.toString() !== '\n' ? `\n${line}` : line);
  } finally {
    await handle.close();
  }
}

/** The history of a workspace in a folder of its own, which is made when it is needed; it stays within a few megabytes. */
export function openHistory(folder: string): HistoryStore {
  const file = join(folder, 'history.jsonl');
  return {
    read: () =>
      readHistoryFile(file).catch((error: unknown) => {
        debug('history: %s', error);
        return '';
      }),
    async append(line) {
      try {
        await mkdir(folder, { recursive: true });
        await appendToHistory(file, line);
        await trimHistory(file, KEPT_BYTES);
      } catch (error) {
        debug('history: %s', error);
      }
    },
  };
}

/** Drops the oldest lines of a history that has more than `limit` bytes, until it has half of that at most. */
async function trimHistory(file: string, limit: number): Promise<void> {
  if ((await stat(file)).size <= limit) return;
  const text = await readFile(file);
  const start = text.indexOf('\n', Math.max(0, text.length - limit / 2)) + 1;
  const temporary = `${file}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    await writeFile(temporary, text.subarray(start));
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
