/** Image files and compose files to begin with, for services of which it is known how they start. */
import { directoryOf } from '../../../core/model/path.ts';
import type { Fix, FixEdit } from '../../../core/model/verdict.ts';
import type { FactView } from '../../../core/rulekit/rule.ts';
import { allFacts } from '../../../knowledge/facts.ts';
import { evidence, type GoProgram } from '../../../knowledge/go/services.ts';

function goImage({ mains, component, goVersion }: GoProgram): string | null {
  const [main] = mains;
  const version = /^\d+\.\d+/.exec(goVersion)?.[0];
  if (main === undefined || mains.length > 1 || version === undefined) return null;
  const target = component === '' ? main.key : main.key.slice(component.length + 1);
  return `FROM golang:${version}-alpine AS build
WORKDIR /src
COPY go.* ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -o /service ${target === '' ? '.' : `./${target}`}

FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=build /service /service
ENTRYPOINT ["/service"]
`;
}

/** A service that a server program of Python starts from the module of its application. */
function pythonImage(facts: FactView, program: GoProgram): string | null {
  const { component } = program;
  const inside = (path: string): string => (component === '' ? path : path.slice(component.length + 1));
  const requires = (name: string): boolean => facts.lookup('python.requirement', name, component).length > 0;
  const routers = evidence(facts, program, 'http.router').filter(
    ({ key, place }) => /^(?:fastapi|flask)$/.test(key) && facts.role(place.path) === 'production',
  );
  const [application] = routers;
  const requirements = component === '' ? 'requirements.txt' : `${component}/requirements.txt`;
  if (application === undefined || routers.length > 1 || facts.lookup('file', requirements).length === 0) return null;
  const { variable } = application.value;
  if (!/^\w+$/.test(variable)) return null;
  const module = inside(application.place.path).replace(/\.py$/, '').replaceAll('/', '.');
  const server = application.key === 'fastapi' ? 'uvicorn' : 'gunicorn';
  if (!requires(server)) return null;
  const bind = server === 'uvicorn' ? '"--host", "0.0.0.0", "--port", "8000"' : '"--bind", "0.0.0.0:8000"';
  return `FROM python:3.12-slim
WORKDIR /service
COPY requirements.txt .
RUN pip install --no-cache-dir -r requirements.txt
COPY . .
RUN useradd --system service
USER service
EXPOSE 8000
CMD ["${server}", "${module}:${variable}", ${bind}]
`;
}

function composeFile(name: string): string {
  return `services:
  ${name}:
    build: .
    restart: unless-stopped
`;
}

/** Creates an image file, and beside it a compose file that runs it. */
export function scaffold(facts: FactView, program: GoProgram): readonly Fix[] {
  const image = program.language === 'go' ? goImage(program) : pythonImage(facts, program);
  if (image === null) return [];
  const within = program.component === '' ? '' : `${program.component}/`;
  const name = /[a-z][a-z0-9-]*$/.exec(program.component.toLowerCase())?.[0] ?? 'service';
  const edits: FixEdit[] = [{ kind: 'create', path: `${within}Dockerfile`, content: image }];
  // One beside another would hide it.
  const isComposed = allFacts(facts, 'compose.service').some(
    ({ place }) => directoryOf(place.path) === program.component,
  );
  if (!isComposed) edits.push({ kind: 'create', path: `${within}compose.yaml`, content: composeFile(name) });
  const title = `Create ${within}Dockerfile${isComposed ? '' : ' and compose.yaml'}`;
  return [{ title, safety: 'suggestion', preferred: true, edits }];
}
