/**
 * Measurements as a table: the median of the rounds, and the ratios of the medians. Beside another checkout the ratio is the median of
 * those of each two turns that belong together.
 */

import { median } from "../../src/std/median.ts"
import type { Contender } from "./contenders.ts"
import type { Measurement } from "./measurement.ts"
import { WORDS } from "./scenarios.ts"

export interface Row {
  readonly scenario: string
  readonly connections: number
  readonly contender: Contender
  readonly rounds: number
  readonly rate: number
  /** Of every turn of every round, in order. */
  readonly turns: ReadonlyArray<number>
  /** The slowest and the fastest round. */
  readonly range: readonly [number, number]
  readonly p50: number
  readonly p99: number
  readonly serviceUs: number | null
  readonly postgresUs: number | null
  readonly paid: Measurement["paid"]
}

type Numeric = (measurement: Measurement) => number | null

/** One row for each scenario, number of connections and contender, in the order of their first measurement. */
export const rows = (measurements: ReadonlyArray<Measurement>): ReadonlyArray<Row> => {
  const groups = Map.groupBy(measurements, (each) => `${each.scenario} ${each.connections} ${each.contender}`)
  return [...groups.values()].map((group) => {
    const over = (of: Numeric): number | null => {
      const values = group.map(of).filter((value) => value !== null)
      return values.length === 0 ? null : median(values)
    }
    const rates = group.map(({ rate }) => rate)
    const { scenario, connections, contender, paid } = group[0]!
    return {
      scenario,
      connections,
      contender,
      rounds: group.length,
      rate: median(rates),
      turns: group.toSorted((a, b) => a.round - b.round).flatMap(({ turns }) => turns),
      range: [Math.min(...rates), Math.max(...rates)],
      p50: over(({ p50 }) => p50)!,
      p99: over(({ p99 }) => p99)!,
      serviceUs: over((each) => each.serviceUs),
      postgresUs: over((each) => each.postgresUs),
      paid:
        paid === null
          ? null
          : {
              lagP50: over((each) => each.paid?.lagP50 ?? null)!,
              lagP99: over((each) => each.paid?.lagP99 ?? null)!,
              drain: over((each) => each.paid?.drain ?? null)!,
            },
    }
  })
}

const whole = (value: number | null): string => (value === null ? "" : Math.round(value).toLocaleString("en-US"))
const tenths = (value: number): string => value.toFixed(1)
const hundredths = (value: number): string => value.toFixed(2)

const HEAD = [
  ["scenario", "conns", "contender", "answers/s", "range", "p50 ms", "p99 ms", "x atomic", "of checkout", "of bare"],
  ["service us", "postgres us", "paid after p50/p99 ms", "drain ms"],
].flat()

const cells = (row: Row, all: ReadonlyArray<Row>): ReadonlyArray<string> => {
  const beside = (contender: Contender): Row | undefined =>
    all.find(
      (each) => each.contender === contender && each.scenario === row.scenario && each.connections === row.connections,
    )
  const [atomic, bare] = [beside("atomic")?.rate ?? null, beside("bare")?.rate ?? null]
  const checkout = beside("checkout")?.turns
  return [
    row.scenario,
    String(row.connections),
    row.contender,
    whole(row.rate),
    `${whole(row.range[0])}-${whole(row.range[1])}`,
    tenths(row.p50),
    tenths(row.p99),
    atomic === null || row.contender !== "jaego" ? "" : tenths(row.rate / atomic),
    checkout === undefined || row.contender !== "jaego"
      ? ""
      : hundredths(median(row.turns.map((rate, turn) => rate / checkout[turn]!))),
    bare === null || row.contender === "bare" ? "" : hundredths(row.rate / bare),
    whole(row.serviceUs),
    row.contender === "bare" ? "" : whole(row.postgresUs),
    row.paid === null ? "" : `${whole(row.paid.lagP50)}/${whole(row.paid.lagP99)}`,
    row.paid === null ? "" : whole(row.paid.drain),
  ]
}

/** Markdown, aligned, so that it may be read as it is and pasted into a page. */
export const markdown = (head: ReadonlyArray<string>, body: ReadonlyArray<ReadonlyArray<string>>): string => {
  const widths = head.map((title, column) => Math.max(title.length, ...body.map((line) => line[column]!.length)))
  const line = (of: ReadonlyArray<string>) =>
    `| ${of.map((cell, column) => cell.padEnd(widths[column]!)).join(" | ")} |`
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...body.map(line)].join("\n")
}

export const text = (all: ReadonlyArray<Row>): string => {
  const names = [...new Set(all.map(({ scenario }) => scenario))]
  const legend = names.map((name) => `${name}: ${WORDS[name] ?? name}`)
  return [
    markdown(
      HEAD,
      all.map((row) => cells(row, all)),
    ),
    "",
    ...legend,
  ].join("\n")
}
