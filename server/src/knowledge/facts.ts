/**
 * The facts that extractors state about services and that judges read: one place for every name, what its key is and
 * what its value holds. Frameworks disappear here: a route is a route whoever registers it. Nothing in this file looks
 * at code.
 */
import type { FileRole } from '../core/model/file.ts';
import type { Place, Span } from '../core/model/location.ts';
import type { Fact, FactVerdict } from '../core/model/verdict.ts';
import type { FactView } from '../core/rulekit/rule.ts';
import type { SqlChange } from '../formats/sql.ts';

/** Who can reach a listener, as far as its address says: `loopback` also stands for Unix sockets. */
export type Exposure = 'loopback' | 'open' | 'unknown';

/** What a route is for. `app`: everything that is none of the others. */
export type RoutePurpose = 'app' | 'health' | 'metrics' | 'debug' | 'static';

/** `constant`: always the same answer; `always200`: tells of failures with status 200; `checks`: looks at something. */
export type HealthHandler = 'constant' | 'always200' | 'checks';

/** A statement that writes a log entry: where it goes, its text with what follows it there, and the package that it needs. */
export type LogEntry = { readonly at: number; readonly text: string; readonly package: string };

/** A part of the examined chunk, as plain data. */
export type Part = { readonly start: number; readonly end: number };

/** Text to insert at a span of the chunk that the fact is about. */
export type Insertion = {
  readonly start: number;
  readonly end: number;
  /** White space at the beginning of the line. */
  readonly indent: string;
};

/** A statement that starts a server and ends the program when that fails, and what a fix needs to rewrite it. */
export type ServeStatement = Insertion & {
  /** Span of the call within the statement. */
  readonly call: Part;
  /** Expression of the server; '' for a helper of the library. */
  readonly server: string;
  /** Fields of the server that a helper makes, in gofmt's order of the arguments. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  /** Method that starts that server, with its arguments. */
  readonly serve: string;
  /** A name that is free in the declaration, for the server. */
  readonly name: string;
  /**
   * The block that handles the error `err`, with its braces; null when the statement only passes the error on, so
   * that nothing can be put behind it.
   */
  readonly failure: string | null;
  /** `log` or `slog`: what the file writes messages with. */
  readonly logger: string;
  /** Name of net/http in the file. */
  readonly http: string;
};

/**
 * Where the router comes from that a route is registered on: made right there, a parameter of the declaration, a field
 * or variable that other declarations may have put middleware on, or anything else.
 */
export type RouterOrigin =
  | { readonly kind: 'root' }
  | { readonly kind: 'parameter'; readonly function: string; readonly index: number }
  | { readonly kind: 'shared'; readonly name: string }
  | { readonly kind: 'unknown' };

/** CMD or ENTRYPOINT of an image. */
export type ImageCommand = Part & { readonly words: readonly string[]; readonly exec: boolean };

/** What a step of a pipeline can be about: components of one kind, or anything. */
export type PipelineReach = 'go' | 'python' | 'npm' | 'any';

/** Something that a pipeline does in a folder. */
export type PipelineStep = {
  readonly directory: string;
  readonly reach: PipelineReach;
  /** It builds or tests what is in the folder. */
  readonly builds: boolean;
  /** It may reach any folder below, too. */
  readonly sweep: boolean;
};

/** A list of plain values in the matrix of a job, and how one more is written behind the last. */
export type PipelineList = {
  readonly key: string;
  readonly values: readonly string[];
  readonly end: number;
  readonly before: string;
  readonly quote: string;
};

/** Every fact by name: the comment says what its key is, the type what its value is. */
export type FactValues = {
  /** Key: path of the file. One for each Go file. */
  'go.file': {
    readonly package: string;
    readonly imports: readonly string[];
    /** Text of the build constraint, '' for none. */
    readonly constraint: string;
    readonly role: FileRole;
  };
  /** Key: directory. The function `main` of a package `main`; the place is its name. */
  'go.main': {
    /** Behind the opening brace; null when something else stands on its line. */
    readonly body: Insertion | null;
  };
  /** Key: module path. From go.mod. */
  'go.module': {
    readonly directory: string;
    readonly goVersion: string;
    /** Module paths, those that only dependencies need (`// indirect`) included. */
    readonly requires: readonly string[];
    readonly indirect: readonly string[];
    /** Module paths that are replaced by a folder or another module. */
    readonly replaces: readonly string[];
  };

  /** Key: path of a workflow or action of GitHub. `paths`: every word with a slash in it. */
  'ci.pipeline': {
    readonly steps: readonly PipelineStep[];
    readonly lists: readonly PipelineList[];
    readonly paths: readonly string[];
  };
  /**
   * Key: directory, '' for the root. A manifest that makes the directory something to be built or tested by itself; the
   * place is its name. `name`: without whose it is.
   */
  'project.part': { readonly kind: 'go' | 'python' | 'npm'; readonly name: string };

  /** Key: path of the file. One for each Python file: what it declares at its top, more rather than less. */
  'python.file': {
    readonly role: FileRole;
    readonly names: readonly string[];
    /** Modules that everything is imported of, as written. */
    readonly stars: readonly string[];
    /** More names may be made while the module runs. */
    readonly dynamic: boolean;
    readonly main: boolean;
  };
  /** Key: a folder that holds Python files, at any depth. */
  'python.folder': null;
  /** Key: name of a module or folder on the way to it, from any root. */
  'python.name': null;
  /** Key: module as written, with its dots. One for each name that an import binds; the place is the name or module. */
  'python.import': {
    readonly name: string;
    /** What is taken out of the module; '' for the module itself, `*` for everything. */
    readonly member: string;
    readonly typing: boolean;
    readonly optional: boolean;
    /** Under an `if`, `try` or `with`. */
    readonly conditional: boolean;
    /** Function that it runs in, '' at the top and in lambdas. */
    readonly function: string;
    readonly inFunction: boolean;
    /** The module as written. */
    readonly moduleSpan: Part;
  };
  /** Key: path. A file that says what Python code depends on. */
  'python.manifest': { readonly directory: string };
  /** Key: distribution, normalised. The place is the line that names it. */
  'python.requirement': {
    readonly version: string;
    /** Where the bound is written; null without one, and where it is a value of its own. */
    readonly bound: Part | null;
    readonly extras: readonly string[];
    readonly direct: boolean;
    readonly development: boolean;
    /** Its line with the line break, where it has one of its own. */
    readonly line: Part | null;
    /** A comment on its line says what it is for. */
    readonly explained: boolean;
  };
  /** Key: distribution, normalised. A requirement behind a comment sign, which is the place with the blanks around it. */
  'python.requirement.comment': null;
  /** Key: path of the manifest, or of requirements that it takes. It makes a package of the code, for others to install. */
  'python.package': null;
  /** Key: path of the file. Names that Python code, a template or a settings file mentions, but for short ones. */
  'python.mentions': string;
  /** Key: last part of a module's name. Something besides an import names it: a command, a setting, a short text. */
  'python.reference': null;
  /** Key: distribution, normalised. A command installs it. */
  'python.installed': null;

  /** Key: name of the file. A file that pytest collects by its name; `pytest`: it imports that. */
  'pytest.module': { readonly pytest: boolean };
  /** Key: directory of the configuration. `apart`: it says how modules are imported, or leaves files out; `paths`: testpaths. */
  'pytest.setting': { readonly apart: boolean; readonly paths: readonly string[] };
  /** Key: directory of the file that starts pytest. `open`: a variable or pattern may name more paths. */
  'pytest.run': { readonly paths: readonly string[]; readonly open: boolean; readonly apart: boolean };

  /** Key: port that a call of Python listens on, '' when it is not known. `variable`: may give another one, '' for none. */
  'python.port': { readonly variable: string };

  /** Key: path. A command line of gunicorn; the place is its name. */
  'gunicorn.command': {
    readonly timeout: boolean;
    /** The time-out of 0 seconds that it gives, which switches it off. */
    readonly zero: Part | null;
    /** Other workers than those which answer one request after another. */
    readonly concurrent: boolean;
    /** Its settings file as written, '' for none. */
    readonly config: string;
    /** More options may come from somewhere else. */
    readonly open: boolean;
  };
  /** Key: `timeout`, `worker_class`, `threads` or `reload`, as a settings file of gunicorn sets it. */
  'gunicorn.setting': { readonly text: string; readonly span: Part };

  /** Key: framework. A call that starts a server and blocks; the place is the call. */
  'http.server': {
    /** `helper`: a function of the library; `method`: of a server, engine or app value. */
    readonly form: 'helper' | 'method';
    readonly call: string;
    /** Expression that the method is called on, '' for a helper. */
    readonly receiver: string;
    readonly tls: boolean;
    readonly exposure: Exposure;
    /** `default`: the server falls back to http.DefaultServeMux. */
    readonly handler: 'default' | 'given' | 'unknown';
    /** Argument that is the handler, for fixes of helpers; null when it is not written in the call. */
    readonly handlerSpan: Part | null;
    /** The call as it serves TLS with certificates that the environment names; null when that is not simple. */
    readonly withTls: string | null;
    /** The statement that a fix may rewrite; null when the code around is not simple enough. */
    readonly statement: ServeStatement | null;
    /** Behind the statement that waits for a signal in the function that owns the server; null when there is none. */
    readonly afterSignal:
      | (Insertion & { readonly server: string; readonly cancel: string; readonly logger: string })
      | null;
  };
  /** Key: name of the variable, '' when there is none. An http.Server literal; the place is its type. */
  'http.server.literal': {
    readonly fields: readonly string[];
    readonly exposure: Exposure;
    /** Sets a time-out for headers or requests, or wraps the handler in one. */
    readonly timeouts: boolean;
    /** Expression of the field Handler; null when it is not set. */
    readonly handlerSpan: Part | null;
    readonly handlerText: string;
    /** Edits that set time-outs in the literal, as gofmt would write them; null when that is not simple. */
    readonly withTimeouts: readonly (Part & { readonly newText: string })[] | null;
  };
  /**
   * Key: name of the field (`ReadTimeout`, `TLSConfig`, ...) that is assigned on some value, or given in a framework's
   * configuration: the owner is the last name of that value, or the type of the configuration.
   */
  'http.server.setting': { readonly owner: string };
  /** Key: framework. Creation of a router, engine or app; the place is the call. */
  'http.router': {
    readonly variable: string;
    /** Behind the statement that stores it in a variable; null when there is none. */
    readonly after: Insertion | null;
  };
  /** Key: path as written, '' when it is not a literal. The place is the registering call. */
  'http.route': {
    readonly method: string;
    readonly framework: string;
    /** Expression of the router, '' for http.DefaultServeMux. */
    readonly router: string;
    /** Whether the router is known to be the outermost one. */
    readonly root: boolean;
    readonly handler: string;
    readonly purpose: RoutePurpose;
    /** Where a statement can be inserted before the registration; null when it is no statement of its own. */
    readonly before: Insertion | null;
    /** Whether a comment stands at the insertion point. */
    readonly commented: boolean;
    /** What stands in front of the handler within the declaration, outermost first: see knowledge/go/guards.ts. */
    readonly guards: readonly string[];
    /** Where the router comes from. */
    readonly origin: RouterOrigin;
    /** The handler, as far as its name tells where it is; '' for literals and everything else. */
    readonly target: string;
    /** Names in the body of a handler that is written in place, '' when it is not. */
    readonly inline: string;
    /** The argument that is the handler with its wrappers; null when it is not written in the call. */
    readonly handlerSpan: Part | null;
  };
  /** Key: name of the called function or method. A router is passed on to it. */
  'http.handover': {
    readonly index: number;
    readonly guards: readonly string[];
    readonly origin: RouterOrigin;
  };
  /** Key: text of the middleware. Put on a router that is a field or variable of the package, named by `router`. */
  'http.guard': { readonly router: string };
  /**
   * Key: the router as written (Python). It stands below a prefix: its own, when `on` is '', or where it is included on
   * the router `on`.
   */
  'http.mount': { readonly prefix: string; readonly on: string };
  /** Key: revision of a migration of Alembic, name of the file of one of Django. `parents`: revisions that it stands on. */
  'python.migration': {
    readonly tool: 'alembic' | 'django';
    readonly parents: readonly string[];
    /** Says that several heads are wanted. */
    readonly branches: boolean;
    readonly replaces: readonly string[];
  };
  /** Key: source of the middleware, shortened. A call of Use, With or the like. */
  'http.middleware': { readonly framework: string };
  /** Key: callee. A handler that reads a request's body as a whole. */
  'http.body-read': { readonly framework: string };
  /** Key: callee. Something that bounds what is read of a request or message. */
  'http.body-limit': null;
  /** Key: library. A handshake that turns a request into a WebSocket. */
  'ws.upgrade': {
    readonly connection: string;
    /** Where the connection is known to be good; null when that is not simple. */
    readonly after: Insertion | null;
  };
  /** Key: method. A message is read from a WebSocket. */
  'ws.read': null;
  /**
   * Key: name of the declaration. The program tells who sends a request, or refuses it: see
   * knowledge/go/authentication.ts for what counts.
   */
  'auth.evidence': {
    readonly kind: 'library' | 'credential' | 'rejection' | 'identity' | 'wrapper' | 'route' | 'certificate';
    readonly what: string;
  };
  /** Key: name of a function. What its body says about who may do something, for functions that are handlers or wrap them. */
  'auth.function': {
    readonly credential: boolean;
    readonly rejects: boolean;
    /** Names in its body that may lead to a check. */
    readonly calls: string;
    readonly wraps: boolean;
  };

  /** Key: path of the file. It speaks of roles, permissions, scopes or owners of records, or keeps records by user. */
  'auth.rights': { readonly word: string };
  /** Key: name of a function that promises to protect something. The place is its name. */
  'security.control': {
    /** `guard`: what stands in front of single handlers, or is asked by one (Python). */
    readonly kind: 'middleware' | 'guard' | 'check' | 'rotation';
    readonly method: boolean;
    /** For what routers of a framework take by `Use`: the framework, and what is handed over. */
    readonly use: { readonly framework: string; readonly text: string } | null;
  };
  /** Key: path of the file. Names like those of controls that a declaration mentions, its own aside, for `FactView.mentions`. */
  'security.mention': string;
  /** Key: name of a header that protects browsers. */
  'security.header': { readonly everywhere: boolean };
  /** Key: what it is. The program answers browsers with pages. */
  'http.pages': null;
  /** Key: path of the file. A proxy of the deployment sets headers that protect browsers. */
  'proxy.headers': { readonly by: string };

  /** Key: import path, name or path of a file. Secrets come from a store or a mount, in code or deployment. */
  'secret.store': null;
  /** Key: import path. Something is encrypted. */
  'crypto.cipher': null;
  /**
   * Key: name of a handler or middleware. It refuses requests; `logged`: and tells a log, or calls what may. `entry`: a
   * statement that would, where it can stand, when all that it names is at hand.
   */
  'auth.refusal': { readonly logged: boolean; readonly entry: LogEntry | null };
  /** Key: name. Every request, or every change, leaves an entry in a log. */
  'auth.trail': null;
  /** Key: path of the file. A test tries what must be refused; `test.other`: a test file without such a test. */
  'test.attack': null;
  'test.other': null;
  /** Key: name of the field. A column that holds what must not be read from a stolen dump. */
  'data.sensitive': null;

  /** Key: what it is. Requests are limited in rate: see knowledge/go/rateLimits.ts for what counts. */
  'rate.limit': { readonly kind: 'library' | 'handler' | 'middleware' | 'status' };

  /** Key: `Notify`, `NotifyContext`, or the import path of a library that handles signals. */
  'signal.handler': {
    readonly terminate: boolean;
    readonly interrupt: boolean;
    /** The last signal that is listed; null when there is no list. */
    readonly last: Part | null;
  };
  /** Key: method. A call that drains a server. */
  'server.shutdown': { readonly receiver: string };
  /** Key: import path. A framework that brings its own life cycle, probes and telemetry. */
  'service.framework': null;

  /** Key: path or name. A health route, handler or service outside of plain route registrations. */
  'health.route': { readonly kind: 'path' | 'handler' | 'library' };
  /** Key: name or path. A handler of a health check, and what it does. */
  'health.handler': HealthHandler;
  /** Key: as that of its `health.handler`. Where an `always200` handler can say 503: the place is replaced by the text. */
  'health.failure': { readonly newText: string };
  /** Key: callee or path. Metrics are served; `known`: by a metrics library. */
  'metrics.route': { readonly known: boolean };
  /** Key: import path. A metrics client or agent is used. */
  'metrics.client': null;
  /** Key: import path. Tracing is used; `exporter`: with something that takes the spans away. */
  'tracing.init': { readonly exporter: boolean };
  /** Key: import path or kind of client. The program calls other systems over the network. */
  'network.client': null;

  /** Key: name or import path. A declaration that repeats what failed, or waits longer and longer, by its words. */
  'resilience.retry': null;
  /** Key: name or import path. A declaration with a circuit breaker, a fallback or another degraded mode, by its words. */
  'resilience.breaker': null;

  /** Key: library. Calls of one logging library in one declaration; the place is the first call. */
  'log.call': { readonly structured: boolean; readonly count: number };
  /** Key: import path. A logging library is imported; the place is the import. Not structured: plain or not known. */
  'log.import': { readonly structured: boolean };

  /** Key: callee or field. A server is given certificates. */
  'tls.server': null;
  /** Key: the address. A text that names this machine alone; `listens`: what surrounds it speaks of listening. */
  'loopback.address': { readonly listens: boolean };
  /** Key: name of the constant. A string constant or variable of the package that is a clear-text URL of another host. */
  'url.constant': { readonly url: string; readonly scheme: Part };
  /** Key: name of the constant that is passed to a call that connects. */
  'url.use': { readonly callee: string };

  /** Key: path of the test file. Paths and function names that a declaration of it names; one for each declaration. */
  'test.requests': { readonly paths: readonly string[]; readonly names: readonly string[] };
  /** Key: what the test is besides a unit test. Generous: a name, a tag or a tool is enough. */
  'test.level': { readonly by: string };
  /** Key: name. A benchmark of Go; `real`: it repeats something. */
  'test.benchmark': { readonly real: boolean };

  /** Key: kind of description; `reference`: a document that names paths by hand. The interface is described. */
  'api.description': { readonly paths: readonly string[] };
  /** Key: metric. An alert, a recording rule or a dashboard (`by`) asks for it; the place is its name there. */
  'metric.expected': { readonly by: string };
  /** Key: metric. A recording rule makes it. */
  'metric.recorded': null;
  /** Key: text in code that works with metrics, with underscores: a name, a namespace or the end of a name. */
  'metric.part': {
    readonly namespace: boolean;
    /** A client library registers a metric of that name (Python). */
    readonly registered?: boolean;
  };
  /** Key: what does it. Settings can change while the program runs. */
  'config.reload': null;
  /** Key: import path. A database that keeps its data in a file of this machine; `server`: one that several may share. */
  'database.driver': { readonly server: boolean };
  /** Key: name. A map of the process that is named like something that all instances have to know. */
  'memory.state': { readonly owner: string };
  /** Key: name. Something is stored in a map of that name. */
  'memory.write': null;
  /**
   * Key: variable. The value that code uses when the variable is not set; the place is the value. `branch`: it is one of
   * several for different cases, like databases of different kinds.
   */
  'env.default': { readonly value: string; readonly by: string; readonly branch?: boolean };
  /** Key: name of the field. A settings class of Python has it, and fills it from the environment. */
  'env.setting': { readonly owner: string };
  /** Key: variable. Go code names it in any way: an argument, an element of a list, a struct tag. */
  'env.named': null;
  /** Key: variable. A script, a template or a program in another language reads it. */
  'env.other-read': null;
  /** Key: what does it. Any variable may be read: the names are made while running. */
  'env.automatic': null;
  /** Key: port. Go code mentions it; `listens`: as an address of its own, as far as the words around it tell. */
  'port.mention': { readonly listens: boolean; readonly test: boolean };
  /** Key: port. A settings file or script mentions it. */
  'port.configured': null;

  /** Key: path. A Dockerfile, as its last stage turns out; what earlier stages do counts only where it is built on them. */
  'image.file': {
    readonly directory: string;
    readonly stages: readonly (Part & {
      readonly name: string;
      /** Image with arguments replaced as far as they are known, or the name of an earlier stage. */
      readonly base: string;
      /** Number of the stage that the base is, -1 for an image. */
      readonly parent: number;
    })[];
    /** Packages that any stage builds with the go command. */
    readonly goBuilds: readonly string[];
    /** The image that the last stage is built on in the end, '' when an argument without a value names it. */
    readonly root: string;
    /** Something in the last stage starts the program as another user. */
    readonly dropsPrivileges: boolean;
    /** The last stage compiles. */
    readonly compiles: boolean;
    /** Beginning of the line of the first CMD or ENTRYPOINT of the last stage. */
    readonly beforeCommand: number | null;
    /** Paths of VOLUME. */
    readonly volumes: readonly string[];
    /** The instruction that copies the whole context, null for none; `shipped`: into a stage that is shipped. */
    readonly copiesAll: (Part & { readonly shipped: boolean }) | null;
    readonly env: readonly (Part & { readonly name: string; readonly value: string })[];
    /** `port` is '' when a variable makes it unknown. */
    readonly expose: readonly (Part & { readonly port: string; readonly protocol: string })[];
    readonly user: (Part & { readonly text: string }) | null;
    readonly command: ImageCommand | null;
    readonly entrypoint: ImageCommand | null;
    readonly healthcheck: (Part & { readonly none: boolean }) | null;
  };
  /** Key: name of the service. A service of a compose file; the place is its name. */
  'compose.service': {
    readonly image: string;
    readonly imageSpan: Part | null;
    readonly build: { readonly context: string; readonly dockerfile: string } | null;
    /** Ports as written; '' for a host port that is chosen freely. */
    readonly ports: readonly (Part & {
      readonly host: string;
      readonly address: string;
      readonly container: string;
      readonly protocol: string;
    })[];
    readonly expose: readonly string[];
    /** `set`: with a value; without one it is handed on from the caller. */
    readonly environment: readonly (Part & { readonly name: string; readonly value: string; readonly set: boolean })[];
    readonly envFiles: readonly string[];
    /** Words of entrypoint and command, or the text when it is written as one. */
    readonly command: readonly string[];
    /** `source`: a path or the name of a volume, '' for an anonymous one. */
    readonly volumes: readonly (Part & { readonly source: string; readonly target: string })[];
    readonly containerName: string;
    /** As whom it runs, '' when it does not say. */
    readonly user: string;
    /** Its memory is limited. */
    readonly limited: boolean;
    readonly replicas: string;
    readonly dependsOn: readonly string[];
    readonly healthcheck: boolean;
    /** All keys of the service. */
    readonly keys: readonly string[];
    /** Another service or file adds to it. */
    readonly extended: boolean;
  };
  /** Key: name, '' when a template makes it. A workload of a Kubernetes manifest; the place is its name. */
  'kubernetes.workload': {
    readonly kind: string;
    readonly labels: { readonly [name: string]: string };
    readonly replicas: string;
    readonly strategy: string;
    readonly containers: readonly (Part & {
      readonly name: string;
      readonly image: string;
      /** `port` is '' when a template makes it. */
      readonly ports: readonly (Part & { readonly name: string; readonly port: string; readonly protocol: string })[];
      /** `known`: the value is written in the manifest. */
      readonly environment: readonly (Part & {
        readonly name: string;
        readonly value: string;
        readonly known: boolean;
      })[];
      readonly environmentFrom: boolean;
      readonly command: readonly string[];
      readonly probes: readonly (Part & {
        readonly kind: string;
        readonly action: string;
        readonly port: string;
        readonly path: string;
      })[];
      readonly limits: readonly string[];
      readonly requests: readonly string[];
      /** A template decides about the resources. */
      readonly templatedResources: boolean;
      readonly mounts: readonly string[];
      /** Settings of the security context, written `name=value`. */
      readonly security: readonly string[];
      /** Behind the last line of the container's name, for further keys; null when that is not simple. */
      readonly after: (Part & { readonly indent: string }) | null;
    })[];
    /** Kinds of the volumes. */
    readonly volumes: readonly string[];
    readonly security: readonly string[];
    /** The file is a template, so that something may be added to what it shows. */
    readonly templated: boolean;
  };
  /** Key: name. A service of a Kubernetes manifest. */
  'kubernetes.service': {
    readonly selector: { readonly [name: string]: string };
    readonly ports: readonly (Part & { readonly name: string; readonly port: string; readonly target: string })[];
  };
  /** Key: name. A ConfigMap, Secret or LimitRange of a Kubernetes manifest, by its keys. */
  'kubernetes.config': { readonly kind: string; readonly keys: readonly (Part & { readonly name: string })[] };

  /** Key: name of a stage in lower case, '' when a variable names it. A command or file asks for that stage of an image. */
  'build.target': null;
  /** Key: name of the variable. A flag of the linker sets it in a Go program; the place is package and name. */
  'build.linker-symbol': {
    /** Import path, `main`, or `@module/...` below the module that the file belongs to. */
    readonly package: string;
  };
  /**
   * Key: path of the file. What SQL does to the schema: all of a script on its way up, or one literal of Go code
   * (offsets are those of the chunk, and right only where the literal holds no escapes).
   */
  'sql.script': {
    readonly source: 'file' | 'code';
    /** What runs the script, by the comments in it; '' when they do not tell. */
    readonly tool: 'goose' | 'dbmate' | 'sql-migrate' | 'tern' | '';
    readonly changes: readonly SqlChange[];
  };

  /**
   * Key: a database; `other` for those that nothing judges. A manifest (`driver`), an address or a setting names it;
   * `feature`: of a driver for several.
   */
  'sql.database': { readonly driver: boolean | 'feature' };

  /** Key: table. What a literal of the code looks up there; see `SqlLookup`. */
  'sql.lookup': {
    readonly kind: 'filter' | 'conflict' | 'ignore';
    readonly columns: readonly string[];
    readonly numbered: boolean;
    /** The file works with SQLite. */
    readonly sqlite: boolean;
  };

  /** Key: last element of the path that `go build -o` writes. */
  'build.output': null;
  /** Key: path of the file. Names that options of a command line may have, separated by blanks; generous. */
  'cli.options': { readonly names: string; readonly library: boolean };
  /** Key: path of the file. Names of options are put together while the program runs. */
  'cli.dynamic-options': null;

  /** Key: path of the file. A platform runs a web service; `kept`: with a disk that lasts. */
  'platform.disk': { readonly by: string; readonly kept: boolean };
  /** Key: path of the file. A proxy or platform of the deployment ends TLS. */
  'proxy.tls': { readonly by: string };
  /** Key: the word or function. Something saves data, or says how that is done. */
  backup: null;
  /** Key: path of the file. A service mesh or proxy of the deployment retries and breaks circuits. */
  'proxy.resilience': { readonly by: string };
  /** Key: path of the file. A proxy of the deployment limits the rate of requests. */
  'proxy.rate-limit': { readonly by: string };
  /** Key: path of the file. A proxy of the deployment bounds request bodies. */
  'proxy.body-limit': { readonly by: string };
};
export type FactName = keyof FactValues;

export interface TypedFact<N extends FactName> {
  readonly name: string;
  readonly key: string;
  readonly value: FactValues[N];
  readonly place: Place;
}

/** States a fact about a span of the examined chunk. */
export function state<N extends FactName>(name: N, key: string, value: FactValues[N], subject: Span): FactVerdict {
  return { kind: 'fact', name, key, value, subject: { start: subject.start, end: subject.end } };
}

/** All facts of a name in the workspace, in path order. */
export function allFacts<N extends FactName>(facts: FactView, name: N): readonly TypedFact<N>[] {
  return facts.all(name) as readonly Fact[] as readonly TypedFact<N>[];
}

/** Facts of a name in the judge's partition, in path order. */
export function ownFacts<N extends FactName>(facts: FactView, name: N): readonly TypedFact<N>[] {
  return facts.get(name) as readonly Fact[] as readonly TypedFact<N>[];
}

/** A span of the chunk that a fact was found in, as a place. */
export function placeIn(fact: { readonly place: Place }, span: Span): Place {
  return { path: fact.place.path, anchor: fact.place.anchor, span: { start: span.start, end: span.end } };
}
