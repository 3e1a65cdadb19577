/** ADD that downloads something without a checksum. */
import { defineRule, type TextDetector } from '../../../core/rulekit/rule.ts';
import { readDockerfile } from '../../../formats/dockerfile.ts';

const dockerfiles: TextDetector = {
  text: true,
  triggers: ['ADD', 'add'],
  *check(source) {
    for (const { keyword, words, flags } of readDockerfile(source).instructions) {
      if (keyword !== 'ADD') continue;
      for (const word of words.slice(0, -1)) {
        const isGit = /^git@|^ssh:|^git:|\.git(?:#.*)?$/.test(word.text);
        if (!isGit && !/^(?:https?|ftp):/i.test(word.text)) continue;
        const isFixed = isGit
          ? /#[\da-f]{40}(?::|$)/.test(word.text)
          : flags.some(({ name, value }) => name === 'checksum' && value !== '');
        if (isFixed) yield { kind: 'pass', subject: word };
        else yield { kind: 'fail', subject: word, message: isGit ? 'git' : 'file', args: { address: word.text } };
      }
    }
  },
};

export const rule = defineRule({
  id: 'docker-add-remote',
  title: 'ADD of a remote file without a checksum',
  category: 'configuration',
  severity: 'low',
  confidence: 'certain',
  stage: 'stable',
  docs: {
    what: 'ADD downloads an address without `--checksum`, or a Git repository that is not fixed to a commit.',
    why: 'Whatever the server sends at that minute becomes part of the image, whether it is the file of yesterday or something an attacker put there.',
    howToFix:
      'Add `--checksum=sha256:...`, name the commit behind `#`, or download with curl in a RUN step that compares a checksum.',
    refs: ['CWE-494', 'https://docs.docker.com/reference/dockerfile/#add---checksum'],
  },
  messages: {
    file: 'Nothing verifies what {address} sends; add --checksum=sha256:... to this ADD.',
    git: '{address} may change with each build; name a commit behind #.',
  },
  effort: { each: [3, 10] },
  fix: 'none',
  on: { dockerfile: [dockerfiles] },
});
