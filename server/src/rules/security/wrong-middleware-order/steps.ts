/** What middleware does by its name: finds out who asks, or asks what they may do. For every language. */

/** What middleware is by its name. */
export type Step = 'identity' | 'rights';
const RIGHTS =
  /casbin|rbac|permission|authoriz(?:e|ation)(?!_?header)|require_?(?:role|admin|permission|scope|owner)|(?:role|admin|scope|acl)_?(?:check|guard|required|only|middleware|auth)|admin_?only|has_?role|check_?role|enforce/i;
const IDENTITY =
  /jwt|authenticat|authn|bearer|basic_?auth|key_?auth|token_?auth|session_?auth|login_?required|require_?(?:login|auth|user|session|token)|auth_?required|auth_?middleware|verify_?token|load_?user|current_?user|(?:^|\.)(?:auth|Auth|authMiddleware)(?:\(|$)/i;

/** The step that middleware takes, null when its name does not tell. */
export function stepOf(text: string): Step | null {
  if (text.startsWith('func') || text.length > 120) return null;
  const identity = IDENTITY.test(text);
  const rights = RIGHTS.test(text);
  // One that does both is in no wrong place.
  if (identity === rights) return null;
  return identity ? 'identity' : 'rights';
}
