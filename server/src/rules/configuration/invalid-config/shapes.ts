/**
 * Which keys compose, Prometheus and Alertmanager know, as far as files in use go. Vendors' keys (`x-`) are always allowed;
 * what a shape does not describe is not looked at.
 */

export interface Shape {
  /** What the value has to be; '' for anything. */
  readonly is: '' | 'map' | 'list' | 'collection';
  /** Known keys of a map; null when they are names. */
  readonly keys: Readonly<Record<string, Shape | null>> | null;
  /** Keys that are known by their form. */
  readonly more: RegExp | null;
  /** The shape of each item of a list, or of each value of a map of names. */
  readonly each: Shape | null;
  /** `duration`: a scalar with a unit. */
  readonly scalar: '' | 'duration' | readonly string[];
}

const ANY: Shape = { is: '', keys: null, more: null, each: null, scalar: '' };
const LIST: Shape = { ...ANY, is: 'list' };
const COLLECTION: Shape = { ...ANY, is: 'collection' };
const DURATION: Shape = { ...ANY, scalar: 'duration' };

function map(names: string, shapes: Readonly<Record<string, Shape>> = {}, more: RegExp | null = null): Shape {
  const keys: Record<string, Shape | null> = {};
  for (const name of names.split(' ')) keys[name] = null;
  return { ...ANY, keys: { ...keys, ...shapes }, more };
}
function listOf(each: Shape): Shape {
  return { ...ANY, is: 'list', each };
}
function namesOf(each: Shape): Shape {
  return { ...ANY, is: 'map', each };
}
function oneOf(...values: readonly string[]): Shape {
  return { ...ANY, scalar: values };
}

// --- Compose ----------------------------------------------------------------------------------------------------------

const UPDATE = map('failure_action max_failure_ratio order parallelism', { delay: DURATION, monitor: DURATION });
const DEPLOY = map('endpoint_mode labels mode replicas', {
  placement: map('constraints max_replicas_per_node preferences'),
  resources: map('', {
    limits: map('cpus memory pids devices'),
    reservations: map('cpus memory pids generic_resources devices'),
  }),
  restart_policy: map('condition max_attempts', { delay: DURATION, window: DURATION }),
  rollback_config: UPDATE,
  update_config: UPDATE,
});
const BUILD = map(
  'additional_contexts args cache_from cache_to context dockerfile dockerfile_inline entitlements extra_hosts isolation labels network no_cache no_cache_filter platforms privileged provenance pull sbom secrets shm_size ssh tags target ulimits',
);
const SERVICE = map(
  'annotations attach blkio_config cap_add cap_drop cgroup cgroup_parent command configs container_name cpu_count cpu_percent cpu_period cpu_quota cpu_rt_period cpu_rt_runtime cpu_shares cpus cpuset credential_spec develop device_cgroup_rules devices dns dns_opt dns_search domainname entrypoint env_file extends external_links gpus group_add hostname image init ipc isolation label_file labels links mac_address mem_limit mem_reservation mem_swappiness memswap_limit models network_mode oom_kill_disable oom_score_adj pid pids_limit platform post_start pre_stop privileged profiles provider pull_policy read_only restart runtime scale secrets security_opt shm_size stdin_open stop_grace_period stop_signal storage_opt sysctls tmpfs tty ulimits use_api_socket user userns_mode uts volume_driver volumes_from working_dir',
  {
    build: BUILD,
    deploy: DEPLOY,
    depends_on: {
      ...COLLECTION,
      each: map('restart required', {
        condition: oneOf('service_started', 'service_healthy', 'service_completed_successfully'),
      }),
    },
    environment: COLLECTION,
    expose: LIST,
    extra_hosts: COLLECTION,
    healthcheck: map('disable retries test', {
      interval: DURATION,
      timeout: DURATION,
      start_period: DURATION,
      start_interval: DURATION,
    }),
    logging: map('driver options'),
    networks: {
      ...COLLECTION,
      each: map(
        'aliases driver_opts gw_priority interface_name ipv4_address ipv6_address link_local_ips mac_address priority',
      ),
    },
    ports: listOf(map('app_protocol host_ip mode name protocol published target')),
    volumes: listOf(map('bind cluster consistency image read_only source target tmpfs type volume')),
  },
);

/** A file for compose. */
export const COMPOSE = map('name version include', {
  services: namesOf({ ...SERVICE, is: 'map' }),
  networks: namesOf(map('attachable driver driver_opts enable_ipv4 enable_ipv6 external internal ipam labels name')),
  volumes: namesOf(map('driver driver_opts external labels name')),
  secrets: namesOf(map('driver driver_opts environment external file labels name template_driver')),
  configs: namesOf(map('content environment external file labels name template_driver')),
  models: namesOf(ANY),
});

// --- Prometheus -------------------------------------------------------------------------------------------------------

const HTTP =
  'basic_auth authorization bearer_token bearer_token_file oauth2 follow_redirects enable_http2 tls_config proxy_url no_proxy proxy_from_environment proxy_connect_header http_headers sigv4 azuread google_iam';
const LIMITS =
  'body_size_limit sample_limit label_limit label_name_length_limit label_value_length_limit target_limit keep_dropped_targets metric_name_validation_scheme metric_name_escaping_scheme scrape_protocols scrape_native_histograms scrape_classic_histograms always_scrape_classic_histograms convert_classic_histograms_to_nhcb extra_scrape_metrics scrape_failure_log_file fallback_scrape_protocol native_histogram_bucket_limit native_histogram_min_bucket_factor';
const STATIC = listOf(map('labels', { targets: LIST }));
const DISCOVERY = /^\w+_sd_configs$/;

/** The configuration of a Prometheus server. */
export const PROMETHEUS = map('runtime scrape_config_files remote_write remote_read tracing otlp', {
  rule_files: LIST,
  global: map(`external_labels query_log_file ${LIMITS}`, {
    scrape_interval: DURATION,
    scrape_timeout: DURATION,
    evaluation_interval: DURATION,
    rule_query_offset: DURATION,
  }),
  storage: map('exemplars', { tsdb: map('out_of_order_time_window retention stale_series_compaction_threshold') }),
  scrape_configs: listOf(
    map(
      `job_name metrics_path honor_labels honor_timestamps track_timestamps_staleness scheme params enable_compression relabel_configs metric_relabel_configs ${LIMITS} ${HTTP}`,
      { scrape_interval: DURATION, scrape_timeout: DURATION, static_configs: STATIC },
      DISCOVERY,
    ),
  ),
  alerting: map('alert_relabel_configs', {
    alertmanagers: listOf(
      map(
        `api_version path_prefix scheme relabel_configs alert_relabel_configs ${HTTP}`,
        { timeout: DURATION, static_configs: STATIC },
        DISCOVERY,
      ),
    ),
  }),
});

/** Alerting and recording rules; the second half of the keys belongs to servers that understand the same files. */
export const RULES = map('', {
  groups: listOf(
    map(
      'name limit labels partial_response_strategy source_tenants type params headers notifier_headers concurrency debug tenant eval_alignment eval_offset eval_delay extra_filter_labels align_evaluation_time_on_interval evaluation_delay remote_write namespace',
      {
        interval: DURATION,
        query_offset: DURATION,
        rules: listOf(
          map('record alert expr labels annotations debug update_entries_limit', {
            for: DURATION,
            keep_firing_for: DURATION,
          }),
        ),
      },
    ),
  ),
});

// --- Alertmanager -----------------------------------------------------------------------------------------------------

/** A route of Alertmanager; what is below its `routes` has the same shape. */
export const ROUTE = map(
  'receiver group_by continue match match_re matchers mute_time_intervals active_time_intervals routes',
  { group_wait: DURATION, group_interval: DURATION, repeat_interval: DURATION },
);

/** The configuration of Alertmanager. */
export const ALERTMANAGER = map('global templates time_intervals mute_time_intervals tracing', {
  route: ROUTE,
  receivers: listOf(map('name', {}, /^\w+_configs$/)),
  inhibit_rules: listOf(
    map('name source_match source_match_re source_matchers target_match target_match_re target_matchers equal sources'),
  ),
});
