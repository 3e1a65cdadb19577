/** Secrets that a Dockerfile writes into the history or a layer of its image. */
import type { Verdict } from '../../../core/model/verdict.ts';
import { defineRule, type TextDetector } from '../../../core/rulekit/rule.ts';
import { shippedStages } from '../../../formats/dockerCommands.ts';
import { type DockerInstruction, readDockerfile, variablesOf } from '../../../formats/dockerfile.ts';
import { isDevelopmentFile } from '../../../knowledge/go/deployments.ts';

const SECRET =
  /(?:^|_)(?:PASSWORD|PASSWD|PASSPHRASE|SECRET|SECRETS|TOKEN|API_?KEY|PRIVATE_?KEY|ACCESS_?KEY|SECRET_?KEY|ENCRYPTION_KEY|SIGNING_KEY|CREDENTIALS?|PAT)(?:_(?:BASE|VALUE))?$/i;
/** Names that only sound like one, or that say where it is. */
const NO_SECRET = /PUBLIC|PUBLISHABLE|(?:^|_)(?:NO|ALLOW|REQUIRE|ENABLE|DISABLE|USE|MAX|MIN|GPG)_|EMPTY|RANDOM|_ID$/i;
/** Values that nobody has to hide. */
const HARMLESS =
  /^(?:|true|false|yes|no|none|null|\d{1,4}|dummy\S*|placeholder\S*|unused|not[-_ ]?(?:used|set|needed)\S*|build\S*|\/[\w./-]*|[\w.]+\/run\/secrets\S*)$/i;

const PRIVATE_FILE =
  /(?:^|\/)(?:\.env(?:\.(?!example|sample|template|dist|test|ci|defaults?|schema)[\w.-]+)?|id_(?:rsa|dsa|ecdsa|ed25519)|\.netrc|\.pgpass|\.git-credentials|\.htpasswd|service[-_]account[\w-]*\.json|[\w-]*credentials\.json|(?:[\w.-]*[-_.])?(?:priv(?:ate)?[-_]?key|privkey)[\w.-]*|[\w.-]+[-_.]key\.pem|[\w-]+\.key|[\w-]+\.(?:p12|pfx|jks))$|(?:^|\/)\.(?:ssh|aws|gnupg)(?:\/|$)/i;
const PUBLIC_FILE =
  /\.pub$|public|\.gpg\.key$|(?:^|\/)[\w-]*(?:repo|apt|gpg|release|signing)[\w-]*\.key$|example|sample|template/i;

function* variables(instruction: DockerInstruction, isShipped: boolean): Generator<Verdict> {
  for (const { name, value, start, end } of variablesOf(instruction)) {
    if (!SECRET.test(name) || NO_SECRET.test(name)) continue;
    const isArgument = instruction.keyword === 'ARG';
    // An argument without a default is given when it is built, and kept in the history; an empty variable is a place to fill.
    if (isArgument ? value !== '' && HARMLESS.test(value) : HARMLESS.test(value)) continue;
    yield {
      kind: 'fail',
      subject: { start, end },
      message: isArgument ? 'argument' : 'variable',
      args: { name },
      ...(isShipped ? {} : { severity: 'medium' as const }),
    };
  }
}

const dockerfiles: TextDetector = {
  text: true,
  triggers: ['FROM', 'from'],
  *check(source, ctx) {
    const file = readDockerfile(source);
    const shipped = shippedStages(file);
    const isForDevelopment = isDevelopmentFile(ctx.file.path);
    for (const [index, { instructions }] of file.stages.entries()) {
      const isShipped = shipped.has(index) && !isForDevelopment;
      for (const instruction of instructions) {
        const { keyword, words, flags, heredocs } = instruction;
        if (keyword === 'ENV' || keyword === 'ARG') yield* variables(instruction, isShipped);
        else if (keyword === 'RUN') {
          for (const flag of flags)
            if (flag.name === 'mount' && /type=secret/.test(flag.value)) yield { kind: 'pass', subject: flag.span };
        } else if ((keyword === 'COPY' || keyword === 'ADD') && heredocs.length === 0) {
          if (flags.some(({ name }) => name === 'from')) continue;
          for (const word of words.slice(0, -1)) {
            if (PRIVATE_FILE.test(word.text) && !PUBLIC_FILE.test(word.text))
              yield {
                kind: 'fail',
                subject: word,
                message: 'file',
                args: { path: word.text },
                ...(isShipped ? {} : { severity: 'medium' as const }),
              };
            else if (/(?:^|\/)\.env\.|\.pub$/.test(word.text)) yield { kind: 'pass', subject: word };
          }
        }
      }
    }
  },
};

export const rule = defineRule({
  id: 'secret-in-image',
  title: 'Secret baked into a container image',
  category: 'security',
  severity: 'high',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'A Dockerfile takes a password, token or key as a build argument, sets one as an environment variable, or copies an env file, private key or file of credentials into the image. Names that say where a secret is, empty variables, dummy values, examples and public keys are left out; stages that are not shipped and files for development weigh less.',
    why: 'Values of arguments and variables stand in the history of the image, and a file stays in its layer even when a later step deletes it: everybody who can pull the image can read them.',
    howToFix:
      'Mount it while it is needed (`RUN --mount=type=secret,id=token ...`), or give it to the container when it starts. Renew what has been in an image.',
    refs: ['CWE-538', 'CWE-522', 'https://docs.docker.com/reference/build-checks/secrets-used-in-arg-or-env/'],
  },
  messages: {
    argument: 'The value of {name} stays in the history of the image; mount it with --mount=type=secret.',
    variable: '{name} is readable in every copy of the image; set it when the container starts.',
    file: '{path} stays readable in a layer of the image; mount it as a secret, or supply it at run time.',
  },
  effort: { each: [10, 30] },
  fix: 'none',
  on: { dockerfile: [dockerfiles] },
});
