/** Whether two names of variables mean the same setting, written differently. Prefixes make different settings. */

const SYNONYMS: Readonly<Record<string, string>> = {
  DATABASE: 'DB',
  URI: 'URL',
  PASS: 'PASSWORD',
  PASSWD: 'PASSWORD',
  PWD: 'PASSWORD',
  ADDRESS: 'ADDR',
  HOSTNAME: 'HOST',
  USERNAME: 'USER',
  ENVIRONMENT: 'ENV',
  DIRECTORY: 'DIR',
  MAXIMUM: 'MAX',
  MINIMUM: 'MIN',
  NUMBER: 'NUM',
  CERTIFICATE: 'CERT',
  AUTHENTICATION: 'AUTH',
};
/** Words at the end that say nothing about what is set. */
const EMPTY_WORDS = new Set(['KEY', 'VALUE', 'STRING', 'VAR']);

function wordsOf(name: string): readonly string[] {
  return name.split('_').map((word) => SYNONYMS[word] ?? word);
}

/** Whether one letter too many, too few, wrong or in the wrong order makes one word of the other. */
function isTypo(a: string, b: string): boolean {
  if (Math.min(a.length, b.length) < 5 || Math.abs(a.length - b.length) > 1 || /\d/.test(a + b)) return false;
  let start = 0;
  while (start < a.length && a[start] === b[start]) start++;
  let end = 0;
  while (end < Math.min(a.length, b.length) - start && a.at(-1 - end) === b.at(-1 - end)) end++;
  const [left, right] = [a.slice(start, a.length - end), b.slice(start, b.length - end)];
  if (left.length <= 1 && right.length <= 1) return true;
  return left.length === 2 && right.length === 2 && left[0] === right[1] && left[1] === right[0];
}

function isPlural(a: string, b: string): boolean {
  const [short, long] = a.length < b.length ? [a, b] : [b, a];
  return short.length > 3 && long === `${short}S` && short !== 'HTTP' && short !== 'REDI';
}

/** Whether two different names are likely to stand for one setting. */
export function isNearMiss(a: string, b: string): boolean {
  if (a === b) return false;
  const [first, second] = [wordsOf(a), wordsOf(b)];
  if (first.join('') === second.join('')) return true;
  if (first.length === second.length) {
    if ([...first].sort().join() === [...second].sort().join()) return true;
    const different = first.flatMap((word, index) => (word === second[index] ? [] : [index]));
    const [index] = different;
    if (different.length !== 1 || index === undefined) return false;
    return isTypo(first[index]!, second[index]!) || isPlural(first[index]!, second[index]!);
  }
  const [short, long] = first.length < second.length ? [first, second] : [second, first];
  return (
    short.length > 1 &&
    long.length === short.length + 1 &&
    EMPTY_WORDS.has(long.at(-1)!) &&
    short.every((word, index) => word === long[index])
  );
}

/** Whether two names are the same but for underscores and plurals: one setting beyond doubt. */
export function isSameName(a: string, b: string): boolean {
  return a !== b && a.replaceAll('_', '') === b.replaceAll('_', '');
}
