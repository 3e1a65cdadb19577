/**
 * Go workspaces of any size, always the same for the same number of files: packages of ten files that use one another.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const FILES_PER_PACKAGE = 10;

/** Path of a file of the workspace. */
export function generatedPath(index: number): string {
  const folder = Math.floor(index / FILES_PER_PACKAGE);
  return `group${folder % 100}/p${folder}/file${index % FILES_PER_PACKAGE}.go`;
}

/** A line behind which a statement may be typed, in every file. */
export const BEHIND = '\tdefer c.mu.Unlock()';

/** The file as it is after a change that adds a function. */
export function changedFile(index: number): string {
  return `${generatedFile(index)}\n// twice${index} doubles n.\nfunc twice${index}(n int) int {\n\treturn 2 * n\n}\n`;
}

export function generatedFile(index: number): string {
  const own = Math.floor(index / FILES_PER_PACKAGE);
  const other = own === 0 ? 0 : own - 1;
  const uses = other === own ? '' : `\n\t"example.com/grown/group${other % 100}/p${other}"`;
  const call = other === own ? 'n' : `p${other}.Limit(n)`;
  // One file of each package has what the others call.
  const limit =
    index % FILES_PER_PACKAGE === 0
      ? '\n// Limit keeps n small.\nfunc Limit(n int) int {\n\tif n > 1000 {\n\t\treturn 1000\n\t}\n\treturn n\n}\n'
      : '';
  return `// Package p${own} counts what happens.
package p${own}

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"os"
	"sync"
${uses}
)

// Counter${index} counts by name.
type Counter${index} struct {
	mu     sync.Mutex
	counts map[string]int
}

// Add${index} adds n to what is counted under the name.
func (c *Counter${index}) Add${index}(name string, n int) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.counts[name] += ${call}
	return c.counts[name]
}

// Fetch${index} asks the service at url, and counts.
func (c *Counter${index}) Fetch${index}(ctx context.Context, url string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return fmt.Errorf("request ${index}: %w", err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	log.Printf("%s answered %d to %s", url, resp.StatusCode, os.Getenv("GROWN_${index % 50}"))
	c.Add${index}(url, resp.StatusCode)
	return nil
}
${limit}`;
}

/** Writes a workspace of that many Go files to a temporary folder. */
export function generateWorkspace(files: number): { readonly folder: string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), `shipworthy-${files}-`));
  writeFileSync(join(folder, 'go.mod'), 'module example.com/grown\n\ngo 1.22\n');
  for (let index = 0; index < files; index++) {
    const path = generatedPath(index);
    if (index % FILES_PER_PACKAGE === 0) mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), generatedFile(index));
  }
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
