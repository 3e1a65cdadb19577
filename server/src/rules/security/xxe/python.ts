/** Python: parsers of lxml and xml.sax that are told to resolve entities. Their defaults are left alone. */
import type { Fix, FixEdit, Verdict } from '../../../core/model/verdict.ts';
import type { Detector, NodeDetector } from '../../../core/rulekit/rule.ts';
import { callChain, chainOf } from '../../../languages/python/chains.ts';
import { keywordInserted, replaced } from '../../../languages/python/edits.ts';
import type { PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import { calledName, keywordArgument, positionalArguments } from '../../../languages/python/syntax.ts';

function fix(title: string, edit: FixEdit | null): readonly Fix[] {
  return edit === null ? [] : [{ title, safety: 'suggestion', preferred: true, edits: [edit] }];
}

const parsers: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call'],
  triggers: ['XMLParser', 'setFeature', 'defusedxml', 'iterparse', 'XMLPullParser'],
  calls: (name) =>
    /^(?:XMLParser|XMLPullParser|ETCompatXMLParser|iterparse|setFeature|parse|fromstring|parseString)$/.test(name),
  *check(node, ctx): Iterable<Verdict> {
    const chain = callChain(node, ctx);
    if (/^defusedxml\b/.test(chain)) {
      yield { kind: 'pass', subject: node.span };
      return;
    }
    if (calledName(node) === 'setFeature') {
      const [feature, value] = positionalArguments(node);
      if (feature === undefined || value === undefined) return;
      const name = chainOf(feature, ctx) ?? feature.text;
      if (
        !/^xml\.sax\.handler\.feature_external_[gp]es$/.test(name) &&
        !/external-(?:general|parameter)-entities/.test(name)
      )
        return;
      if (value.kind === 'true' || value.text === '1') {
        yield {
          kind: 'fail',
          subject: node.span,
          message: 'option',
          args: { option: feature.text },
          fixes: fix('Leave external entities alone', replaced(value, 'False')),
        };
      } else yield { kind: 'pass', subject: node.span };
      return;
    }
    if (!/^lxml\.etree\.(?:XMLParser|XMLPullParser|ETCompatXMLParser|iterparse)$/.test(chain)) return;
    const resolves = keywordArgument(node, 'resolve_entities');
    const loads = keywordArgument(node, 'load_dtd');
    const isolated = keywordArgument(node, 'no_network');
    // Without entities a definition that is loaded replaces nothing.
    if (resolves?.kind === 'false') {
      yield { kind: 'pass', subject: node.span };
      return;
    }
    const option =
      resolves?.kind === 'true'
        ? resolves
        : loads?.kind === 'true'
          ? loads
          : isolated?.kind === 'false'
            ? isolated
            : null;
    const written = option?.parent ?? null;
    if (written === null) return;
    yield {
      kind: 'fail',
      subject: written.span,
      message: 'option',
      args: { option: written.text.replace(/\s+/g, '') },
      fixes: fix('Set resolve_entities=False', keywordInserted(node, 'resolve_entities', 'False')),
    };
  },
};

export const pythonDetectors: readonly Detector[] = [parsers as NodeDetector];
