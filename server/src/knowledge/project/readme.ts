/**
 * The README of the workspace and what it tells. Fact:
 * - `project.readme` (key: path): value {purpose, run, configuration, verification, titleEnd}: what a reader finds in it,
 *   generously understood: a heading, a command or a link to a guide is enough.
 */
import type { LanguageId } from '../../core/model/file.ts';
import { type Extractor, fact, type TextDetector } from '../../core/rulekit/rule.ts';
import { type Outline, outlineOf } from '../../formats/markdown.ts';

export type Readme = {
  /** What the project is for. */
  readonly purpose: boolean;
  /** How to install or run it. */
  readonly run: boolean;
  readonly configuration: boolean;
  /** How to test, develop or deploy it. */
  readonly verification: boolean;
  /** Offset behind the title, 0 when there is none. */
  readonly titleEnd: number;
};

/** A README that a hosting service shows for the repository. */
const README = /^(?:\.github\/|docs\/)?readme(?:\.(?:md|markdown|rst|txt|adoc))?$/i;

const RUN_HEADING =
  /install|build|getting started|quick ?start|usage|\busing\b|\brun|\bstart|set ?up|docker|deploy|develop|how to|demo|command|\bcli\b|compil|example|tutorial|begin|launch|download|docs|documentation|入门|安装|使用|快速|启动|运行|部署|编译/i;
const RUN_COMMAND =
  /(?:^|[\s$>#])(?:go (?:run|build|install|get)|make\b|docker|docker-compose|npm|yarn|pnpm|cargo|pip|python|git clone|curl|wget|brew|apt|kubectl|helm|podman|\.\/[\w./-]+|import )/m;
const CONFIGURATION =
  /configur|\.env\b|environment variable|\bconfig(?:s|uration)?\b|settings?\b|\bflags?\b|--[a-z][\w-]+|环境变量|配置|настройк|konfigur/i;
const VERIFICATION_HEADING =
  /\btest(?:s|ing)?\b|deploy|contribut|develop|release|kubernetes|\bhelm\b|docker|systemd|hosting|install|测试|部署|开发|贡献/i;
const VERIFICATION = /\b(?:run|running|execute|executing) (?:\w+ ){0,3}tests?\b|\bdeploy|运行测试|部署/i;
const VERIFICATION_COMMAND =
  /(?:^|[\s$>#])(?:go test|make [\w-]*(?:test|check|deploy|docker)|docker|docker-compose|kubectl|helm|(?:npm|yarn|pnpm)(?: run)? [\w:-]*test|cargo test|pytest|systemctl)\b/m;
const GUIDE =
  /(?:^|[/._-])(?:docs?|documentation|guides?|wiki|manual|handbook|readthedocs|pkg\.go\.dev|tutorials?)(?:[/._#-]|$)|\bgodoc\b/i;
const GUIDE_TEXT = /\b(?:documentation|docs|guide|manual|wiki|handbook|tutorial|文档)\b|文档/i;

/** `Documentation [here](https://...)`: the word stands before the link. */
const GUIDE_SENTENCE = /\b(?:documentation|docs|guide|manual|wiki|handbook)\b[^\n.[]{0,40}\[[^\]\n]*\]\(https?:/i;

function hasWords(text: string): boolean {
  // Scripts without blanks between words need fewer signs to say something.
  return (
    (text.match(/[\p{L}\d]+/gu) ?? []).length >= 5 ||
    /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]{6}/u.test(text)
  );
}

function readmeOf(text: string, outline: Outline): Readme {
  const { headings, paragraphs, codeBlocks, links } = outline;
  const headingMatches = (pattern: RegExp): boolean => headings.some((heading) => pattern.test(heading.text));
  const guide =
    links.some((link) => GUIDE.test(link.target) || GUIDE_TEXT.test(link.text)) || GUIDE_SENTENCE.test(text);
  const about = (index: number): boolean =>
    index <= 1 ||
    /about|overview|introduction|what|why|feature|description|summary|purpose|简介|介绍|特性/i.test(
      headings[index]?.text ?? '',
    );
  const [title] = headings;
  return {
    purpose: paragraphs.some((paragraph) => about(paragraph.afterHeading) && hasWords(paragraph.text)),
    run:
      headingMatches(RUN_HEADING) ||
      codeBlocks.some((block) => RUN_COMMAND.test(block.text)) ||
      guide ||
      RUN_COMMAND.test(inlineCode(text)),
    configuration: guide || CONFIGURATION.test(text),
    verification:
      guide ||
      headingMatches(VERIFICATION_HEADING) ||
      VERIFICATION.test(text) ||
      codeBlocks.some((block) => VERIFICATION_COMMAND.test(block.text)) ||
      VERIFICATION_COMMAND.test(inlineCode(text)),
    titleEnd: title === undefined ? 0 : title.span.end,
  };
}

function inlineCode(text: string): string {
  return [...text.matchAll(/`([^`\n]+)`/g)].map((match) => ` ${match[1]}`).join('\n');
}

const readme: TextDetector = {
  text: true,
  *check(text, ctx) {
    const { path } = ctx.file;
    if (!README.test(path)) return;
    yield fact('project.readme', path, readmeOf(text, outlineOf(text)), { start: 0, end: 0 });
  },
};

const LANGUAGES: readonly LanguageId[] = ['markdown', 'text'];

export const extractors: readonly Extractor[] = LANGUAGES.map((language) => ({
  id: `project.readme.${language}`,
  language,
  detector: readme,
}));
