/** ADD where COPY would do: local files that are no archive. */
import { defineRule, type TextDetector } from '../../../core/rulekit/rule.ts';
import { readDockerfile } from '../../../formats/dockerfile.ts';

const ARCHIVE = /\.(?:tar|tgz|tbz2?|txz|tar\.[\w]+|gz|bz2|xz|zst|zip|rootfs)$/i;
const REMOTE = /^(?:https?|ftp|git|ssh):|^git@|\.git(?:#.*)?$/i;

const dockerfiles: TextDetector = {
  text: true,
  triggers: ['ADD', 'add', 'COPY', 'copy'],
  *check(source) {
    for (const { keyword, keywordSpan, words, flags, heredocs } of readDockerfile(source).instructions) {
      const sources = words.slice(0, -1);
      if (keyword === 'COPY' && sources.length > 0) yield { kind: 'pass', subject: keywordSpan };
      if (keyword !== 'ADD' || sources.length === 0 || heredocs.length > 0) continue;
      if (flags.some(({ name }) => name === 'checksum' || name === 'keep-git-dir' || name === 'unpack')) continue;
      // Archives are unpacked, and patterns and variables may stand for some.
      if (sources.some(({ text }) => ARCHIVE.test(text) || REMOTE.test(text) || /[$*?[]/.test(text))) continue;
      yield {
        kind: 'fail',
        subject: keywordSpan,
        message: 'local',
        fixes: [
          {
            title: 'Use COPY',
            safety: 'safe',
            preferred: true,
            edits: [{ kind: 'replace', span: keywordSpan, newText: 'COPY' }],
          },
        ],
      };
    }
  },
};

export const rule = defineRule({
  id: 'docker-add-instead-of-copy',
  title: 'ADD of a plain local file',
  category: 'configuration',
  severity: 'low',
  confidence: 'certain',
  stage: 'stable',
  docs: {
    what: 'ADD takes files or folders of the build context that are no archive, where COPY does the same. Archives, addresses, patterns and variables are left out.',
    why: 'ADD unpacks archives and fetches addresses, so a file that is replaced by an archive of the same name, or a variable that becomes an address, silently changes what the image holds.',
    howToFix: 'Write COPY. Keep ADD for archives that are to be unpacked.',
    refs: ['hadolint DL3020', 'https://docs.docker.com/build/building/best-practices/#add-or-copy'],
  },
  messages: { local: 'ADD does more than copying, which nothing here needs; write COPY.' },
  effort: { each: [1, 2] },
  fix: 'always',
  on: { dockerfile: [dockerfiles] },
});
