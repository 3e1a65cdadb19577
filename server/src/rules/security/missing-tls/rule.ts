/** Clear text on the wire: servers without TLS that nothing in front of them encrypts, and URLs of other hosts by http or ws. */
import { directoryOf } from '../../../core/model/path.ts';
import type { Fix } from '../../../core/model/verdict.ts';
import { defineRule, type FactView, type NodeDetector, type TextDetector } from '../../../core/rulekit/rule.ts';
import { allFacts, placeIn, type TypedFact } from '../../../knowledge/facts.ts';
import { evidence, firstTime, isDeployedPath, mayBeShared, servesRequests } from '../../../knowledge/go/services.ts';
import { connectedUrlOf, isClearText, isEncrypted } from '../../../knowledge/go/urls.ts';
import { ANY_SERVICE_FACTS, anyServicesOf, servedIn } from '../../../knowledge/services.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import { scopeAround } from '../../../languages/go/scope.ts';
import { stringLiteralValue } from '../../../languages/go/syntax.ts';
import { pythonConnections } from './python.ts';

/** `http` becomes `https`, `ws` becomes `wss`, `ftp` becomes `ftps`. */
function encryptedScheme(url: string): string {
  return `${url.slice(0, url.indexOf(':'))}s`;
}

function hostOf(url: string): string {
  return /^\w+:\/\/(?:[^@/?#]*@)?([^/:?#]*)/.exec(url)?.[1] ?? '';
}

const connections: NodeDetector<unknown, GoNode> = {
  kinds: ['call_expression'],
  triggers: ['http://', 'https://', 'ws://', 'wss://', 'ftp://'],
  *check(node, ctx) {
    const scope = scopeAround(ctx, node);
    const literal = scope === null ? null : (connectedUrlOf(node, scope)?.literal ?? null);
    const url = literal === null ? null : stringLiteralValue(literal);
    if (literal === null || url === null || !isDeployedPath(ctx.file.path)) return;
    if (isEncrypted(url)) {
      yield { kind: 'pass', subject: literal.span };
      return;
    }
    if (!isClearText(url)) return;
    const start = literal.start + 1;
    const scheme = { start, end: start + url.indexOf(':') };
    const secure = encryptedScheme(url);
    const fix: Fix = {
      title: `Connect by ${secure}`,
      safety: 'suggestion',
      preferred: true,
      edits: [{ kind: 'replace', span: scheme, newText: secure }],
    };
    yield {
      kind: 'fail',
      subject: literal.span,
      message: 'url',
      args: { scheme: url.slice(0, url.indexOf(':')), host: hostOf(url), secure },
      fixes: url.startsWith('ftp') ? [] : [fix],
    };
  },
};

const SCRIPT = /\.(?:m?[jt]sx?|html|vue|svelte)$/;
const SOCKET = /\bnew\s+WebSocket\(\s*(['"`])(wss?):\/\/([^'"`]*)/g;
/** The page's own host, however it is written into the URL. */
const OWN_HOST = /^\$\{\s*(?:window\.|document\.|globalThis\.|self\.)?location\.host(?:name)?\s*\}/;

/** WebSockets that scripts of web pages open. */
const sockets: TextDetector = {
  text: true,
  triggers: ['WebSocket'],
  *check(text, ctx) {
    // A bundle is what a build made of other files.
    if (!SCRIPT.test(ctx.file.path) || /\.min\.js$/.test(ctx.file.path) || /^.{3000}/m.test(text)) return;
    for (const match of text.matchAll(SOCKET)) {
      const [, quote, scheme, rest] = match;
      const start = match.index + match[0].lastIndexOf(`${quote}${scheme}://`) + 1;
      const subject = { start, end: match.index + match[0].length };
      if (/(?:^|\n)\uFEFF?[ \t]*(?:\/\/|\*)[^\n]*$/.test(text.slice(0, match.index))) continue;
      if (scheme === 'wss') {
        yield { kind: 'pass', subject };
        continue;
      }
      const span = { start, end: start + 'ws'.length };
      if (quote === '`' && OWN_HOST.test(rest!)) {
        const newText = `\${location.protocol === 'https:' ? 'wss' : 'ws'}`;
        const fix: Fix = {
          title: 'Follow the page: wss when it came by https',
          safety: 'suggestion',
          preferred: true,
          edits: [{ kind: 'replace', span, newText }],
        };
        yield { kind: 'fail', subject, message: 'page', severity: 'medium', fixes: [fix] };
      } else if (isClearText(`ws://${rest}`)) {
        const fix: Fix = {
          title: 'Connect by wss',
          safety: 'suggestion',
          preferred: true,
          edits: [{ kind: 'replace', span, newText: 'wss' }],
        };
        const args = { scheme: 'ws', host: hostOf(`ws://${rest}`), secure: 'wss' };
        yield { kind: 'fail', subject, message: 'url', args, fixes: [fix] };
      }
    }
  },
};

/** Serves TLS with the certificate that the environment names. */
function serveTls(start: TypedFact<'http.server'>): Fix[] {
  if (start.value.withTls === null) return [];
  return [
    {
      title: 'Serve TLS with the certificate that TLS_CERT_FILE and TLS_KEY_FILE name',
      safety: 'suggestion',
      edits: [
        { kind: 'replaceAt', place: start.place, newText: start.value.withTls },
        { kind: 'import', add: ['os'] },
      ],
    },
  ];
}

/** Whether the package of a start names an address of this machine, as a default listener would have. */
function hasLocalDefault(facts: FactView, start: TypedFact<'http.server'>): boolean {
  const directory = directoryOf(start.place.path);
  return allFacts(facts, 'loopback.address').some(
    ({ place }) => directoryOf(place.path) === directory && facts.role(place.path) === 'production',
  );
}

export const rule = defineRule({
  id: 'missing-tls',
  title: 'Clear-text transport',
  category: 'security',
  severity: 'high',
  confidence: 'heuristic',
  stage: 'stable',
  docs: {
    what: 'A program listens for HTTP or gRPC without TLS, has no TLS anywhere in its packages, and no file of the workspace puts a TLS proxy, ingress or platform in front of it. Also: code connects to another host by `http://`, `ws://` or `ftp://`.',
    why: 'Passwords, tokens and personal data can be read and changed by everybody on the way: in the same network, at the provider, in a compromised node of the cluster.',
    howToFix:
      'Serve TLS (`ListenAndServeTLS`, autocert, `grpc.Creds`; `ssl_certfile` and `ssl_keyfile` of uvicorn), or let a proxy that is part of the deployment end TLS and bind the program to an address that only the proxy reaches. Connect by `https://` and `wss://`.',
    refs: ['CWE-319', 'https://pkg.go.dev/golang.org/x/crypto/acme/autocert'],
  },
  messages: {
    server:
      'This server sends everything in clear text, and no TLS proxy is in the workspace; serve TLS or add the proxy.',
    url: 'Data goes to {host} in clear text; connect by {secure} instead of {scheme}.',
    page: 'This page opens its WebSocket in clear text even when it came by https; use wss then.',
  },
  effort: { each: [60, 480] },
  fix: 'sometimes',
  on: { go: [connections as NodeDetector], python: [pythonConnections], text: [sockets] },
  workspace: {
    partition: 'workspace',
    reads: [...ANY_SERVICE_FACTS, 'url.constant'],
    *judge(facts) {
      for (const constant of allFacts(facts, 'url.constant')) {
        const { path } = constant.place;
        if (facts.role(path) !== 'production' || !isDeployedPath(path)) continue;
        const isUsed = facts
          .lookup('url.use', constant.key)
          .some(
            (use) => directoryOf(use.place.path) === directoryOf(path) && facts.role(use.place.path) === 'production',
          );
        if (!isUsed) continue;
        const { url, scheme } = constant.value;
        const secure = encryptedScheme(url);
        const args = { scheme: url.slice(0, url.indexOf(':')), host: hostOf(url), secure };
        const fix: Fix = {
          title: `Connect by ${secure}`,
          safety: 'suggestion',
          preferred: true,
          edits: [{ kind: 'replaceAt', place: placeIn(constant, scheme), newText: secure }],
        };
        yield {
          kind: 'fail',
          subject: constant.place,
          message: 'url',
          args,
          fixes: url.startsWith('ftp') ? [] : [fix],
        };
      }
      const proxy = allFacts(facts, 'proxy.tls').find((fact) => facts.role(fact.place.path) === 'production');
      const isFirst = firstTime();
      for (const program of anyServicesOf(facts)) {
        if (!servesRequests(program) || program.framework !== '') continue;
        const encrypted = program.starts.find((start) => start.value.tls);
        const found = encrypted ?? evidence(facts, program, 'tls.server')[0];
        if (found !== undefined) {
          if (isFirst(found.place)) yield { kind: 'pass', subject: found.place };
          continue;
        }
        const isServed = servedIn(facts, program);
        const start =
          program.language === 'go'
            ? program.starts[0]!
            : program.starts.find(({ place, value }) => value.exposure === 'open' && isServed(place.path));
        if (start === undefined || (program.language === 'python' && !isFirst(start.place))) continue;
        if (proxy !== undefined || mayBeShared(program, /tls|cert|server|grpc/i)) {
          const by = proxy?.value.by ?? program.opaque[0]!;
          yield { kind: 'unknown', subject: start.place, note: `TLS may be ended by ${by}.` };
          continue;
        }
        if (start.value.exposure === 'unknown' && hasLocalDefault(facts, start)) {
          yield { kind: 'unknown', subject: start.place, note: 'The address may be one of this machine alone.' };
          continue;
        }
        yield { kind: 'fail', subject: start.place, message: 'server', fixes: serveTls(start) };
      }
    },
  },
});
