/** Bytes of files and their digests. Reads regular files only; writes nothing. */
import { createHash } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';

/**
 * Reads a file at once; null when it is none (a folder, a pipe, a device), `bytes` null when it has more than `limit`.
 * Throws the system's error. Synchronous, because that takes a fraction of the time: files are small, and callers yield
 * between them.
 */
export function readRegularFile(
  path: string,
  limit: number,
): { readonly size: number; readonly bytes: Buffer | null } | null {
  // Opening a pipe would wait for somebody to write to it.
  const descriptor = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const stat = fstatSync(descriptor);
    if (!stat.isFile()) return null;
    return { size: stat.size, bytes: stat.size > limit ? null : readAll(descriptor, stat.size) };
  } finally {
    closeSync(descriptor);
  }
}

/** The bytes of an open file that has `size` bytes; fewer when it was cut meanwhile. */
function readAll(descriptor: number, size: number): Buffer {
  const bytes = Buffer.allocUnsafe(size);
  let length = 0;
  while (length < size) {
    const count = readSync(descriptor, bytes, length, size - length, null);
    if (count === 0) break;
    length += count;
  }
  return bytes.subarray(0, length);
}

/** Names bytes by their content: half a SHA-256, as 32 hexadecimal digits. */
export function digestOf(...parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex').slice(0, 32);
}
