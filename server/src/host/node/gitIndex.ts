/**
 * Reads which files git tracks from `.git/index` (format of versions 2 to 4: git's Documentation/gitformat-index).
 * A tracked file is part of the tree even when an ignore rule names it. Runs no git.
 */

/** Tracked paths, or `null` when the bytes are no index that can be read. */
export function trackedPaths(index: Uint8Array): ReadonlySet<string> | null {
  const view = new DataView(index.buffer, index.byteOffset, index.byteLength);
  if (index.length < 12 || view.getUint32(0) !== 0x44495243) return null;
  const version = view.getUint32(4);
  if (version < 2 || version > 4) return null;
  const count = view.getUint32(8);
  const decoder = new TextDecoder();
  const paths = new Set<string>();
  let offset = 12;
  let previous = '';
  for (let i = 0; i < count; i++) {
    if (offset + 62 > index.length) return null;
    const flags = view.getUint16(offset + 60);
    let name = offset + (version >= 3 && (flags & 0x4000) !== 0 ? 64 : 62);
    let strip = 0;
    if (version === 4) {
      // The path drops that many bytes of the one before: a variable-width number as in pack offsets.
      let byte = index[name++]!;
      strip = byte & 0x7f;
      while ((byte & 0x80) !== 0) {
        byte = index[name++]!;
        strip = ((strip + 1) << 7) | (byte & 0x7f);
      }
    }
    const end = index.indexOf(0, name);
    if (end < 0) return null;
    const text = decoder.decode(index.subarray(name, end));
    previous = version === 4 ? previous.slice(0, previous.length - strip) + text : text;
    paths.add(previous);
    offset = version === 4 ? end + 1 : offset + ((end - offset + 8) & ~7);
  }
  return paths;
}
