/** Programs that serve requests but give orchestrators and balancers nothing to ask whether they are alive. */
import type { Fix } from '../../../core/model/verdict.ts';
import { defineRule } from '../../../core/rulekit/rule.ts';
import {
  type Beside,
  evidence,
  firstTime,
  type GoProgram,
  mayBeShared,
  servesRequests,
} from '../../../knowledge/go/services.ts';
import { ANY_SERVICE_FACTS, anyServicesOf, frontOf, servesHttp } from '../../../knowledge/services.ts';

/** The registration of a health route beside another route, and the import that it needs. */
function healthRoute(beside: Beside): Fix {
  const { framework, router } = beside;
  const [statement, packages] = ((): [string, string[]] => {
    switch (framework) {
      case 'gin':
        return [`${router}.GET("/healthz", func(c *gin.Context) {\n\tc.Status(http.StatusOK)\n})`, ['net/http']];
      case 'echo':
        return [
          `${router}.GET("/healthz", func(c echo.Context) error {\n\treturn c.NoContent(http.StatusOK)\n})`,
          ['net/http'],
        ];
      case 'fiber':
        return [`${router}.Get("/healthz", func(c *fiber.Ctx) error {\n\treturn c.SendStatus(fiber.StatusOK)\n})`, []];
      case 'chi':
        return [
          `${router}.Get("/healthz", func(w http.ResponseWriter, _ *http.Request) {\n\tw.WriteHeader(http.StatusOK)\n})`,
          ['net/http'],
        ];
      case 'httprouter':
        return [
          `${router}.HandlerFunc(http.MethodGet, "/healthz", func(w http.ResponseWriter, _ *http.Request) {\n\tw.WriteHeader(http.StatusOK)\n})`,
          ['net/http'],
        ];
      case 'fastapi':
        return [`@${router}.get("/healthz")\ndef healthz():\n    return {"status": "ok"}`, []];
      case 'flask':
        return [`@${router}.get("/healthz")\ndef healthz():\n    return {"status": "ok"}`, []];
      default: {
        const on = router === '' ? 'http' : router;
        return [
          `${on}.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) {\n\tw.WriteHeader(http.StatusOK)\n})`,
          ['net/http'],
        ];
      }
    }
  })();
  const edit = beside.insert(statement);
  return {
    title: 'Register GET /healthz',
    safety: 'suggestion',
    preferred: true,
    edits: packages.length === 0 ? [edit] : [edit, { kind: 'import', add: packages }],
  };
}

/** Whether a route can be written for the framework. */
function hasSnippet(program: GoProgram, { framework }: Beside): boolean {
  return program.language === 'go' || framework === 'fastapi' || framework === 'flask';
}

/** Packages that are there for nothing else. */
const HEALTH_PACKAGE = /^(?:ping|health|healthz|healthchecks?|healthcheck\w*|readiness|liveness|probes?)$/;

export const rule = defineRule({
  id: 'missing-health-endpoint',
  title: 'No health endpoint',
  category: 'observability',
  severity: 'medium',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'A program serves HTTP or gRPC, but nothing in it registers a health, liveness or readiness route, and it does not serve the gRPC health protocol.',
    why: 'A load balancer or orchestrator can only take a broken instance out of rotation when it has something to ask. Without a probe an instance that hangs or has lost its database keeps getting traffic, and a new version counts as started before it can answer.',
    howToFix:
      'Register a route such as `GET /healthz` that answers 200 while the process can serve, outside of authentication. Answer 503 on a second route (`/readyz`) while a dependency that every request needs is unreachable. For gRPC register `health.NewServer()` of `google.golang.org/grpc/health`.',
    refs: [
      'https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/',
      'https://grpc.io/docs/guides/health-checking/',
    ],
  },
  messages: {
    http: 'These routes have no health check among them; register one such as GET /healthz.',
    grpc: 'This gRPC server has no health service; register the one of google.golang.org/grpc/health.',
  },
  effort: { each: [30, 120] },
  fix: 'sometimes',
  on: { go: [], python: [] },
  workspace: {
    partition: 'workspace',
    reads: ANY_SERVICE_FACTS,
    *judge(facts) {
      const isFirst = firstTime();
      for (const program of anyServicesOf(facts)) {
        if (!servesRequests(program) || program.framework !== '') continue;
        const route = evidence(facts, program, 'http.route').find((fact) => fact.value.purpose === 'health');
        const found =
          route ??
          evidence(facts, program, 'health.route')[0] ??
          evidence(facts, program, 'go.file').find((file) => HEALTH_PACKAGE.test(file.value.package));
        if (found !== undefined) {
          if (isFirst(found.place)) yield { kind: 'pass', subject: found.place };
          continue;
        }
        const { place, beside } = frontOf(facts, program);
        if (!isFirst(place)) continue;
        if (mayBeShared(program, /health|probe/i)) {
          yield { kind: 'unknown', subject: place, note: `A health route may come from ${program.opaque[0]}.` };
          continue;
        }
        const isHttp = servesHttp(program);
        const fixes = isHttp && beside !== null && hasSnippet(program, beside) ? [healthRoute(beside)] : [];
        yield { kind: 'fail', subject: place, message: isHttp ? 'http' : 'grpc', fixes };
      }
    },
  },
});
