/**
 * Descriptions of interfaces: OpenAPI and its kin, protocol buffers, GraphQL schemas, generators that make them from
 * code, and documents that list routes. States where they are, never whether they are complete.
 */

import { OWN_ROLES } from '../../core/model/file.ts';
import type { Extractor, NodeDetector, TextDetector } from '../../core/rulekit/rule.ts';
import { outlineOf } from '../../formats/markdown.ts';
import type { GoHeader } from '../../languages/go/header.ts';
import type { GoNode } from '../../languages/go/nodes.gen.ts';
import { state } from '../facts.ts';
import { importDetector } from '../go/imports.ts';

const TOP = { start: 0, end: 0 };
const NONE = { paths: [] };

const CONTENT =
  /^\s*["']?(?:openapi|swagger|asyncapi)["']?\s*:\s*["']?\d|"(?:openapi|swagger|asyncapi)"\s*:\s*"\d|^\s*#%RAML|^FORMAT:\s*1A/m;
const SCHEMA_FILE = /\.(?:graphqls?|gql|raml|apib|wsdl|smithy|tsp)$/i;
const PROTO_SERVICE = /^\s*service\s+\w+\s*\{/m;
const COLLECTION = /schema\.getpostman\.com|"_type"\s*:\s*"export"[\s\S]{0,200}insomnia/;

const documents: TextDetector = {
  text: true,
  *check(text, ctx) {
    const { path, language } = ctx.file;
    if (!['yaml', 'json', 'text'].includes(language)) return;
    if (SCHEMA_FILE.test(path)) yield state('api.description', 'schema', NONE, TOP);
    else if (path.endsWith('.proto')) {
      if (PROTO_SERVICE.test(text)) yield state('api.description', 'proto', NONE, TOP);
    } else if (language !== 'text' && (CONTENT.test(text.slice(0, 4_000)) || COLLECTION.test(text.slice(0, 2_000))))
      yield state('api.description', 'openapi', NONE, TOP);
  },
};

/** Libraries that describe the routes which they serve, or that make routes from a description. */
const GENERATORS =
  /^github\.com\/(?:swaggo\/|danielgtaylor\/huma|go-fuego\/fuego|swaggest\/|go-openapi\/|getkin\/kin-openapi|oapi-codegen\/|deepmap\/oapi-codegen|ogen-go\/ogen|99designs\/gqlgen|graph-gophers\/graphql-go|graphql-go\/graphql|emicklei\/go-restful-openapi|grpc-ecosystem\/grpc-gateway|wI2L\/fizz|loopfz\/gadgeto|a-h\/rest|savaki\/swag|twitchtv\/twirp|mvrilo\/go-redoc|zc2638\/swag|go-kratos\/swagger-api)|^goa\.design\/|^connectrpc\.com\/connect$|^encore\.dev/;
const ROUTE_COMMENT = /^\/\/\s*@(?:Router|Summary)\s|^\/\/\s*swagger:(?:route|operation)\s/m;

const generators = importDetector(function* (path, subject) {
  if (GENERATORS.test(path)) yield state('api.description', 'generator', NONE, subject);
});

const comments: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['comment'],
  triggers: ['@Router', '@Summary', 'swagger:'],
  *check(node) {
    if (ROUTE_COMMENT.test(node.text)) yield state('api.description', 'comments', NONE, node);
  },
};

/** A document that is called a reference, or that has a heading for each of several routes. */
const REFERENCE_NAME =
  /(?:^|[/_.-])(?:api|rest|http|endpoints?|routes?)(?:[_.-]?(?:reference|docs?|spec|guide|documentation|v\d))?\.(?:md|markdown|rst|adoc)$|(?:^|\/)api(?:-reference|-docs)?\/[^/]+\.(?:md|rst|adoc)$/i;
const ROUTE_HEADING = /\b(?:GET|POST|PUT|PATCH|DELETE)\b\s+`?\/|^`?\/[\w{}:/-]+`?$/;

const references: TextDetector = {
  text: true,
  triggers: ['/'],
  *check(text, ctx) {
    const { path } = ctx.file;
    if (!/\.(?:md|markdown|rst|adoc)$/i.test(path) || text.length > 400_000) return;
    const named = REFERENCE_NAME.test(path);
    if (!named && !/^#+[^\n]*\b(?:GET|POST|PUT|PATCH|DELETE)\b\s+`?\/|^#+\s+`?\//m.test(text)) return;
    const headings = outlineOf(text).headings.filter((heading) => ROUTE_HEADING.test(heading.text));
    if (!named && headings.length < 3) return;
    const paths = new Set(
      [...text.matchAll(/(?<![\w:/])\/[\w{}:.-]+(?:\/[\w{}:.*-]*)*/g)].map((match) => match[0]).slice(0, 1_000),
    );
    yield state('api.description', 'reference', { paths: [...paths] }, TOP);
  },
};

export const extractors: readonly Extractor[] = [
  { id: 'api.documents', language: 'any', detector: documents, roles: OWN_ROLES },
  { id: 'api.references', language: 'any', detector: references, roles: OWN_ROLES },
  { id: 'api.generators', language: 'go', detector: generators },
  { id: 'api.comments', language: 'go', detector: comments as NodeDetector },
];
