/** Words that tell measurements, outcomes and constants apart, in any language. */

/** Keys that are constants by their nature. */
export const CONSTANT_KEY =
  /^(?:version|api_?version|build|commit|name|service|app|title|description|message|msg|error|ok|success|code|status_?code|port|host|url|limit|max\w*|min\w*|page|page_?size|per_?page|capacity|timeout\w*|ttl|year|env\w*|type|id|currency|enabled|default\w*)$/i;
/** Words of measurements. */
export const MEASURED_KEY =
  /count|total|rate|size|usage|load|latency|score|hits?|miss|percent|ratio|average|avg|uptime|memory|cpu|active|running|pending|requests?|errors?|connections?|sessions|users|generation|pulse|queue|throughput|temperature|health|entries|tasks?/i;
/** What says of itself that it is not real. */
export const DEMO = /\b(?:demo|mock|fake|stub|sample|example|dummy|placeholder data)\b/i;
export const DEMO_NAME = /demo|mock|fake|stub|sample|example|default/i;

/** Functions that record what has happened. */
export const RECORDS = /^(?:record|observe|track|report|emit)|metric|stats$/i;
export const SUCCESS = /^(?:success|succeeded|ok)$/i;
/** Names of conditions that are outcomes. */
export const OUTCOME_CONDITION = /^!?(?:\w+\.)*(?:success|succeeded|ok|isSuccess|failed)$/i;
/** Names of shares that follow outcomes. */
export const OUTCOME = /success|succeed|fail|error|hit|miss/i;
/** Names of counts that a rate is divided by. */
export const COUNT =
  /^(?:\w*[tT]otal\w*|\w*[cC]ounts?|n|num\w*|len|\w*[rR]equests|\w*[aA]ttempts|\w*[sS]amples|\w*[rR]uns|\w*[cC]alls|\w*[eE]xecutions|\w*[tT]asks\w*|\w*[hH]its)$/;
