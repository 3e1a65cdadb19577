/**
 * Python: ports that the command of an image or service names, or that the file which it starts listens on, beside the
 * ports that the image exposes and the service publishes. A port that is not written stays unknown.
 */
import type { Fix, WorkspaceVerdict } from '../../../core/model/verdict.ts';
import type { FactView } from '../../../core/rulekit/rule.ts';
import { allFacts, placeIn } from '../../../knowledge/facts.ts';
import { type Image, imageOfService, isDevelopmentFile } from '../../../knowledge/go/deployments.ts';
import { entryOf } from '../../../knowledge/python/entryPoints.ts';
import { isPort, plainPort } from './ports.ts';

/** Port that a Python server is told to listen on by its command; '' when that is not written. */
function commandPort(words: readonly string[]): string {
  const line = words.join(' ');
  if (!/\b(?:uvicorn|gunicorn|hypercorn|daphne|waitress-serve|streamlit|flask|fastapi)\b/.test(line)) return '';
  // Several servers in one line, or a port that the shell puts in.
  if (/&&|\|\||;|\bsupervisord\b|--(?:uds|fd)\b|unix:/.test(line)) return '';
  const found = [
    ...line.matchAll(
      /(?:--port|--server\.port|(?<![\w-])-p)[ =](\d{2,5})\b|(?:--bind|--listen|(?<![\w-])-b)[ =]\S*?:(\d{2,5})\b/g,
    ),
  ];
  const ports = new Set(found.map((match) => match[1] ?? match[2]!));
  return ports.size === 1 ? [...ports][0]! : '';
}

type Variables = readonly { readonly name: string; readonly value: string }[];

/**
 * The port that an image listens on when it is started with a command: the one in the command, or the one that the file
 * which it starts listens on. `given`: variables of a service; `more`: others may be set in files that are not read.
 */
function servedPort(
  facts: FactView,
  image: Image | null,
  words: readonly string[],
  given: Variables,
  more = false,
): string {
  const written = commandPort(words);
  if (written !== '' || image === null || !/^(?:\S*\/)?python[\d.]*\s/.test(words.join(' '))) return written;
  const entry = entryOf(facts, words, image.value.directory);
  if (entry === null) return '';
  const calls = allFacts(facts, 'python.port').filter(({ place }) => place.path === entry);
  const ports = new Set(
    calls.map(({ key, value: { variable } }) => {
      if (variable === '') return key;
      const set = [...given, ...image.value.env].find(({ name }) => name === variable);
      if (set === undefined) return more ? '' : key;
      return isPort(set.value) ? set.value : '';
    }),
  );
  return ports.size === 1 ? [...ports][0]! : '';
}

/** Images whose command starts a Python server on a port that none of the exposed ones is. */
export function* judgePython(facts: FactView): Generator<WorkspaceVerdict> {
  for (const image of allFacts(facts, 'image.file')) {
    const { expose, command, entrypoint } = image.value;
    const tcp = expose.filter((item) => item.protocol === 'tcp' && isPort(item.port));
    if (tcp.length === 0 || tcp.length !== expose.length || isDevelopmentFile(image.place.path)) continue;
    const port = servedPort(facts, image, [...(entrypoint?.words ?? []), ...(command?.words ?? [])], []);
    if (port === '') continue;
    const served = tcp.find((item) => item.port === port);
    if (served !== undefined) {
      yield { kind: 'pass', subject: placeIn(image, served) };
      continue;
    }
    const [only] = tcp;
    const subject = placeIn(image, only!);
    const fixes: readonly Fix[] =
      tcp.length === 1
        ? [
            {
              title: `Set the port to ${port}`,
              safety: 'suggestion',
              preferred: true,
              edits: [{ kind: 'replaceAt', place: subject, newText: port }],
            },
          ]
        : [];
    yield { kind: 'fail', subject, message: 'expose', args: { port: only!.port, listening: port }, fixes };
  }
  for (const service of allFacts(facts, 'compose.service')) {
    const { ports, command, environment, envFiles } = service.value;
    if (facts.role(service.place.path) !== 'production' || ports.length === 0) continue;
    const image = imageOfService(facts, service);
    const words =
      command.length > 0
        ? command
        : [...(image?.value.entrypoint?.words ?? []), ...(image?.value.command?.words ?? [])];
    const port = servedPort(facts, image, words, environment, envFiles.length > 0);
    const published = ports
      .filter((item) => item.protocol === 'tcp')
      .map((item) => ({ item, port: plainPort(item.container) }));
    if (port === '' || published.some((one) => one.port === '')) continue;
    const served = published.find((one) => one.port === port);
    if (served !== undefined) yield { kind: 'pass', subject: placeIn(service, served.item) };
    else if (published.length === 1)
      yield {
        kind: 'fail',
        subject: placeIn(service, published[0]!.item),
        message: 'publish',
        args: { port: published[0]!.port, listening: port },
      };
  }
}
