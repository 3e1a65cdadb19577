/** The table that a run prints: rows by section, with what was found, its spread over the rounds, the goal and whether it is met. */
import type { Row } from './measure.ts';

export function isMet({ median, atMost }: Row): boolean | null {
  return atMost === undefined || Number.isNaN(median) ? null : median <= atMost;
}

export function renderTable(rows: readonly Row[]): string {
  const width = Math.max(...rows.map((row) => row.name.length));
  const lines: string[] = [];
  for (const section of new Set(rows.map((row) => row.section))) {
    lines.push('', section);
    for (const row of rows.filter((candidate) => candidate.section === section)) {
      const { name, median, min, max, unit, atMost, missing } = row;
      if (missing !== undefined) {
        lines.push(`  ${name.padEnd(width)}  ${missing}`);
        continue;
      }
      const spread = min === max ? '' : `${numberText(min)} to ${numberText(max)}`;
      const goal = atMost === undefined ? '' : `<= ${numberText(atMost)}`;
      const mark = isMet(row) === null ? '' : isMet(row) ? 'met' : 'MISSED';
      const cells = [
        name.padEnd(width),
        numberText(median).padStart(8),
        unit.padEnd(2),
        spread.padEnd(18),
        goal.padEnd(10),
        mark,
      ];
      lines.push(`  ${cells.join('  ')}`.trimEnd());
    }
  }
  return `${lines.join('\n').trimStart()}\n`;
}

function numberText(value: number): string {
  if (value >= 1_000) return Math.round(value).toLocaleString('en');
  if (value >= 100 || Number.isInteger(value)) return value.toFixed(0);
  return value.toFixed(value < 10 ? 2 : 1);
}
