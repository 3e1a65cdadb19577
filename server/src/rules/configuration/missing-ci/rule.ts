/** A repository with code and without a pipeline that would build and test it. */
import { filePlace, type Place } from '../../../core/model/location.ts';
import type { Fact, Fix, WorkspaceVerdict } from '../../../core/model/verdict.ts';
import { defineRule, type FactView, type WorkspaceJudge } from '../../../core/rulekit/rule.ts';
import type { Manifest } from '../../../knowledge/project/layout.ts';

const WORKFLOW = '.github/workflows/ci.yml';

function goSteps(directory: string): string {
  const at = directory === '' ? '' : `        working-directory: ${directory}\n`;
  const file = directory === '' ? 'go.mod' : `${directory}/go.mod`;
  return [
    '      - uses: actions/setup-go@v5',
    '        with:',
    `          go-version-file: ${file}`,
    '      - run: go build ./...',
    `${at}      - run: go vet ./...`,
    `${at}      - run: go test -race -coverprofile=coverage.out ./...`,
    at.trimEnd(),
  ]
    .join('\n')
    .trimEnd();
}

/** A workflow that builds, vets and tests the module. */
function workflow(directory: string): string {
  return `name: CI

on:
  push:
    branches: [main, master]
  pull_request:

permissions:
  contents: read

jobs:
  test:
    runs-on: ubuntu-latest
    timeout-minutes: 15
    steps:
      - uses: actions/checkout@v4
${goSteps(directory)}
`;
}

interface Project {
  readonly place: Place;
  readonly fixes: readonly Fix[];
}

/** The manifest nearest to the root; without one, the README or the first code file. */
function projectOf(facts: FactView): Project | null {
  const depth = (fact: Fact): number => fact.key.split('/').length;
  const manifests = facts
    .all('project.manifest')
    .filter((fact) => facts.role(fact.place.path) === 'production')
    .sort((a, b) => depth(a) - depth(b));
  const [first] = manifests;
  if (first !== undefined) {
    const { kind, directory } = first.value as unknown as Manifest;
    if (kind !== 'go') return { place: first.place, fixes: [] };
    const fix: Fix = {
      title: `Create ${WORKFLOW}`,
      safety: 'suggestion',
      preferred: true,
      edits: [{ kind: 'create', path: WORKFLOW, content: workflow(directory) }],
    };
    return { place: first.place, fixes: [fix] };
  }
  const files = facts.all('file');
  const code = files.filter(
    (file) => (file.value as { language: string }).language === 'go' && facts.role(file.key) === 'production',
  );
  if (code.length === 0) return null;
  const readme = files.find((file) => /^readme(?:\.\w+)?$/i.test(file.key));
  return { place: filePlace(readme?.key ?? code[0]!.key), fixes: [] };
}

const judge: WorkspaceJudge = {
  partition: 'workspace',
  reads: ['project.manifest', 'go.file', 'project.ci'],
  *judge(facts): Iterable<WorkspaceVerdict> {
    const project = projectOf(facts);
    if (project === null) return;
    const pipelines = facts.all('project.ci').filter((fact) => facts.role(fact.place.path) !== 'example');
    // One verdict for the workspace; the other pipelines are no further passes.
    const [pipeline] = pipelines;
    if (pipeline !== undefined) yield { kind: 'pass', subject: pipeline.place };
    else yield { kind: 'fail', subject: project.place, message: 'missing', fixes: project.fixes };
  },
};

export const rule = defineRule({
  id: 'missing-ci',
  title: 'No CI pipeline',
  category: 'configuration',
  severity: 'medium',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'The repository contains code but no pipeline definition of any known system (GitHub Actions, GitLab CI, Jenkins, CircleCI, Azure Pipelines, Travis CI, Buildkite, Drone, Woodpecker, Bitbucket, Cirrus, Prow, Tekton and others).',
    why: 'Nothing proves that a commit builds and passes its tests before it is merged: that depends on the discipline of everybody, every time.',
    howToFix:
      'Add a pipeline that builds, vets and tests on every push and pull request, and require it for merging. The fix writes a workflow for GitHub Actions.',
    refs: ['https://docs.github.com/actions', 'https://dora.dev/capabilities/continuous-integration/'],
  },
  messages: {
    missing: 'No CI pipeline builds and tests this repository; add one that runs on every push and pull request.',
  },
  effort: { each: [60, 240] },
  fix: 'sometimes',
  on: {},
  workspace: judge,
});
