/** How a verification is printed: a table for people, one JSON object for programs. */
import { json as jsonOf, printable } from "./printable.ts"

interface Verdict {
  readonly law: string
  readonly name: string
  readonly violations: number
  readonly rows: ReadonlyArray<Readonly<Record<string, unknown>>>
}

export interface Report {
  readonly ok: boolean
  readonly checks: ReadonlyArray<Verdict>
}

const rowText = (row: Readonly<Record<string, unknown>>): string =>
  Object.entries(row)
    .map(([column, value]) => `${column} ${printable(String(value))}`)
    .join("  ")

const verdictText = ({ law, name, rows, violations }: Verdict): string => {
  const line = `${violations === 0 ? "ok    " : "BROKEN"}  ${law.padEnd(3)}  ${name}`
  if (violations === 0) return line
  const shown = rows.map((row) => `             ${rowText(row)}`)
  const more = violations > rows.length ? [`             and ${violations - rows.length} more`] : []
  return [`${line}: ${violations}`, ...shown, ...more].join("\n")
}

export const text = ({ checks, ok }: Report): string => {
  const broken = checks.filter((check) => check.violations > 0)
  const sum = ok
    ? `All ${checks.length} checks hold.`
    : `${broken.length} of ${checks.length} checks are broken: ${[...new Set(broken.map(({ law }) => law))].join(", ")}.`
  return [...checks.map(verdictText), sum].join("\n")
}

export const json = (report: Report): string => jsonOf(report)
