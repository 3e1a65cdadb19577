/** Components: found from manifests, images and deployments, graded by what is in their files. */
import { beforeAll, expect, test } from 'vitest';
import { buildAudit } from '../../server/src/core/present/build.ts';
import type { Rubric } from '../../server/src/core/score/types.ts';
import type { Syntax } from '../../server/src/core/syntax/syntax.ts';
import { componentsOf } from '../../server/src/knowledge/project/components.ts';
import { DEFAULT_RUBRIC } from '../../server/src/rubrics/rubrics.ts';
import { RULES } from '../../server/src/rules/index.gen.ts';
import { engineWith, testSyntax } from '../harness/engine.ts';

let syntax: Syntax;
beforeAll(async () => {
  syntax = await testSyntax();
});

const SERVER = `package main

import "net/http"

func main() {
	_ = http.ListenAndServe(":8080", nil)
}
`;
const FILES = new Map([
  ['api/go.mod', 'module example.com/shop/api/v2\n\ngo 1.22\n'],
  ['api/main.go', SERVER],
  ['api/Dockerfile', 'FROM alpine:3.20\nCOPY . .\nCMD ["/api"]\n'],
  ['lib/go.mod', 'module example.com/shop/lib\n\ngo 1.22\n'],
  ['lib/lib.go', 'package lib\n\n// Answer is known.\nfunc Answer() int { return 42 }\n'],
  ['web/package.json', '{ "name": "@shop/web", "dependencies": { "react": "18.0.0" } }'],
  ['web/src/app.tsx', 'export {}\n'],
  ['tasks/src/run.rb', 'puts 1\n'],
  ['tasks/Dockerfile', 'FROM ruby:3.4\nCMD ["ruby", "src/run.rb"]\n'],
  ['scripts/tool.py', 'print(1)\n'],
  ['api/testdata/go.mod', 'module example.com/sample\n'],
  [
    'deploy/api.yaml',
    'apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: shop-api\nspec:\n  template:\n    metadata:\n      labels: { app: api }\n    spec:\n      containers:\n        - name: api\n          image: registry.example.com/shop/api:1.0\n',
  ],
]);

function auditOf(rubric: Rubric, declared: Parameters<typeof componentsOf>[1] = []) {
  const engine = engineWith(syntax, RULES, FILES);
  const components = (workspace: typeof engine) => componentsOf(workspace, declared);
  const audit = buildAudit(engine, { root: 'shop', rubric, unread: [], detail: 'full', components });
  engine.dispose();
  return audit;
}

test('are joined from manifests, images and workloads; code of none is named', () => {
  const { components = [], loose } = auditOf(DEFAULT_RUBRIC);
  expect(components.map(({ path, name, kind, criticality }) => [path, name, kind, criticality])).toEqual([
    ['api', 'api', 'service', 'critical'],
    ['lib', 'lib', 'library', 'normal'],
    ['tasks', 'tasks', 'job', 'normal'],
    ['web', 'web', 'frontend', 'normal'],
  ]);
  expect(components[0]?.runs).toEqual(['Deployment: shop-api', 'api/Dockerfile']);
  expect(loose).toEqual(['scripts/tool.py']);
});

test('have their own grades, and none where no code is judged', () => {
  const { components = [], tallies } = auditOf(DEFAULT_RUBRIC);
  const [api, lib, tasks] = components;
  expect(api!.score!).toBeLessThan(lib!.score!);
  expect(tasks).toMatchObject({ score: null, grade: null, verdict: 'NOT RATED' });
  const found = components.reduce((total, { findings }) => total + findings, 0);
  expect(found).toBeLessThanOrEqual(tallies.reduce((total, { fail }) => total + fail, 0));
});

test('below the least grade of the rubric make the verdict NOT READY; the configuration says which are critical', () => {
  const lenient: Rubric = {
    ...DEFAULT_RUBRIC,
    components: { critical: 'A', any: 'F' },
    verdict: { ...DEFAULT_RUBRIC.verdict, blockingCategories: [], blockingRules: [], ready: 0, conditional: 0 },
  };
  expect(auditOf(lenient).scorecard).toMatchObject({
    verdict: 'NOT READY',
    belowGrade: [{ component: 'api', least: 'A' }],
  });
  const declared = [{ path: 'api', name: 'Shop API', kind: 'service', criticality: 'normal' }] as const;
  const { scorecard, components = [] } = auditOf(lenient, declared);
  expect(scorecard.verdict).not.toBe('NOT READY');
  expect(components[0]).toMatchObject({ name: 'Shop API', criticality: 'normal' });
});
