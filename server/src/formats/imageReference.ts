/** References of container images (`registry/name:tag@digest`) and what their tags promise. Nothing is looked up. */

export interface ImageReference {
  /** Registry and path. */
  readonly name: string;
  /** '' without one. */
  readonly tag: string;
  readonly digest: string;
}

/** Reads a reference without variables; null when it is none. */
export function readImageReference(text: string): ImageReference | null {
  const match = /^((?:[\w.-]+(?::\d+)?\/)?[\w.-]+(?:\/[\w.-]+)*)(?::([\w][\w.-]*))?(?:@(sha256:[\da-f]+))?$/.exec(text);
  if (match === null) return null;
  return { name: match[1]!, tag: match[2] ?? '', digest: match[3] ?? '' };
}

/** Words that name no version: a tag of such words alone moves with every release. */
const FLOATING =
  /^(?:latest|stable|edge|nightly|lts|current|rolling|mainline|main|master|head|canary|next|dev|develop|development|unstable|testing|beta|release|alpine|slim|debian|ubuntu|perl|fpm|apache|cli|jdk|jre|musl|full|minimal|base|runtime|prod|production)$/i;

/** Releases of the system below an image by their names: of the system itself they are versions. */
const RELEASE = /^(?:buster|bullseye|bookworm|trixie|sid|bionic|focal|jammy|noble)$/i;
/** Images with versions of their own: those that Docker publishes for languages and servers. */
const HAS_OWN = /^(?:library\/)?(?!(?:debian|ubuntu|buildpack-deps)$)[\w.-]+$/;

/**
 * Whether a tag names no version at all, so that it means something else after each release; '' counts as `latest`.
 * `python:slim-bookworm` names the system below, not the Python that is meant.
 */
export function isFloatingTag(tag: string, name = ''): boolean {
  if (tag === '') return true;
  const words = tag.split(/[-_.]/).filter((word) => !HAS_OWN.test(name) || !RELEASE.test(word));
  return words.every((word) => FLOATING.test(word));
}

/** Images that are published without versions, for which a digest is the only way to fix one. */
export function hasNoVersions({ name, tag }: ImageReference): boolean {
  return /^cgr\.dev\/|(?:^|\/)distroless\/[\w-]+-debian\d+$/.test(name) || /nonroot|debug/.test(tag);
}

/** Images that Docker publishes under names without an owner. */
const OFFICIAL = new Set(
  'adminer aerospike almalinux alpine alt amazoncorretto amazonlinux api-firewall arangodb archlinux backdrop bash bonita buildpack-deps busybox caddy cassandra centos chronograf cirros clearlinux clefos clickhouse clojure composer convertigo couchbase couchdb crate crux dart debian docker drupal eclipse-mosquitto eclipse-temurin eggdrop elasticsearch elixir emqx erlang express-gateway fedora flink fluentd fsharp friendica gazebo gcc geonetwork ghost golang gradle groovy haproxy haskell haxe hello-world hitch httpd hylang ibm-semeru-runtimes ibmjava influxdb iojs irssi java jetty jobber joomla jruby julia kapacitor kibana known kong krakend lightstreamer liquibase logstash mageia mariadb matomo maven mediawiki memcached mono mongo mongo-express monica mysql nats nats-streaming neo4j neurodebian nextcloud nginx node notary nuxeo odoo open-liberty openjdk opensuse oraclelinux orientdb owncloud percona perl photon php php-zendserver phpmyadmin plone postfixadmin postgres pypy python r-base rabbitmq rails rakudo-star rapidoid redis redmine registry rethinkdb rocket.chat rockylinux ros ruby rust sapmachine satosa silverpeas sl solr sonarqube sourcemage spark spiped storm swarm swift swipl telegraf thrift tomcat tomee traefik ubuntu unit varnish vault websphere-liberty wordpress xwiki yourls znc zookeeper'.split(
    ' ',
  ),
);

/** A single word that Docker publishes nothing under: a build context of that name, or an image that is built before. */
export function isOwnName({ name, tag }: ImageReference): boolean {
  return tag === '' && !/[/.]/.test(name) && !OFFICIAL.has(name);
}
