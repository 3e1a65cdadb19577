/**
 * How common stores and consoles say that they ask for no password, and how they say that they do. Own tables of what the
 * images document; a store that is not listed is not known.
 */

export interface Store {
  readonly name: string;
  readonly image: RegExp;
  /** The switch that lets everybody in: a variable with its value, or an option of the command. */
  readonly off?: readonly (readonly [variable: string, value: RegExp])[];
  readonly offOption?: RegExp;
  /** It lets everybody in unless something of this is set. */
  readonly on?: { readonly variables: RegExp; readonly option?: RegExp; readonly files?: RegExp };
  /** What to do. */
  readonly way: string;
}

const TRUE = /^(?:true|1|yes|on)$/i;
const FALSE = /^(?:false|0|no|off|disabled?)$/i;

export const STORES: readonly Store[] = [
  {
    name: 'Redis',
    image: /(?:^|\/)(?:redis|redis-stack(?:-server)?|valkey|keydb|dragonfly)$/,
    off: [['ALLOW_EMPTY_PASSWORD', TRUE]],
    on: {
      variables:
        /^(?:REDIS_PASSWORD|REDIS_ARGS|REDIS_PASSWORD_FILE|VALKEY_PASSWORD|VALKEY_EXTRA_FLAGS|DFLY_requirepass)$/,
      option: /requirepass|aclfile|\.conf\b|\$|\.sh\b|--user\b/,
      files: /redis|valkey|\.conf$|\.acl$/,
    },
    way: 'start it with --requirepass and a secret',
  },
  {
    name: 'MongoDB',
    image: /(?:^|\/)(?:mongo|mongodb|mongodb-community-server)$/,
    off: [['ALLOW_EMPTY_PASSWORD', TRUE]],
    on: {
      variables:
        /^(?:MONGO_INITDB_ROOT_(?:USERNAME|PASSWORD)(?:_FILE)?|MONGODB_ROOT_PASSWORD(?:_FILE)?|MONGODB_INITDB_ROOT_(?:USERNAME|PASSWORD)(?:_FILE)?)$/,
      option: /--auth\b|--keyFile|--config|-f\b|\.conf|\.sh\b|\$/,
      files: /mongod?\.conf|docker-entrypoint-initdb\.d|keyfile/i,
    },
    way: 'set MONGO_INITDB_ROOT_USERNAME and MONGO_INITDB_ROOT_PASSWORD_FILE',
  },
  {
    name: 'PostgreSQL',
    image: /(?:^|\/)(?:postgres|postgresql|postgis|pgvector|timescaledb(?:-ha)?)$/,
    off: [
      ['POSTGRES_HOST_AUTH_METHOD', /^trust$/i],
      ['ALLOW_EMPTY_PASSWORD', TRUE],
    ],
    way: 'delete the setting and give a password as a secret',
  },
  {
    name: 'MySQL',
    image: /(?:^|\/)(?:mysql|mysql-server|mariadb|percona)$/,
    off: [
      ['MYSQL_ALLOW_EMPTY_PASSWORD', TRUE],
      ['MARIADB_ALLOW_EMPTY_ROOT_PASSWORD', TRUE],
      ['MARIADB_ALLOW_EMPTY_PASSWORD', TRUE],
      ['ALLOW_EMPTY_PASSWORD', TRUE],
    ],
    offOption: /--skip-grant-tables/,
    way: 'delete the setting and give a password as a secret',
  },
  {
    name: 'Elasticsearch',
    image: /(?:^|\/)elasticsearch(?:-oss)?$/,
    off: [['xpack.security.enabled', FALSE]],
    offOption: /xpack\.security\.enabled=false/,
    way: 'set xpack.security.enabled=true and ELASTIC_PASSWORD from a secret',
  },
  {
    name: 'OpenSearch',
    image: /(?:^|\/)opensearch$/,
    off: [
      ['DISABLE_SECURITY_PLUGIN', TRUE],
      ['plugins.security.disabled', TRUE],
    ],
    way: 'leave the security plugin on and give OPENSEARCH_INITIAL_ADMIN_PASSWORD',
  },
  {
    name: 'Grafana',
    image: /(?:^|\/)grafana(?:-oss|-enterprise)?$/,
    off: [['GF_AUTH_ANONYMOUS_ORG_ROLE', /^Admin$/i]],
    way: 'drop anonymous access, or make it Viewer',
  },
  {
    name: 'Neo4j',
    image: /(?:^|\/)neo4j$/,
    off: [
      ['NEO4J_AUTH', /^none$/i],
      ['NEO4J_dbms_security_auth__enabled', FALSE],
    ],
    way: 'set NEO4J_AUTH from a secret',
  },
  {
    name: 'Weaviate',
    image: /(?:^|\/)weaviate$/,
    off: [['AUTHENTICATION_ANONYMOUS_ACCESS_ENABLED', TRUE]],
    way: 'set AUTHENTICATION_APIKEY_ENABLED and its keys',
  },
  {
    name: 'Qdrant',
    image: /(?:^|\/)qdrant$/,
    on: {
      variables: /^QDRANT__SERVICE__(?:READ_ONLY_)?API_KEY$|^QDRANT__SERVICE__JWT_RBAC$/,
      option: /config/,
      files: /\/qdrant\/config/,
    },
    way: 'set QDRANT__SERVICE__API_KEY',
  },
  {
    name: 'Meilisearch',
    image: /(?:^|\/)meilisearch$/,
    on: { variables: /^MEILI_MASTER_KEY$/, option: /--master-key|--config-file-path/ },
    way: 'set MEILI_MASTER_KEY and MEILI_ENV=production',
  },
  {
    name: 'Chroma',
    image: /(?:^|\/)chroma$/,
    on: { variables: /^CHROMA_(?:SERVER_)?AUTH/, option: /config|auth/i, files: /config\.ya?ml$|htpasswd/ },
    way: 'put a proxy that asks for a token in front of it, or set CHROMA_SERVER_AUTHN_PROVIDER',
  },
  {
    name: 'etcd',
    image: /(?:^|\/)bitnami(?:legacy)?\/etcd$/,
    off: [['ALLOW_NONE_AUTHENTICATION', TRUE]],
    way: 'set ETCD_ROOT_PASSWORD',
  },
  {
    name: 'ZooKeeper',
    image: /(?:^|\/)zookeeper$/,
    off: [['ALLOW_ANONYMOUS_LOGIN', TRUE]],
    way: 'set ZOO_ENABLE_AUTH and its users',
  },
  {
    name: 'The console of MongoDB',
    image: /(?:^|\/)mongo-express$/,
    off: [['ME_CONFIG_BASICAUTH', FALSE]],
    way: 'set ME_CONFIG_BASICAUTH=true with a name and a password',
  },
  {
    name: 'The console of Redis',
    image: /(?:^|\/)redis-commander$/,
    on: { variables: /^HTTP_(?:USER|PASSWORD(?:_FILE|_HASH)?)$/ },
    way: 'set HTTP_USER and HTTP_PASSWORD',
  },
  {
    name: 'Flower',
    image: /(?:^|\/)flower$/,
    on: {
      variables: /^FLOWER_(?:BASIC_AUTH|OAUTH2_\w+|AUTH\w*)$/,
      option: /basic[-_]auth|oauth|--auth|--conf/,
      files: /flowerconfig/,
    },
    way: 'set FLOWER_BASIC_AUTH from a secret',
  },
  {
    name: 'The dashboard of Traefik',
    image: /(?:^|\/)traefik$/,
    off: [['TRAEFIK_API_INSECURE', TRUE]],
    offOption: /--api\.insecure(?:=true)?(?=\s|$)/,
    way: 'delete the option and route to the dashboard behind a middleware with a password',
  },
  {
    name: 'The engine of Docker',
    image: /(?:^|\/)docker$/,
    off: [['DOCKER_TLS_CERTDIR', /^$/]],
    offOption: /--tls=false/,
    way: 'leave TLS on',
  },
  {
    name: 'Kubernetes Dashboard',
    image: /(?:^|\/)kubernetesui\/dashboard$/,
    offOption: /--enable-skip-login/,
    way: 'delete the option',
  },
  {
    name: 'Jupyter',
    image: /(?:^|\/)(?:jupyter|[\w-]+-notebook|jupyterlab)$/,
    off: [['JUPYTER_TOKEN', /^$/]],
    offOption: /\.(?:token|password)=(?:''|""|\s|$)/,
    way: 'set a token from a secret',
  },
];
