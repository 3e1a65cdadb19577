/**
 * Content hash for fingerprints and cache keys. Not for security: two 32-bit lanes with different multipliers, which
 * is collision-safe enough for texts of one workspace and runs without set-up in Node and in the browser.
 */

/** 64-bit hash of the UTF-16 code units, as 16 hexadecimal digits. */
export function hashText(text: string): string {
  let a = 0x811c9dc5;
  let b = 0x9e3779b9;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    a = Math.imul(a ^ unit, 0x01000193);
    b = Math.imul(b ^ unit, 0x5bd1e995);
    b = (b << 13) | (b >>> 19);
  }
  a = finish(a ^ text.length);
  b = finish(b ^ a);
  return (a >>> 0).toString(16).padStart(8, '0') + (b >>> 0).toString(16).padStart(8, '0');
}

function finish(value: number): number {
  let mixed = value;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x7feb352d);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x846ca68b);
  return mixed ^ (mixed >>> 16);
}
