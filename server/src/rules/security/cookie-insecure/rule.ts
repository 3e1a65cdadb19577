/** Cookies that let somebody in and that everybody may see. */
import { defineRule } from '../../../core/rulekit/rule.ts';
import { go } from './go.ts';
import { pythonDetectors } from './python.ts';

export const rule = defineRule({
  id: 'cookie-insecure',
  title: 'Cookie without protective flags',
  category: 'security',
  severity: 'medium',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'A cookie with a session or token is set without `Secure`, `HttpOnly` or `SameSite`, or a setting of the framework switches one of them off.',
    why: 'Without Secure it travels over plain connections, without HttpOnly an injected script reads it, and without SameSite browsers of all ages send it along with requests of other sites.',
    howToFix: '',
    howToFixIn: {
      go: 'Set `Secure: true`, `HttpOnly: true` and `SameSite: http.SameSiteLaxMode`.',
      python: 'Pass `secure=True, httponly=True, samesite="Lax"`.',
    },
    refs: ['CWE-614', 'CWE-1004', 'CWE-1275', 'gosec G124'],
  },
  messages: {
    flags: 'The cookie {name} is set without {missing}; set them so that neither scripts nor other sites get at it.',
    setting: '{name} sends the cookie of the session without {flag}; set it to True.',
  },
  fix: 'sometimes',
  on: { go, python: pythonDetectors },
});
