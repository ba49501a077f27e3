/** How a checkup is printed: a line for each check, what to do under those that are not green, and how many there are of each. */
import type { Finding, Verdict } from "../../ports/finding.ts"
import { json as jsonOf, printable } from "./printable.ts"

const SIGNS: Record<Verdict, string> = { green: "ok", yellow: "WARN", red: "BAD", unknown: "-" }

const count = (findings: ReadonlyArray<Finding>, verdict: Verdict): number =>
  findings.filter((each) => each.verdict === verdict).length

/** Whether nothing is red. */
export const isWell = (findings: ReadonlyArray<Finding>): boolean => count(findings, "red") === 0

export const text = (findings: ReadonlyArray<Finding>): string => {
  const width = Math.max(...findings.map(({ name }) => name.length))
  const lines = findings.flatMap(({ found, name, remedy, verdict }) => [
    `${SIGNS[verdict].padEnd(4)}  ${name.padEnd(width)}  ${printable(found)}`,
    ...(remedy === null ? [] : [`${" ".repeat(width + 8)}${remedy}`]),
  ])
  const [green, yellow, red, unknown] = (["green", "yellow", "red", "unknown"] as const).map((each) =>
    count(findings, each),
  )
  return [
    ...lines,
    `${green} are well, ${yellow} could be better, ${red} are wrong, ${unknown} could not be looked at.`,
  ].join("\n")
}

export const json = (findings: ReadonlyArray<Finding>): string => jsonOf({ ok: isWell(findings), checks: findings })
