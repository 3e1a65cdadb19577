/**
 * What an address that a header names is used for, and the judgement of all languages: a candidate is an address that is
 * believed, a use gives what a function returns a purpose.
 */
import type { Fact } from '../../../core/model/verdict.ts';
import type { FactView, TextDetector, WorkspaceJudge } from '../../../core/rulekit/rule.ts';
import { fact } from '../../../core/rulekit/rule.ts';

export const FORWARDED =
  /^(?:x-forwarded-for|x-real-ip|x-client-ip|x-originating-ip|cf-connecting-ip|true-client-ip|x-cluster-client-ip|forwarded)$/i;
const PURPOSES: readonly (readonly [string, RegExp])[] = [
  ['the key of a limit', /limit(?!ed)|throttl|visitor|bucket|attempt|quota|lockout|bruteforce|captcha(?!image)/i],
  [
    'an allow or block list',
    /allow_?(?:list|ip|ed_?ip)|white_?list|black_?(?:list|cache)|block_?(?:list|ip|ed)|banned|is_?ban|\bacl\b|ip_?filter/i,
  ],
  ['an audit entry', /audit|operation_?(?:record|log)|login_?(?:log|record|history)/i],
];

/** The purpose that names speak of; null for none. */
export function purposeIn(text: string): string | null {
  return PURPOSES.find(([, pattern]) => pattern.test(text))?.[0] ?? null;
}

export type Candidate = {
  readonly source: 'header' | 'gin' | 'echo' | 'library';
  readonly name: string;
  readonly purpose: string | null;
  /** Function that returns the address, for callers to use; '' for none. */
  readonly helper: string;
};

/** Proxies that write the address of their peer over the header: `proxy_set_header X-Real-IP $remote_addr;` */
export const overwritten: TextDetector = {
  text: true,
  triggers: ['$remote_addr', '$realip_remote_addr'],
  *check(text) {
    for (const match of text.matchAll(
      /^[ \t]*proxy_set_header\s+["']?([\w-]+)["']?\s+\$(?:realip_)?remote_addr\s*;/gm,
    )) {
      const name = match[1]!.toLowerCase();
      if (!FORWARDED.test(name)) continue;
      yield fact('spoofable-client-identity.overwritten', name, null, {
        start: match.index,
        end: match.index + match[0].length,
      });
    }
  },
};

/** A call or mention of a function that may give the address of a client, for a purpose. Key: name of the function. */
export type Use = {
  readonly purpose: string;
  /** Last part of the module that the function is of, '' for the file itself; null where the language knows no modules. */
  readonly module: string | null;
};

function mayMean(use: Fact, path: string): boolean {
  const { module } = use.value as unknown as Use;
  if (module === null) return path.endsWith('.go') && use.place.path.endsWith('.go');
  if (module === '') return use.place.path === path;
  return path.endsWith(`/${module}.py`) || path === `${module}.py` || path.endsWith(`${module}/__init__.py`);
}

export const judge: WorkspaceJudge = {
  partition: 'workspace',
  reads: ['spoofable-client-identity.candidate'],
  *judge(facts: FactView) {
    for (const found of facts.get('spoofable-client-identity.candidate') as readonly Fact[]) {
      if (facts.role(found.place.path) !== 'production') continue;
      const value = found.value as unknown as Candidate;
      const isTrusted = facts.lookup('spoofable-client-identity.trusted', value.source).length > 0;
      if (isTrusted) continue;
      const isOverwritten =
        value.source === 'header' &&
        facts.lookup('spoofable-client-identity.overwritten', value.name.toLowerCase()).length > 0;
      if (isOverwritten) continue;
      const use =
        value.helper === ''
          ? undefined
          : facts
              .lookup('spoofable-client-identity.use', value.helper)
              .find((item) => facts.role(item.place.path) === 'production' && mayMean(item, found.place.path));
      const purpose = value.purpose ?? (use?.value as Use | undefined)?.purpose ?? null;
      if (purpose === null) continue;
      yield {
        kind: 'fail',
        subject: found.place,
        message: value.source === 'header' ? 'header' : value.source === 'library' ? 'library' : 'framework',
        args: { name: value.name, purpose },
        related: use === undefined ? [] : [{ place: use.place, message: 'used here' }],
      };
    }
  },
};
