/**
 * The languages that typing is measured in: for each a source of large files, made of the kinds of code that rules look
 * at, and a line that somebody types into it. A language is added here when rules cover it.
 */
export interface BenchLanguage {
  readonly id: string;
  readonly file: string;
  /** What else the workspace needs. */
  readonly others: Readonly<Record<string, string>>;
  /** A file of about `lines` lines. */
  largeFile(lines: number): string;
  /** A line of the file behind which a statement may stand. */
  readonly behind: string;
  readonly indent: string;
  /** Typed character by character, and taken back. */
  readonly statement: string;
  /** Characters that unbalance a file. */
  readonly unbalanced: readonly string[];
  /** Whether the fifty rules of ast-grep are for it. */
  readonly astGrep: boolean;
}

/** Lines of a method of `goFile`, with the empty line behind it. */
const GO_METHOD_LINES = 22;

function goFile(lines: number): string {
  const parts = [
    'package big\n\nimport (\n\t"context"\n\t"encoding/json"\n\t"fmt"\n\t"log"\n\t"net/http"\n\t"os"\n\t"sync"\n)\n\ntype Store struct {\n\tmu    sync.RWMutex\n\titems map[string]int\n}\n',
  ];
  for (let i = 0; i * GO_METHOD_LINES < lines - 18; i++) {
    parts.push(`// Update${i} stores what the service at url answers.
func (s *Store) Update${i}(ctx context.Context, url string, n int) (int, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, fmt.Errorf("request %d: %w", ${i}, err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	var answer map[string]int
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		log.Printf("decode %s: %v", os.Getenv("NAME_${i}"), err)
		return 0, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.items[url] += answer["count"] + n
	return s.items[url], nil
}
`);
  }
  return parts.join('\n');
}

/** Lines of a class of `pythonFile`, with the empty lines behind it. */
const PYTHON_CLASS_LINES = 22;

function pythonFile(lines: number): string {
  const parts = [
    '"""Stores what services answer."""\nimport logging\nimport os\n\nimport requests\n\nlog = logging.getLogger(__name__)\n\n',
  ];
  for (let i = 0; i * PYTHON_CLASS_LINES < lines - 8; i++) {
    parts.push(`class Store${i}:
    """Keeps the answers of a service."""

    def __init__(self) -> None:
        self.items = {}

    def update(self, url: str, n: int) -> int:
        """Stores what the service at url answers."""
        try:
            response = requests.get(url, timeout=5)
            response.raise_for_status()
        except requests.RequestException as error:
            log.warning("request %s: %s", os.environ["NAME_${i}"], error)
            raise
        answer = response.json()
        if "count" not in answer:
            return 0
        self.items[url] = self.items.get(url, 0) + answer["count"] + n
        return self.items[url]

`);
  }
  return parts.join('\n');
}

export const LANGUAGES: readonly BenchLanguage[] = [
  {
    id: 'go',
    file: 'big.go',
    others: { 'go.mod': 'module example.com/big\n\ngo 1.22\n' },
    largeFile: goFile,
    behind: '\tdefer s.mu.Unlock()',
    indent: '\t',
    statement: 'total := len(url) + n',
    unbalanced: ['{', '}', '(', '"', '`', "'"],
    astGrep: true,
  },
  {
    id: 'python',
    file: 'big.py',
    others: { 'pyproject.toml': '[project]\nname = "big"\nversion = "1.0"\ndependencies = ["requests"]\n' },
    largeFile: pythonFile,
    behind: '        answer = response.json()',
    indent: '        ',
    statement: 'total = len(url) + n',
    unbalanced: ['(', ')', '[', '"', '"""', "'"],
    astGrep: false,
  },
];
