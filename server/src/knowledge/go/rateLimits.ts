/**
 * Evidence that incoming requests are limited in rate. What counts: a limiter that a handler or middleware asks, an
 * answer 429, a middleware with such a name that is put to use, or a library made for nothing else. A limiter that
 * throttles messages or calls that go out is no evidence, and neither is one that is only created.
 */

import type { Extractor, NodeDetector } from '../../core/rulekit/rule.ts';
import { type GoHeader, importedPath } from '../../languages/go/header.ts';
import type { GoNode } from '../../languages/go/nodes.gen.ts';
import { callArguments, enclosingFunction, functionName } from '../../languages/go/syntax.ts';
import { state } from '../facts.ts';
import { withoutVersion } from './frameworks.ts';
import { handlerAround, makesHandler } from './handlers.ts';
import { importDetector } from './imports.ts';

const LIBRARIES =
  /^github\.com\/(?:didip\/tollbooth|go-chi\/httprate|ulule\/limiter|throttled\/throttled|JGLTechnologies\/gin-rate-limit|go-redis\/redis_rate|sethvargo\/go-limiter\/httplimit|khaaleoo\/gin-rate-limiter|ljahier\/gin-ratelimit|gofiber\/fiber\/middleware\/limiter|envoyproxy\/go-control-plane\/envoy\/service\/ratelimit|grpc-ecosystem\/go-grpc-middleware\/(?:interceptors\/)?ratelimit|alibaba\/sentinel-golang)(?:\/|$)/;

const libraries = importDetector(function* (path, subject) {
  if (LIBRARIES.test(withoutVersion(path))) yield state('rate.limit', path, { kind: 'library' }, subject);
});

const ASKING =
  /^(?:Allow|AllowN|AllowRequest|AllowIP|Allowed|IsAllowed|isAllowed|allow|allowed|allowRequest|allowIP|Take|TakeAvailable|Reserve|ReserveN|TryAcquire|LimitByRequest|CheckLimit|checkLimit|CheckRate|checkRate)$/;
const LIMITER = /limit|throttl|bucket|quota|brute/i;
const LIMITING = /rate_?limit|throttl|limiter|max_?clients|max_?concurren|max_?in_?flight|limit_?concurren/i;
const CREATING = /^(?:New|new|Default|default|With|with|Set|set|Get|get|Load|load|Parse|parse|Close|Stop|Clean|clean)/;

const WAITING = /^(?:Wait|WaitN)$/;
const MOUNTING =
  /^(?:Use|With|UseFunc|Handle|HandleFunc|Handler|HandlerFunc|Group|GET|POST|Get|Post|Append|Chain|ChainUnaryInterceptor|UnaryInterceptor)$/;

const calls: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  triggers: ['imit', 'hrottl', 'ucket', 'uota', 'llow', 'rute', 'axClients', 'axConcurren', 'axInFlight'],
  calls: (name) => ASKING.test(name) || WAITING.test(name) || LIMITING.test(name) || MOUNTING.test(name),
  *check(node, ctx) {
    const callee = node.child('function');
    if (callee === null) return;
    const isSelector = callee.kind === 'selector_expression';
    if (!isSelector && callee.kind !== 'identifier') return;
    const name = isSelector ? (callee.child('field')?.text ?? '') : callee.text;
    const receiver = isSelector ? (callee.child('operand')?.text ?? '') : '';
    if (receiver.length > 200) return;

    // `limiter.Allow()`, `s.limits.get(ip).Allow()`, `bucket.TakeAvailable(1)` while a request is served.
    const asks =
      ASKING.test(name) &&
      (LIMITER.test(receiver) ||
        LIMITER.test(name) ||
        /^(?:Allow|AllowN|AllowRequest|TakeAvailable|allow)$/.test(name));
    const waits = WAITING.test(name) && LIMITER.test(receiver);
    if ((asks || waits) && handlerAround(node) !== null) {
      yield state('rate.limit', name, { kind: 'handler' }, node);
      return;
    }
    // A middleware by its name, put to use: called, not declared, and not merely created.
    if (LIMITING.test(name) && !CREATING.test(name)) {
      const owner = enclosingFunction(node);
      const path = isSelector ? importedPath(ctx.file.header, receiver) : null;
      if (path === 'golang.org/x/time/rate') return;
      const inArguments = node.parent?.kind === 'argument_list';
      const serves = handlerAround(node) !== null || (owner !== null && makesHandler(owner));
      if (inArguments || serves) yield state('rate.limit', name, { kind: 'middleware' }, node);
      return;
    }
    // Handed to a router: `r.Use(s.rateLimit)`, `router.Use(limiter.Middleware())`.
    if (MOUNTING.test(name)) {
      for (const value of callArguments(node)) {
        if (value.kind === 'func_literal' || value.kind === 'interpreted_string_literal' || value.text.length > 300)
          continue;
        if (!LIMITING.test(value.text) || /^"/.test(value.text)) continue;
        yield state('rate.limit', value.text.slice(0, 60), { kind: 'middleware' }, value);
        return;
      }
    }
  },
};

const answers: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['selector_expression', 'int_literal'],
  triggers: ['StatusTooManyRequests', '429'],
  *check(node) {
    const isStatus =
      node.kind === 'int_literal' ? node.text === '429' : node.child('field')?.text === 'StatusTooManyRequests';
    if (!isStatus || node.parent?.kind !== 'argument_list') return;
    const owner = enclosingFunction(node);
    const named = owner !== null && LIMITING.test(functionName(owner));
    if (handlerAround(node) !== null || named || (owner !== null && makesHandler(owner))) {
      yield state('rate.limit', '429', { kind: 'status' }, node);
    }
  },
};

export const extractors: readonly Extractor[] = [
  { id: 'rate.limit.library', language: 'go', detector: libraries },
  { id: 'rate.limit.call', language: 'go', detector: calls as NodeDetector },
  { id: 'rate.limit.status', language: 'go', detector: answers as NodeDetector },
];
